import type { EncryptionContext } from '#shared/model/context.ts';
import { Group, Leaf } from '../../structure/index.ts';
import { sopsContextValue } from './context-map.ts';
import type { Entry } from './entry.ts';

/** The KMS entries of a `sops` map in JSON or YAML, those of key groups included. */
export function treeEntries(sops: Group): Entry[] {
  const entries = entriesOf(sops.member('kms'));
  const groups = sops.member('key_groups');
  if (groups instanceof Group)
    for (const group of groups.members)
      if (group instanceof Group) entries.push(...entriesOf(group.member('kms')));
  return entries;
}

function entriesOf(list: Group | Leaf | null): Entry[] {
  if (!(list instanceof Group)) return [];
  return list.members.flatMap((entry) => (entry instanceof Group ? (entryOf(entry) ?? []) : []));
}

function entryOf(entry: Group): Entry | null {
  const enc = text(entry, 'enc');
  if (enc === null || enc.start === enc.end) return null;
  const arn = text(entry, 'arn');
  const member = entry.member('context');
  const context = contextOf(member);
  return {
    place: entry.place,
    enc,
    arn,
    createdAt: text(entry, 'created_at'),
    role: text(entry, 'role')?.value() ?? '',
    profile: text(entry, 'aws_profile')?.value() ?? '',
    context: context === 'odd' ? null : context,
    contextLinkedValues: context === 'odd' ? null : [sopsContextValue(entry, member, arn ?? enc, context)],
  };
}

function text(group: Group, name: string): Leaf | null {
  const member = group.member(name);
  return member instanceof Leaf && !isNull(member) ? member : null;
}

function isNull(leaf: Leaf): boolean {
  return leaf.style === 'plain' && /^(?:null|~|)$/i.test(leaf.raw);
}

/** Null for none; 'odd' when it is no map of texts. */
function contextOf(member: Group | Leaf | null): EncryptionContext | null | 'odd' {
  if (member === null || (member instanceof Leaf && isNull(member))) return null;
  if (!(member instanceof Group) || member.kind !== 'map') return 'odd';
  const pairs: [string, string][] = [];
  for (const value of member.members) {
    if (!(value instanceof Leaf) || isNull(value)) return 'odd';
    pairs.push([String(value.key), value.value()]);
  }
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) return 'odd';
  return pairs.length === 0 ? null : Object.fromEntries(pairs);
}

/** The key groups of a file, and its `shamir_threshold`; 0 where it has none. */
export interface KeyGroups {
  /** Of each group, counted from 0, how many recipients beside AWS KMS it has, by their list. */
  readonly providers: ReadonlyMap<number, ReadonlyMap<string, number>>;
  readonly threshold: number;
}

export function treeGroups(sops: Group): KeyGroups {
  const groups = sops.member('key_groups');
  const threshold = sops.member('shamir_threshold');
  return {
    providers: new Map(
      groups instanceof Group
        ? groups.members.map((group, at) => [at, group instanceof Group ? otherProviders(group) : new Map()])
        : [],
    ),
    threshold: threshold instanceof Leaf ? Number(threshold.value()) || 0 : 0,
  };
}

/** Names of the other ways to open the file, with their number of entries. */
export function otherProviders(sops: Group): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (holder: Group): void => {
    for (const list of holder.members)
      if (list instanceof Group && list.kind === 'list' && list.key !== 'kms' && list.key !== 'key_groups')
        counts.set(String(list.key), (counts.get(String(list.key)) ?? 0) + list.members.length);
  };
  count(sops);
  const groups = sops.member('key_groups');
  if (groups instanceof Group) for (const group of groups.members) if (group instanceof Group) count(group);
  return counts;
}
