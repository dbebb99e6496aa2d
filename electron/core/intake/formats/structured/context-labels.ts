import { finding } from '#shared/finding.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { Group, Leaf } from '../../structure/index.ts';
import { writeText } from '../../text/text-view.ts';
import type { FoundBlob, LinkedValue } from '../../types.ts';
import { mayHoldBlob } from './tokens.ts';

/** Names, in lower case without `_` and `-`, under which people write the context of the blob beside. */
const CONTEXT_NAMES = new Set([
  'context',
  'encryptioncontext',
  'kmscontext',
  'kmsencryptioncontext',
  'kmsencryptcontext',
]);

/**
 * The encryption context that is written beside a blob: a member with a telling name and a map of texts as its value, in
 * the same map, which holds no other blob. In brackets (JSON, YAML flow) it follows the new blob's; laid out in lines it
 * does not, which is reported. A map that holds ciphertext itself is no context: its blobs are put back on their own.
 */
export function withContextLabel(found: FoundBlob, parent: Group): FoundBlob {
  const labels = parent.members.filter(
    (member): member is Group =>
      member instanceof Group &&
      member.kind === 'map' &&
      typeof member.key === 'string' &&
      CONTEXT_NAMES.has(member.key.toLowerCase().replaceAll(/[_-]/g, '')),
  );
  const [label] = labels;
  if (label === undefined || labels.length > 1) return found;
  const pairs: [string, string][] = [];
  for (const member of label.members) {
    if (!(member instanceof Leaf) || typeof member.key !== 'string' || member.end - member.start > 8192)
      return found;
    if (mayHoldBlob(member.raw)) return found;
    // A number, true or null is no text; KMS takes texts alone.
    if (member.style === 'plain' && /^(?:[-+.\d][-+.\deE]*|true|false|null|~|)$/i.test(member.raw))
      return found;
    pairs.push([member.key, member.value()]);
  }
  const context = Object.fromEntries(pairs);
  const declared = { ...found.declared, encryptionContext: context };
  if (label.bracketed)
    return { ...found, declared, linkedValues: [...found.linkedValues, ...linkedValue(label, context)] };
  return {
    ...found,
    declared,
    findings: [
      ...found.findings,
      finding('context-stays-as-written', { evidence: [`${label.place} is laid out in lines.`] }),
    ],
  };
}

function linkedValue(label: Group, old: EncryptionContext): LinkedValue[] {
  const leaf = label.members[0];
  if (!(leaf instanceof Leaf)) return [];
  const { view } = leaf;
  const range = { start: view.byteAt(label.start), end: view.byteAt(label.end) };
  return [
    {
      name: label.place,
      range,
      write: ({ context }) => {
        const now = context ?? {};
        const same =
          Object.keys(now).length === Object.keys(old).length &&
          Object.entries(now).every(([key, value]) => Object.hasOwn(old, key) && old[key] === value);
        return writeText(same ? view.read(label.start, label.end) : JSON.stringify(now), view.charset);
      },
    },
  ];
}
