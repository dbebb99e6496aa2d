import type { EncryptionContext } from '#shared/model/context.ts';
import { Group, Leaf } from '../../structure/index.ts';
import { decodeText } from '../../text/encoding.ts';
import type { FoundBlob, LinkedValue } from '../../types.ts';
import {
  type Collected,
  contextOfGroup,
  envelopeBlob,
  envelopeLinkedValue,
  type GroupFormat,
  isString,
  keyReference,
  mapOf,
  rangeOf,
  textOf,
} from './shared.ts';

/** One name of a key for several blobs: it changes where all of them move together. */
function sharedKey(key: Leaf, blobs: number): LinkedValue {
  const linked = envelopeLinkedValue(String(key.key), key, (next, old) => keyReference(old, next));
  return blobs === 1 ? linked : { ...linked, sharedBy: blobs };
}

/** Gives blobs the key that they share. */
function withKey(blobs: readonly FoundBlob[], key: Leaf, out: Collected): void {
  for (const blob of blobs)
    out.blobs.push({
      ...blob,
      declared: { ...blob.declared, keyArn: key.value() },
      linkedValues: [...blob.linkedValues, sharedKey(key, blobs.length)],
    });
}

/**
 * Confluent's DEK registry: a KEK names its key in `kmsKeyId`, and DEKs name their KEK (confluentinc/schema-registry,
 * dek-registry). No encryption context is used.
 */
export const confluentDeks: GroupFormat = {
  names: /encryptedKeyMaterial/,
  read(group, out) {
    const kek = mapOf(group, 'kek') ?? group;
    const key = textOf(kek, 'kmsKeyId');
    const deks = group.member('deks') ?? group.member('dek');
    if (key === null || !/^aws-kms$/i.test(textOf(kek, 'kmsType')?.value() ?? '') || !(deks instanceof Group))
      return;
    const all = deks.kind === 'list' ? deks.members : [deks];
    const blobs = all.flatMap((dek) => {
      const material = dek instanceof Group ? textOf(dek, 'encryptedKeyMaterial') : null;
      const blob =
        material === null
          ? null
          : envelopeBlob(material, false, { container: 'json', declared: { encryptionContext: {} } });
      return blob === null ? [] : [blob];
    });
    withKey(blobs, key, out);
  },
};

/** serverless-kms-secrets: `secrets` by name, and `keyArn` for all of them (nordcloud/serverless-kms-secrets, README). */
export const serverlessSecrets: GroupFormat = {
  names: /keyArn/,
  read(group, out) {
    const key = textOf(group, 'keyArn');
    const secrets = mapOf(group, 'secrets');
    if (key === null || secrets === null) return;
    const blobs = secrets.members.flatMap((member) => {
      const blob =
        member instanceof Leaf && isString(member)
          ? envelopeBlob(member, false, { container: 'yaml' })
          : null;
      return blob?.identification.kind === 'kms-symmetric' ? [blob] : [];
    });
    withKey(blobs, key, out);
  },
};

/**
 * ejson-kms: `EJK1];KEY;DATA`, with the key and context of the whole file, to which it adds `Secret` with the name of each
 * secret (adrienkohlbecker/ejson-kms, README).
 */
export const ejsonKms: GroupFormat = {
  names: /EJK1/,
  read(group, out) {
    const key = textOf(group, 'kms_key_id');
    const secrets = group.member('secrets');
    if (key === null || !(secrets instanceof Group)) return;
    const shared = mapOf(group, 'encryption_context');
    const context = shared === null ? {} : contextOfGroup(shared);
    const blobs = secrets.members.flatMap((secret) => {
      const ciphertext = secret instanceof Group ? textOf(secret, 'ciphertext') : null;
      const name = secret instanceof Group ? (textOf(secret, 'name')?.value() ?? null) : null;
      const blob = ciphertext === null ? null : partBlob(ciphertext, name, context);
      return blob === null ? [] : [blob];
    });
    withKey(blobs, key, out);
  },
};

function partBlob(leaf: Leaf, name: string | null, context: EncryptionContext | null): FoundBlob | null {
  const match = /^EJK1\]?;([A-Za-z0-9+/=]+);/.exec(leaf.raw);
  const letters = match?.[1];
  if (match === null || letters === undefined) return null;
  const start = leaf.start + match[0].length - 1 - letters.length;
  const { view } = leaf;
  const decoded = decodeText(letters, { charset: view.charset, escaped: false, takeUnknown: false });
  if (decoded === null) return null;
  return {
    place: leaf.place,
    range: rangeOf(view, start, start + letters.length),
    container: 'json',
    encoding: decoded.encoding,
    bytes: decoded.bytes,
    identification: decoded.identification,
    declared: {
      keyArn: null,
      encryptionContext: context === null || name === null ? context : { ...context, Secret: name },
      createdAt: null,
      algorithm: null,
    },
    linkedValues: [],
    findings: [],
  };
}
