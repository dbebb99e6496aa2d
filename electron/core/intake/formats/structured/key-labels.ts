import { keyReference } from '../../key-written.ts';
import type { Group, Leaf } from '../../structure/index.ts';
import type { FoundBlob } from '../../types.ts';
import { leafLinkedValue } from './leaf-blob.ts';

/** Names, in lower case without `_` and `-`, under which people write the key of the blob beside. */
const KEY_NAMES = new Set([
  'arn',
  'keyarn',
  'keyid',
  'kmsarn',
  'kmskey',
  'kmskeyarn',
  'kmskeyid',
  'kmsmasterkeyid',
  'masterkeyarn',
  'masterkeyid',
  'cmkarn',
  'cmkid',
]);

const KEY_ARN = /^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[\w/:-]+$/;

/**
 * What is written beside a blob about its key: a member with a telling name and exactly the ARN of a KMS key
 * or alias, in the same object, which holds no other blob. Anything less sure is left alone.
 */
export function withKeyLabel(found: FoundBlob, parent: Group): FoundBlob {
  const labels = parent.members.filter(isLabel);
  const label = labels[0];
  if (label === undefined || labels.length > 1) return found;
  return {
    ...found,
    declared: { ...found.declared, keyArn: label.value() },
    linkedValues: [leafLinkedValue(label, (next) => keyReference(label.value(), next))],
  };
}

function isLabel(member: Group | Leaf): member is Leaf {
  if (!('rules' in member) || typeof member.key !== 'string' || member.end - member.start > 2048)
    return false;
  return KEY_NAMES.has(member.key.toLowerCase().replaceAll(/[_-]/g, '')) && KEY_ARN.test(member.value());
}
