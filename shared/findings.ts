/**
 * Every finding that Rewrap can report, in one list: rules files, the screen, reports and the command line read it, and
 * no other code exists. To add a finding, add an entry; {@link finding} in `shared/finding.ts` makes one from it.
 */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/**
 * Where a finding comes from: `files`, the bytes and the files around them; `kms`, what KMS said; `conclusion`, what
 * follows from both; `rules`, the rules file. All but `files` need to be asked for: a connection, or rules.
 */
type FindingSource = 'files' | 'kms' | 'conclusion' | 'rules';

interface Entry {
  /** The usual one; what makes a finding may give another where it is worse or better than usual. */
  readonly severity: Severity;
  readonly source: FindingSource;
  /** What it is in general, one sentence: for lists of codes, and for the rules of SARIF. */
  readonly about: string;
  /** One sentence about the case at hand; `{name}` is filled in. Left out: `about`. */
  readonly title?: string;
  /** What follows from it; left out where the title says it all. */
  readonly reason?: string;
  /** What to do; left out where there is nothing to do. */
  readonly remedy?: string;
  /** What to do in general, for the page of the code: where the remedy is all of the case at hand, or left out. */
  readonly advice?: string;
  /** The file holds a secret in clear. */
  readonly inClear?: true;
  /** Re-encrypting these blobs does not help, or cannot be done. */
  readonly notByReencrypting?: true;
}

/** What to do about a secret that stands in a file in clear. */
export const REMEDY_IN_CLEAR =
  'Delete it here, and make the secret anew if others could have read the file. Re-encrypting does not help.';
const READABLE_WITHOUT_KMS =
  'Reading this file is enough; KMS is not needed. Rewrap does not read it any further, and leaves it out of what it writes elsewhere.';

