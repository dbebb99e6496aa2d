import type { EncryptionContext } from '#shared/model/context.ts';
import { type Group, Leaf } from '../../structure/index.ts';
import {
  attributeOf,
  contextNotDeclared,
  envelopeBlob,
  envelopeLinkedValue,
  type GroupFormat,
} from './shared.ts';

const CUSTOM = 'aws-crypto-ec:';
const TABLE = 'tablename';
const KEY_PAIR = 'kms-arn';

/**
 * An item of a branch key store (hierarchical keyring), typed or plain. The context of hierarchy version 1 is every
 * attribute but `enc`, and the logical table name, which is not in the item. Version 2 sends the custom pairs alone, and
 * keeps a digest of everything (the key's ARN with it) inside the plaintext
 * (aws-encryption-sdk-specification, framework/branch-key-store.md).
 */
export const branchKey: GroupFormat = {
  names: /kms-arn/,
  read(item, out) {
    const enc = attributeOf(item, 'enc');
    const arn = attributeOf(item, KEY_PAIR);
    const version = attributeOf(item, 'hierarchy-version');
    if (enc === null || arn === null || version === null || attributeOf(item, 'branch-key-id') === null)
      return;
    const second = version.value() === '2';
    const attributes = attributesOf(item);
    const blob = envelopeBlob(enc, true, {
      container: 'branch-key-store',
      declared: {
        keyArn: arn.value(),
        encryptionContext: second ? custom(attributes) : TABLE in attributes ? attributes : null,
        createdAt: attributeOf(item, 'create-time')?.value() ?? null,
      },
      linkedValues: [envelopeLinkedValue(KEY_PAIR, arn, (next) => next.context?.[KEY_PAIR] ?? next.keyArn)],
      ...(second ? { notPutBack: DIGEST } : { contextKeyPairs: [KEY_PAIR] }),
      findings: second || TABLE in attributes ? [] : [tableNeeded(attributes)],
    });
    if (blob !== null) out.blobs.push(blob);
  },
};

const DIGEST =
  'In hierarchy version 2 the plaintext begins with a digest of the item, the ARN of its key included: under another ' +
  'key the item no longer matches it. Make a new version of the branch key with the key store.';

/** The pairs that the item gives: every attribute but `enc`. */
function attributesOf(item: Group): EncryptionContext {
  const pairs: [string, string][] = [];
  for (const { key } of item.members) {
    if (typeof key !== 'string' || key === 'enc') continue;
    const leaf = attributeOf(item, key);
    if (leaf instanceof Leaf) pairs.push([key, leaf.value()]);
  }
  return Object.fromEntries(pairs);
}

function custom(attributes: EncryptionContext): EncryptionContext {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([name]) => name.startsWith(CUSTOM))
      .map(([name, value]) => [name.slice(CUSTOM.length), value]),
  );
}

function tableNeeded(attributes: EncryptionContext) {
  const names = Object.keys(attributes)
    .map((name) => `"${name}"`)
    .join(', ');
  return contextNotDeclared(
    `It is every attribute of the item but enc (${names}) and one pair more, "tablename", with the logical name of the ` +
      'key store, which is not in the item. "kms-arn" must name the key that the blob is under.',
  );
}
