import type { BlobKind, Identification } from '#shared/model/blob.ts';

/** What bytes are that are no ciphertext KMS takes, in words for people. */
export interface Signature {
  readonly kind: BlobKind;
  /** For a table cell: "age file". */
  readonly label: string;
  /** What it is, and why KMS cannot take it. A whole sentence. */
  readonly why: string;
  /** What to do about it. A whole sentence. */
  readonly remedy: string;
  /** What in the bytes says so: "begins with the text age-encryption.org/v1". */
  readonly evidence: string;
}

/** A signature of bytes that hold a secret in clear: they are never shown, hashed values apart. */
export function isSecretInClear(kind: BlobKind, label: string): boolean {
  return (kind === 'private-key' && !label.includes('passphrase')) || label === SECRET_KEYSET;
}

/** Label of a Tink keyset in clear. */
const SECRET_KEYSET = 'Tink keyset, in clear';

export function identified(look: Signature): Identification {
  return {
    kind: look.kind,
    label: look.label,
    layout: null,
    keyFingerprint: null,
    plaintextBytes: null,
    gcmNonce: null,
    producedBy: null,
    reencryptable: false,
    reason: `${look.why} ${look.remedy}`,
  };
}

/** Looks met in several encodings, by name. */
export const LOOKS = {
  age: look(
    'age',
    'age file',
    'Encrypted by age: its recipients hold the keys, KMS holds none of them.',
    'Decrypt it with `age -d`, then encrypt what is inside under the new key.',
  ),
  openpgp: look(
    'openpgp',
    'OpenPGP message',
    'OpenPGP data: the key that opens it is a PGP key, and is not in KMS.',
    'Decrypt it with `gpg --decrypt`, then encrypt what is inside under the new key.',
  ),
  vault: look(
    'vault-transit',
    'Vault transit ciphertext',
    'Made by the transit engine of HashiCorp Vault: only that Vault opens it.',
    'Use Vault’s own `rewrap` endpoint for a newer key version, or decrypt there and encrypt under the new key.',
  ),
  azure: look(
    'azure-key-vault',
    'Azure Key Vault ciphertext',
    'Names a key in Azure Key Vault: only that service opens it.',
    'Decrypt it with Azure Key Vault, then encrypt what is inside under the new key.',
  ),
  gcp: look(
    'gcp-kms',
    'Google Cloud KMS ciphertext',
    'Made by Google Cloud KMS: only that service opens it.',
    'Decrypt it with `gcloud kms decrypt`, then encrypt what is inside under the new key.',
  ),
  spring: look(
    'spring-cloud-config',
    'Spring Cloud Config value',
    'Encrypted by a Spring Cloud Config server with its own key; that it begins with AQ is chance, KMS did not make it.',
    'Decrypt it at the config server’s `/decrypt`, then encrypt what is inside under the new key.',
  ),
  openssl: look(
    'openssl-salted',
    'OpenSSL, passphrase',
    'Encrypted by `openssl enc` with a passphrase, or by a library that imitates it: no KMS key is involved.',
    'Decrypt it with `openssl enc -d` and the cipher and passphrase it was made with.',
  ),
  ansible: look(
    'ansible-vault',
    'Ansible Vault file',
    'Encrypted by Ansible Vault with a passphrase: no KMS key is involved.',
    'Use `ansible-vault rekey`, or `ansible-vault decrypt` and encrypt what is inside under the new key.',
  ),
  gitCrypt: look(
    'git-crypt',
    'git-crypt file',
    'Encrypted by git-crypt with the repository’s own key: no KMS key is involved.',
    'Run `git-crypt unlock` in its repository; the file is then in clear there.',
  ),
  jwe: look(
    'jwe',
    'JWE token',
    'A JSON Web Encryption object: the key that opens it belongs to its recipient, not to KMS.',
    'Ask its recipient to decrypt it.',
  ),
  cms: look(
    'pkcs7',
    'CMS / PKCS#7 message',
    'A CMS structure, but not the one KMS writes: it is opened by a recipient’s private key.',
    'Decrypt it with `openssl cms -decrypt` and the recipient’s key.',
  ),
  nitro: look(
    'nitro-recipient',
    'Nitro CiphertextForRecipient',
    'Made by KMS for one Nitro enclave (CiphertextForRecipient): only that enclave’s private key opens it, so that ' +
      'ReEncrypt never can.',
    'Re-encrypt the CiphertextBlob that the enclave asked KMS to open, instead of this answer.',
  ),
  certificate: look(
    'certificate',
    'Certificate',
    'A certificate: public, and nothing in it is encrypted.',
    'There is nothing to do.',
  ),
  privateKey: look(
    'private-key',
    'Private key, in clear',
    'A private key in clear: a secret, and no ciphertext.',
    'Encrypt it, delete this copy, and replace the key if others could have read it.',
  ),
  pgpSecretKey: look(
    'private-key',
    'OpenPGP secret key',
    'An OpenPGP secret key, with a passphrase on it or without: it is no KMS ciphertext.',
    'If it has no passphrase, delete this copy and set one with `gpg --change-passphrase`.',
  ),
  lockedPrivateKey: look(
    'private-key',
    'Private key, under a passphrase',
    'A private key encrypted with a passphrase: no KMS key is involved.',
    'Its own tool changes the passphrase; to keep it under KMS, encrypt the file as it is.',
  ),
  tinkKeyset: look(
    'tink-keyset',
    SECRET_KEYSET,
    'A Tink keyset in clear: it holds keys, and no ciphertext.',
    'Encrypt it with `tinkey convert-keyset` under a KMS key, and delete this copy.',
  ),
  emulator: look(
    'emulator',
    'KMS emulator ciphertext',
    'Made by an emulator of KMS, not by KMS: the real service answers InvalidCiphertextException.',
    'Point the connection at the emulator that made it and allow its blobs there (--emulator-blobs), or encrypt again under the real key.',
  ),
} as const;

function look(
  kind: BlobKind,
  label: string,
  why: string,
  remedy: string,
): (evidence: string, label?: string) => Signature {
  return (evidence, other) => ({ kind, label: other ?? label, why, remedy, evidence });
}

/** What is plainly a file of another sort: an archive, an image, a database. */
export function otherFile(label: string, evidence: string, isArchive = false): Signature {
  return {
    kind: 'unknown',
    label,
    why: `Looks like ${article(label)}: no ciphertext.`,
    remedy: isArchive ? 'Unpack it, and add the files that were in it.' : 'There is nothing to re-encrypt.',
    evidence,
  };
}

function article(label: string): string {
  const word = label.charAt(0).toLowerCase() + label.slice(1);
  const shown = /^[A-Z]{2}/.test(label) ? label : word;
  return `${/^(?:[aeiou]|SQ|XM)/i.test(shown) ? 'an' : 'a'} ${shown}`;
}
