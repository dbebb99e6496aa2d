import { finding } from '#shared/finding.ts';
import type {} from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { Group, Leaf } from '../../structure/index.ts';
import type { LinkedValue } from '../../types.ts';
import {
  type Collected,
  contextOfGroup,
  envelopeBlob,
  envelopeLinkedValue,
  type GroupFormat,
  keyReference,
  mapOf,
  memberRange,
  textOf,
} from './shared.ts';

/**
 * Terraform: the `secret` blocks of the data source `aws_kms_secrets` (configuration as HCL or JSON, and state), and the
 * resource `aws_kms_ciphertext` in state (hashicorp/terraform-provider-aws, docs of both).
 */
export const terraform: GroupFormat = {
  names: /aws_kms_secrets|ciphertext_blob|payload/,
  read(group, out) {
    secretBlock(group, out);
    ciphertextResource(group, out);
    decryptedSecrets(group, out);
  },
};

function secretBlock(group: Group, out: Collected): void {
  const payload = textOf(group, 'payload');
  if (payload === null || textOf(group, 'name') === null) return;
  // A block of this data source, or a map with members that only it has.
  const named = ['context', 'grant_tokens', 'encryption_algorithm', 'key_id'].some(
    (name) => group.member(name) !== null,
  );
  if (!named && !group.path.includes('aws_kms_secrets')) return;
  const blob = envelopeBlob(payload, false, {
    container: 'terraform-kms-secrets',
    declared: {
      keyArn: textOf(group, 'key_id')?.value() ?? null,
      encryptionContext: contextIn(group),
      algorithm: textOf(group, 'encryption_algorithm')?.value() ?? null,
    },
    linkedValues: [...keyLinkedValue(group), ...algorithmLinkedValue(group)],
    ...(isDecryptedBeside(group) ? { notPutBack: IN_CLEAR } : {}),
  });
  if (blob !== null) out.blobs.push(blob);
}

const IN_CLEAR =
  'Terraform keeps the plaintext of this value beside it, so that another blob would protect nothing. Take the resource out of ' +
  'the state, or make the secret anew; the other blobs of the file can be re-encrypted.';

/** Whether the state of the data source holds what this block decrypted to. */
function isDecryptedBeside(block: Group): boolean {
  const source = block.parent?.parent;
  const plaintext =
    source?.kind === 'map' && block.parent?.key === 'secret' ? mapOf(source, 'plaintext') : null;
  return plaintext !== null && plaintext.members.length > 0;
}

function ciphertextResource(group: Group, out: Collected): void {
  const ciphertext = textOf(group, 'ciphertext_blob');
  if (ciphertext === null || textOf(group, 'key_id') === null || group.member('plaintext') === null) return;
  const secret = plaintextOf(group, out);
  const blob = envelopeBlob(ciphertext, false, {
    container: 'terraform-kms-secrets',
    declared: { keyArn: textOf(group, 'key_id')?.value() ?? null, encryptionContext: contextIn(group) },
    linkedValues: keyLinkedValue(group),
    findings: secret,
    ...(secret.length === 0 ? {} : { notPutBack: IN_CLEAR }),
  });
  if (blob !== null) out.blobs.push(blob);
}

/** The state of the data source keeps what it decrypted. */
function decryptedSecrets(group: Group, out: Collected): void {
  const secrets = group.member('secret');
  const plaintext = mapOf(group, 'plaintext');
  if (!(secrets instanceof Group) || plaintext === null || plaintext.members.length === 0) return;
  if (secrets.members.some((one) => one instanceof Group && one.member('payload') !== null))
    plaintextOf(group, out);
}

/** Reports and marks the member `plaintext`, with the comma that belongs to it. JSON alone. */
function plaintextOf(group: Group, out: Collected) {
  const member = group.member('plaintext');
  if (member === null || (member instanceof Leaf && !textOf(group, 'plaintext'))) return [];
  const range = memberRange(group, member);
  if (range === null) return [];
  out.plaintext.push({ ...range, stays: true });
  const inClear = finding('plaintext-beside-blob', {
    evidence: ['Terraform keeps the plaintext of this resource in its state in clear.'],
    values: {
      remedy:
        'Treat the state as secret, or take the resource out of it and make the secret anew. Re-encrypting does not help.',
    },
    range,
  });
  out.findings.push(inClear);
  return [inClear];
}

function contextIn(group: Group): EncryptionContext | null {
  const context = group.member('context');
  if (context === null) return {};
  if (context instanceof Leaf) return context.raw === 'null' ? {} : null;
  // Before Terraform 0.12 the map was written as a block, which configuration as JSON gives as a list.
  const map = context.kind === 'list' && context.members.length === 1 ? context.members[0] : context;
  return map instanceof Group ? contextOfGroup(map) : null;
}

function keyLinkedValue(group: Group): LinkedValue[] {
  const key = textOf(group, 'key_id');
  return key === null ? [] : [envelopeLinkedValue('key_id', key, (next, old) => keyReference(old, next))];
}

function algorithmLinkedValue(group: Group): LinkedValue[] {
  const algorithm = textOf(group, 'encryption_algorithm');
  return algorithm === null
    ? []
    : [envelopeLinkedValue('encryption_algorithm', algorithm, (next) => next.algorithm)];
}