export const FINDINGS = {
  // Secrets in clear.
  'plaintext-beside-blob': {
    severity: 'critical',
    source: 'files',
    about: 'The plaintext stands beside its ciphertext.',
    reason: READABLE_WITHOUT_KMS,
    remedy: '{remedy}',
    advice: REMEDY_IN_CLEAR,
    inClear: true,
    notByReencrypting: true,
  },
  'plaintext-in-file': {
    severity: 'critical',
    source: 'files',
    about: 'The file holds a plaintext that KMS gave out.',
    title: '{what}',
    reason: READABLE_WITHOUT_KMS,
    remedy: `${REMEDY_IN_CLEAR}{more}`,
    inClear: true,
    notByReencrypting: true,
  },
  'plaintext-key-beside-blob': {
    severity: 'critical',
    source: 'files',
    about: 'A data key lies in clear beside its ciphertext.',
    title: 'A data key of {size} bytes lies in clear beside its ciphertext.',
    reason:
      'Reading it is enough; KMS is not needed. Rewrap does not read it any further and shows none of it.',
    remedy: 'Delete it, and replace the key if others could have read it.',
    inClear: true,
    notByReencrypting: true,
  },
  'private-key-in-clear': {
    severity: 'critical',
    source: 'files',
    about: 'The file holds a private key that is not encrypted.',
    reason: 'Everyone who can read this file has the key. Rewrap does not show it.',
    remedy: 'Encrypt it, delete this copy, and replace the key if others could have read the file.',
    inClear: true,
    notByReencrypting: true,
  },
  'keyset-in-clear': {
    severity: 'critical',
    source: 'files',
    about: 'The file holds keys in clear.',
    reason: '{reason}',
    remedy:
      'Delete this copy, and make the keys anew if others could have read it. Keep a keyset encrypted, under a KMS key.',
    inClear: true,
    notByReencrypting: true,
  },
  'possible-plaintext-key': {
    severity: 'warning',
    source: 'files',
    about: 'The file is random data of the size of a data key in clear.',
    title: 'The file is {size} of random data: the size of a data key in clear.',
    reason:
      'It may be a key, a digest or a MAC. With a key in clear, KMS is not needed. Rewrap does not show it.',
    remedy: 'If it is a key, delete it, and make anew what it protected.',
    inClear: true,
    notByReencrypting: true,
  },
  'possible-plaintext-beside-blob': {
    severity: 'warning',
    source: 'files',
    about: 'A value of just the size that a blob holds stands beside it: it may be the plaintext.',
    reason:
      'It may be a key or password in clear, a digest or a MAC. With a key in clear, KMS is not needed. Rewrap does not show it, and copies the file elsewhere only if you allow that (in a shell, --allow-possible-plaintext).',
    remedy:
      'If it is the plaintext, delete it, and make anew what it protected. If it is a digest, give it a name.',
    inClear: true,
    notByReencrypting: true,
  },
  'readable-by-others': {
    severity: 'critical',
    source: 'files',
    about: 'Others may read this file, which holds a secret in clear.',
    reason: 'Users other than its owner can read it.',
    remedy: 'Take that away (`chmod 600`), then delete the secret and treat it as exposed.',
    notByReencrypting: true,
  },

  // What is wrong with the bytes.
  truncated: {
    severity: 'warning',
    source: 'files',
    about: 'The ciphertext is cut short.',
    title: 'The {what} is cut short.',
    reason: '{reason}',
    remedy: 'Look for the whole {what} where this one was copied from.',
    notByReencrypting: true,
  },
  'trailing-bytes': {
    severity: 'warning',
    source: 'files',
    about: 'Bytes follow the end of the blob.',
    reason: 'KMS is likely to refuse it as it is.',
    remedy: 'Remove what does not belong to it.',
    notByReencrypting: true,
  },
  'leading-bytes': {
    severity: 'warning',
    source: 'files',
    about: 'Other bytes stand before the blob.',
    reason: '{reason}',
    remedy: 'Remove what stands before the blob, and add it again.',
    notByReencrypting: true,
  },
  'beginning-missing': {
    severity: 'warning',
    source: 'files',
    about: 'The beginning of the blob is missing.',
    reason: '{reason}',
    remedy: 'Look for the whole value where this one was copied from.',
    notByReencrypting: true,
  },
  'unknown-layout': {
    severity: 'warning',
    source: 'files',
    about: 'The blob has no layout that Rewrap knows.',
    reason: 'It may be damaged, or of a kind not seen before.',
    remedy: 'Only KMS can say: try a dry run.',
  },
  'mangled-by-text': {
    severity: 'warning',
    source: 'files',
    about: 'The bytes were once saved as text, and are damaged for good.',
    reason: 'What stood there is lost.',
    remedy: 'Look for the value where it was made, and move it as base64.',
    notByReencrypting: true,
  },
  'other-algorithm': {
    severity: 'info',
    source: 'files',
    about: 'The blob is encrypted with an algorithm that Rewrap has not seen in KMS blobs.',
    reason:
      'In the China Regions KMS encrypts with SM4 instead of AES. Length and fingerprint are not concluded from a layout that is not known.',
    advice: 'Nothing is to be done. A dry run shows whether KMS opens it.',
  },
  'operation-unknown': {
    severity: 'info',
    source: 'files',
    about: 'The operation byte has a value not seen before.',
    reason: 'Everything else has the known layout.',
    remedy: 'A dry run shows whether KMS opens it.',
  },
  'too-large-for-kms': {
    severity: 'warning',
    source: 'files',
    about: 'The blob is larger than KMS takes.',
    reason: '{reason}',
    advice:
      'KMS takes 6,144 bytes at most. Look for the blob inside this value, or decrypt it with the tool that made it.',
    notByReencrypting: true,
  },
  'too-short': {
    severity: 'info',
    source: 'files',
    about: 'The file is binary data too short to be KMS ciphertext.',
    title: 'The file is {size} of binary data: too short to be KMS ciphertext.',
    reason: 'It may be cut short.',
    remedy: 'Look for the whole value.',
    notByReencrypting: true,
  },
  'other-readings': {
    severity: 'info',
    source: 'files',
    about: 'The size allows another reading of the bytes.',
    title: '{what}',
    reason: '{reason}',
    advice: 'A dry run with the key that you expect shows which reading is right.',
  },
  'source-needed': {
    severity: 'info',
    source: 'files',
    about: 'The source key and algorithm must be supplied.',
    reason:
      'KMS writes nothing about the key into asymmetric ciphertext, so neither KMS nor Rewrap can tell from it which key made it. It takes no encryption context.',
    remedy: 'Choose the key and the algorithm it was encrypted with{algorithm}.',
  },

  // What is no KMS ciphertext.
  'encryption-sdk-message': {
    severity: 'warning',
    source: 'files',
    about: 'KMS cannot re-encrypt an AWS Encryption SDK message.',
    reason: '{reason}',
    remedy: 'Decrypt it and encrypt it again with the Encryption SDK under the new key.',
    notByReencrypting: true,
  },
  'database-encryption-sdk': {
    severity: 'warning',
    source: 'files',
    about: 'KMS cannot re-encrypt an item of the AWS Database Encryption SDK.',
    reason: '{reason}',
    remedy: 'Read the item and write it again with the SDK under the new key.',
    notByReencrypting: true,
  },
  'not-kms-ciphertext': {
    severity: 'info',
    source: 'files',
    about: 'KMS cannot re-encrypt this.',
    reason: '{reason}',
    advice: 'Decrypt it and encrypt it anew with the tool that made it; the inspector says which kind it is.',
    notByReencrypting: true,
  },
  's3-object-body': {
    severity: 'info',
    source: 'files',
    about: 'The file beside it says that this is the body of an S3 object.',
    reason: 'Its bytes alone would be taken for random data.',
    advice: 'Re-encrypt the data key in the file beside it. The body stays as it is.',
    notByReencrypting: true,
  },
  's3-key-not-kms': {
    severity: 'info',
    source: 'files',
    about: 'An object of the S3 Encryption Client with a key that is not under KMS.',
    reason: 'There is no KMS blob in {where}, and nothing for KMS to re-encrypt.',
    advice: 'Nothing is to be done in KMS. To replace that key, use the client that wrote the object.',
    notByReencrypting: true,
  },

  // How a blob is written, and what its file says about it.
  'undecodable-blob': {
    severity: 'warning',
    source: 'files',
    about: 'A value that should be a blob is not base64.',
    title: '{place} is not base64.',
    reason: 'It may have been shortened (“AQICAHh…”) or masked.',
    remedy: 'Add the whole {what}.',
    notByReencrypting: true,
  },
  'irregular-encoding': {
    severity: 'info',
    source: 'files',
    about: 'The text is not written as an encoder would write it.',
    title: '{what}',
    reason: '{reason}',
    remedy: '{remedy}',
    advice: 'The finding says what is irregular: compare the value with the place that it was copied from.',
  },
  'double-base64': {
    severity: 'info',
    source: 'files',
    about: 'The blob is base64-encoded twice.',
    reason:
      'Often a sign that text was encoded again by mistake. KMS takes the blob inside; a new blob is written in the same way, twice encoded.',
    advice:
      'Nothing is to be done if what reads the file decodes it twice. Otherwise correct what writes it.',
  },
  'invalid-json': {
    severity: 'warning',
    source: 'files',
    about: 'The file looks like AWS CLI output but is not valid JSON.',
    reason: 'It may be cut short or edited.',
    remedy: 'Repair it and add it again.',
    notByReencrypting: true,
  },
  'duplicate-member': {
    severity: 'warning',
    source: 'files',
    about: 'A JSON object names a member twice.',
    reason: 'Only the last one counts, for every JSON reader and for Rewrap.',
    remedy: 'Remove the others.',
    notByReencrypting: true,
  },
  'too-many-blobs': {
    severity: 'warning',
    source: 'files',
    about: 'The file holds more blobs than Rewrap lists.',
    title: 'The file holds more than {most} blobs; only the first are listed.',
    reason: 'The others are neither shown nor re-encrypted.',
    remedy: 'Split the file and add the parts.',
  },
  'nested-not-read': {
    severity: 'warning',
    source: 'files',
    about: 'Texts inside texts of the file were not all read.',
    title: '{what}',
    reason: 'Blobs in them may be missing from the list, and labels of their keys are not followed.',
    remedy: 'Take the inner text out into a file of its own, and add that.',
  },
  'database-not-read': {
    severity: 'warning',
    source: 'files',
    about: 'The SQLite database could not be read by its tables.',
    reason:
      'Its bytes were searched as they are: blobs in them are listed by their offset, and values that are split may be missed.',
    remedy: 'Check it with `PRAGMA integrity_check`, or export it as SQL text and add that.',
  },
  'database-log-beside': {
    severity: 'warning',
    source: 'files',
    about: 'A journal or log beside the SQLite database could not be read into it.',
    reason:
      'A program was stopped in the middle of a change, or the log is of another database. Rows were read as the database has them, and nothing is written.',
    remedy:
      'Open the database once with its own program, or with `sqlite3 FILE .schema`; stop the program, and add the file again.',
  },
  'database-remains': {
    severity: 'info',
    source: 'files',
    about: 'Blobs stand in parts of the database that no row uses.',
    title: '{blobs} in parts of the database that no row uses.',
    reason:
      'They are of rows that were deleted or changed, and are not listed. Re-encrypting the rows does not reach them.',
    remedy: 'Run VACUUM, which makes the database anew from its rows.',
  },
  'reader-failed': {
    severity: 'warning',
    source: 'files',
    about: 'Rewrap failed to read this file.',
    reason: 'The file was left as it is.',
    remedy: 'Please report it, with the file’s structure but without its secrets.',
    notByReencrypting: true,
  },
  'no-encryption-context': {
    severity: 'info',
    source: 'files',
    about: 'The container declares no encryption context.',
    reason:
      'With a context, KMS opens the blob only for requests that name it, key policies can ask for it, and CloudTrail shows it.',
    remedy: 'Choose one for the destination if you want that: {how}, and Rewrap writes it there.',
  },
  'context-not-declared': {
    severity: 'info',
    source: 'files',
    about: 'The encryption context is not in the file.',
    reason: '{where}',
    remedy: 'Give it for the source, and choose what the new blob shall have.',
  },
  'context-by-convention': {
    severity: 'info',
    source: 'files',
    about: 'The encryption context is the one that the Lambda console uses.',
    reason: 'Other tools send none.',
    remedy:
      'Keep the context that the function’s code sends, and give the function its new variables with update-function-configuration.',
  },
  'context-stays-as-written': {
    severity: 'info',
    source: 'files',
    about: 'A new encryption context must be written into the file by hand.',
    reason: 'Rewrap leaves such lines as they are.',
    remedy: 'Keep the context, or change it there after the run.',
  },
  'key-label-stays': {
    severity: 'warning',
    source: 'files',
    about: 'A key is named in the file of the blob, and stays as written when the blob moves to another key.',
    reason: 'It is not certain that the name belongs to this blob alone, so Rewrap leaves it as it is.',
    remedy: 'After the run, check the name and change it where it means the key of this blob.',
  },
  'also-change': {
    severity: 'info',
    source: 'files',
    about: 'Something outside this file must follow the new key.',
    title: '{what}',
    reason: '{reason}',
    remedy: '{remedy}',
    advice: 'After the run, change what the finding names, too.',
  },
  'sops-rule-names-key': {
    severity: 'info',
    source: 'files',
    about: 'A creation rule of SOPS names a KMS key, and would bring it back after the files have moved.',
    title: 'A creation rule names {key}.',
    reason: 'SOPS takes the keys of new files from its rules, and `sops updatekeys` those of existing ones.',
    remedy:
      'Where this key is replaced, write the new one into the rule before anyone runs `sops updatekeys`.',
  },
  'sops-other-keys': {
    severity: 'info',
    source: 'files',
    about: 'The SOPS file opens with keys outside AWS KMS.',
    title: 'The SOPS file {opens} with {keys}.',
    reason: '{reason}',
    advice: 'A run leaves these keys as they are. Where they should go, remove them with SOPS.',
  },
  'sops-access-path': {
    severity: 'info',
    source: 'files',
    about: 'SOPS reaches this key through a role or an AWS profile.',
    title: 'SOPS reaches this key through {way}.',
    reason: 'Rewrap leaves it as it is: SOPS goes the same way to the new key.',
    remedy:
      'Make sure that it may use the new key too (kms:Decrypt), above all if that key is in another account.',
  },
  'duplicate-blob': {
    severity: 'info',
    source: 'files',
    about: 'The very same blob stands elsewhere too.',
    reason:
      'KMS never makes the same blob twice, so it was copied: replace one, and the old one stays in use.',
    remedy: 'Re-encrypt every copy together.',
  },
  'gcm-nonce-reuse': {
    severity: 'critical',
    source: 'files',
    about: 'Two different blobs under one key material share their GCM nonce.',
    reason:
      'AES-GCM loses its protection when a nonce repeats under one key. KMS draws nonces at random and never repeated one in any blob observed: one of them may be altered or made up.',
    remedy: 'Re-encrypt both, and find out where they come from.',
  },
  'declared-key-contradicts': {
    severity: 'warning',
    source: 'files',
    about: 'The key that the file declares is contradicted by other evidence.',
    reason: 'A wrong label makes decryption fail in tools that send it to KMS.',
    remedy: 'Find the key (a dry run for one blob), then correct the label by re-encrypting in place.',
  },
  'old-blob': {
    severity: 'info',
    source: 'files',
    about: 'By its declared date the blob is old.',
    title: 'Its container says that it was made on {date}, more than {months} months ago.',
    reason: 'Automatic rotation of a key does not touch blobs made before.',
    remedy: 'Re-encrypt it to the same key, to take its current key material, or to a newer key.',
  },
  'quantum-exposed': {
    severity: 'warning',
    source: 'conclusion',
    about: 'The blob is under RSA or SM2, which a quantum computer breaks.',
    title: 'It is under {algorithm}: stored now, decrypted later.',
    reason:
      'A quantum computer that breaks {algorithm} opens every copy of it made until then, without KMS. A symmetric key (AES-256) is not exposed to that.',
    remedy:
      'Re-encrypt it to a symmetric key: ReEncrypt from its algorithm to SYMMETRIC_DEFAULT stays inside KMS, and needs the source key and its algorithm. Copies made before stay exposed: replace secrets that must hold for years.',
  },
  'sha1-oaep': {
    severity: 'info',
    source: 'files',
    about: 'It is declared to be encrypted with RSA-OAEP and SHA-1.',
    reason: 'OAEP with SHA-1 is not known to be broken, but many policies forbid SHA-1.',
    remedy: 'Re-encrypt with RSAES_OAEP_SHA_256, which does the same work.',
  },

  // What KMS said of the key.
  'key-gone': {
    severity: 'critical',
    source: 'kms',
    about: 'KMS knows no such key.',
    title: 'KMS knows no key {key}.',
    reason:
      'It was deleted, or the label is wrong. Under a deleted key nothing can be opened any more, by anyone.',
    remedy:
      'Find out whether the label is wrong: search the key of one of these blobs. If the key was deleted, what they hold must come from a backup or be made anew.',
    notByReencrypting: true,
  },
  'alias-gone': {
    severity: 'warning',
    source: 'kms',
    about: 'KMS knows no such alias.',
    title: 'KMS knows no alias {alias}.',
    reason:
      'It was deleted or renamed, or the label is wrong. The key that it named may still be there, and these blobs open with it.',
    remedy:
      'Find the key of one of these blobs (Find key…), then correct the label by re-encrypting in place.',
  },
  'key-unknown-account': {
    severity: 'warning',
    source: 'conclusion',
    about: 'The key is in an account of which KMS says nothing on this connection.',
    title: 'The key is in account {account}, of which KMS says nothing on this connection.',
    reason:
      'The owner of that account decides whether these blobs can be opened tomorrow, and who else can open them.',
    remedy:
      'Find out who owns the account. If it is yours, connect to it; if it is a partner’s, note it in the rules file; otherwise re-encrypt under a key of your own.',
  },
  'key-disabled': {
    severity: 'warning',
    source: 'kms',
    about: 'The key is disabled.',
    title: '{key} is disabled.',
    reason: 'Nothing under it can be opened or re-encrypted until it is enabled again.',
    remedy:
      'If these blobs are still needed, enable the key (EnableKey), re-encrypt them to a key in use, and disable it again. If not, delete the blobs before the key.',
  },
  'key-pending-deletion': {
    severity: 'critical',
    source: 'kms',
    about: 'The key is waiting to be deleted.',
    title: '{key} will be deleted{when}.',
    reason: '{reason}',
    remedy:
      'Cancel the deletion (CancelKeyDeletion, then EnableKey), re-encrypt these blobs to another key, and schedule the deletion again.',
  },
  'key-unavailable': {
    severity: 'critical',
    source: 'kms',
    about: 'The key has no key material, or its key store is disconnected.',
    title: '{what}',
    reason: 'Nothing under it can be opened until its key material is there again.',
    remedy: '{remedy}',
    advice:
      'Import the same key material again (ImportKeyMaterial), or connect the key store (ConnectCustomKeyStore).',
    notByReencrypting: true,
  },
  'key-aws-managed': {
    severity: 'warning',
    source: 'kms',
    about: 'The key is an AWS managed key.',
    title: '{key} is an AWS managed key.',
    reason:
      'Its policy is fixed: it works through its service alone and cannot be shared, disabled or deleted. ReEncrypt cannot take these blobs by a direct call.',
    remedy: 'Let the service encrypt anew under a customer managed key.',
    notByReencrypting: true,
  },
  'key-other-account': {
    severity: 'info',
    source: 'kms',
    about: 'The key belongs to another account.',
    title: '{key} belongs to another account, {account}.',
    reason: 'Its owner can take the permission away, or delete the key, without asking.',
    remedy:
      'Make sure that this is agreed. For data of your own, re-encrypt under a key of your own account.',
  },
  'key-policy-wide': {
    severity: 'critical',
    source: 'kms',
    about: 'The key policy lets more than its own account open or re-encrypt what is under the key.',
    title: 'The policy of {key} lets more than its own account open or re-encrypt what is under it.',
    reason:
      'kms:Decrypt gives the principals that the policy names the content itself; kms:ReEncryptFrom gives them a copy under a key of their own.',
    remedy:
      'Name the principals that need it, or add a condition (kms:CallerAccount, aws:PrincipalOrgID, kms:ViaService). Then re-encrypt what may have been copied.',
  },
  'key-policy-outside': {
    severity: 'warning',
    source: 'kms',
    about:
      'The key policy names principals of another account that may open or re-encrypt what is under the key.',
    title: 'The policy of {key} lets principals of another account open or re-encrypt what is under it.',
    reason:
      'The owner of that account decides who may act as these principals, and a copy under a key of their own stays theirs.',
    remedy:
      'Make sure that this is agreed. If it is not needed any more, take them out of the policy, then re-encrypt what may have been copied.',
  },
  'key-grant-outside': {
    severity: 'warning',
    source: 'kms',
    about: 'A grant lets another account decrypt data under the key.',
    title: 'A grant lets another account decrypt data under {key}.',
    reason: 'Grants do not show in the key policy and hold until they are retired or revoked.',
    remedy:
      'Find out what the grant is for. If it is not needed any more, revoke it (RevokeGrant), then re-encrypt what may have been copied.',
  },
  'key-not-rotated': {
    severity: 'warning',
    source: 'kms',
    about: 'The key does not rotate.',
    title: '{key} does not rotate.',
    reason:
      'One key material protects everything ever encrypted with this key. Many policies ask for a yearly rotation.',
    remedy:
      'Turn automatic rotation on (EnableKeyRotation). Blobs made before keep their old key material: re-encrypt them to the same key, or to one that rotates.',
  },
  'key-unused': {
    severity: 'info',
    source: 'kms',
    about: 'The key was not used for long.',
    title: '{key} was not used for {days} days.',
    reason:
      'Blobs that are never opened may not be needed any more; or what opens them runs so rarely that its failure would go unnoticed when the key is taken away.',
    remedy: 'Ask the owner of the files whether they are needed before the key is disabled or deleted.',
    notByReencrypting: true,
  },
  'key-rotations-used-up': {
    severity: 'warning',
    source: 'kms',
    about: 'The key has had every on-demand rotation that KMS allows.',
    title: '{key} has had {rotations} of 25 on-demand rotations.',
    reason:
      'KMS rotates a key on demand 25 times in its life. After that, a suspicion can only be answered by another key.',
    remedy: 'Plan the move to another key while nothing presses: re-encrypt these blobs to it.',
  },
  'key-deletion-unguarded': {
    severity: 'info',
    source: 'kms',
    about: 'Nothing in the key policy keeps a key that is in use from being deleted.',
    title: '{key} can be scheduled for deletion even on a day on which it is used.',
    reason:
      'A key that is deleted by mistake takes its blobs with it after 7 to 30 days. Service control policies, which Rewrap does not read, may prevent it, too.',
    remedy:
      'Deny kms:ScheduleKeyDeletion and kms:DisableKey in the key policy while kms:TrailingDaysWithoutKeyUsage is below a number of days.',
    notByReencrypting: true,
  },
  'material-not-current': {
    severity: 'info',
    source: 'kms',
    about: 'The key was rotated since: the blobs are under an earlier key material.',
    title: '{key} was rotated since: these blobs are under an earlier key material.',
    reason: 'Rotation does not touch what was encrypted before. The earlier key material still opens it.',
    remedy: 'Re-encrypt to the same key: the new blobs take the current key material.',
  },
  'key-one-region': {
    severity: 'info',
    source: 'kms',
    about: 'The key has replicas, but the files name one Region alone.',
    title: '{key} has replicas, but the files name {region} alone.',
    reason:
      'Tools that send the ARN from the file open nothing while that Region is away, though a replica could.',
    remedy:
      'Add the replica’s ARN to the files (SOPS takes several keys), or let the reader choose its own Region.',
    notByReencrypting: true,
  },

  // What the rules file does not allow.
  'rule-account': {
    severity: 'critical',
    source: 'rules',
    about: 'The account of the key is not allowed.',
    title: 'Account {account} is not allowed.',
    reason: 'The rules file does not allow it.',
    remedy: 'Re-encrypt under a key of an allowed account.',
  },
  'rule-region': {
    severity: 'critical',
    source: 'rules',
    about: 'The Region of the key is not allowed.',
    title: 'Region {region} is not allowed.',
    reason: 'The rules file does not allow it.',
    remedy: 'Re-encrypt under a key of an allowed Region.',
  },
  'rule-key': {
    severity: 'critical',
    source: 'rules',
    about: 'The key is not allowed.',
    title: '{key} is not an allowed key.',
    reason: 'The rules file does not allow it.',
    remedy: 'Re-encrypt under an allowed key.',
  },
  'rule-key-contradicted': {
    severity: 'critical',
    source: 'rules',
    about: 'Labels contradict each other: it is not known that the key is an allowed one.',
    reason: 'The rules file allows some keys, and what names one of them here is contradicted.',
    remedy: 'Find the key of one of these blobs (Find key…), then correct the wrong labels.',
  },
  'rule-algorithm': {
    severity: 'critical',
    source: 'rules',
    about: 'The algorithm is not allowed.',
    title: '{algorithm} is not an allowed algorithm.',
    reason: 'The rules file does not allow it.',
    remedy: 'Re-encrypt with an allowed algorithm.',
  },
  'rule-kind': {
    severity: 'critical',
    source: 'rules',
    about: 'The kind of ciphertext is not allowed.',
    title: '{kind} is not allowed.',
    reason: 'The rules file does not allow it.',
    remedy: 'Encrypt it in an allowed way, or take it out.',
    notByReencrypting: true,
  },
  'rule-context': {
    severity: 'critical',
    source: 'rules',
    about: 'The encryption context is not one that is allowed.',
    title: 'The encryption context {what}.',
    reason: 'The rules file does not allow it.',
    remedy: '{remedy}',
    advice: 'Re-encrypt it with a context that the rules file allows.',
  },
  'rule-cryptoperiod': {
    severity: 'critical',
    source: 'rules',
    about: 'The key is past its cryptoperiod.',
    title: '{key} is past its cryptoperiod of {days} days.',
    reason: 'The rules file does not allow it.',
    remedy: 'Rotate the key, or make a new one, and re-encrypt these blobs to it.',
  },
  'rule-evidence': {
    severity: 'critical',
    source: 'rules',
    about: 'The key is not known as well as the rules ask.',
    title: 'Its key is not known well enough: {how}.',
    reason: 'The rules file does not allow it.',
    remedy: 'Find the key of one blob of each group (Find key…): a DryRun by KMS settles it.',
    notByReencrypting: true,
  },
  'rule-campaign': {
    severity: 'critical',
    source: 'rules',
    about: 'The blob is still where a campaign should have left.',
    title: '{name}: it should have been moved by {date}.',
    reason: 'The rules file sets this deadline.',
    remedy: 'Re-encrypt it to the key that replaces the old one.',
  },
  'rule-age': {
    severity: 'critical',
    source: 'rules',
    about: 'The blob is older than allowed.',
    title: 'It is older than {days} days, its container says.',
    reason: 'The rules file does not allow it.',
    remedy: 'Re-encrypt it to the same key or a newer one.',
  },
} as const satisfies Record<string, Entry>;

export type FindingCode = keyof typeof FINDINGS;

/** Every code, in the order of the list. */
export const FINDING_CODES = Object.keys(FINDINGS) as [FindingCode, ...FindingCode[]];

/** What the list says of a code. */
export const entryOf = (code: FindingCode): Entry => FINDINGS[code];

export const isFindingCode = (text: string): text is FindingCode => Object.hasOwn(FINDINGS, text);
