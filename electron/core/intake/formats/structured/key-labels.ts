import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import { keyReference } from '../../keys/key-written.ts';
import { type Group, type Leaf, positionOf } from '../../structure/index.ts';
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

/** A key or alias without its account: which one it is, the file alone does not say. */
const KEY_NAME = /^(?:alias\/[\w/-]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-f]{32})$/;
const KEY_ARN = /^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[\w/:-]+$/;

/**
 * What is written beside a blob about its key: a member with a telling name and exactly the ARN of a KMS key
 * or alias, in the same object, which holds no other blob. Anything less sure is left alone.
 */
export function withKeyLabel(found: FoundBlob, parent: Group): FoundBlob {
  const named = parent.members.filter(isKeyName);
  const labels = named.filter((one) => KEY_ARN.test(one.value()));
  const label = labels[0];
  if (label === undefined || labels.length > 1) {
    const stays = named.find((one) => KEY_NAME.test(one.value()));
    return stays === undefined ? found : { ...found, findings: [...found.findings, staysAs(stays)] };
  }
  return {
    ...found,
    declared: { ...found.declared, keyArn: label.value() },
    linkedValues: [leafLinkedValue(label, (next) => keyReference(label.value(), next))],
  };
}

function isKeyName(member: Group | Leaf): member is Leaf {
  if (!('rules' in member) || typeof member.key !== 'string' || member.end - member.start > 2048)
    return false;
  return KEY_NAMES.has(member.key.toLowerCase().replaceAll(/[_-]/g, ''));
}

function staysAs(leaf: Leaf): Finding {
  const { view, start, end } = leaf;
  const { line } = positionOf(view, start);
  return finding('key-label-stays', {
    evidence: [`Line ${line} names ${leaf.value().slice(0, 300)}.`],
    range: { start: view.byteAt(start), end: view.byteAt(end) },
  });
}
