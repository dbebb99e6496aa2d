import type { BlobRow } from '#shared/model/blob.ts';
import type { Cluster, KeyTimeline, LearnedKey } from '#shared/model/cluster.ts';
import { declaredDate } from './dates.ts';
import { mayBeAlias, readKeyName, sameKey } from './key-names.ts';

const STRENGTH = { kms: 0, person: 1, declared: 2 } as const;
/** Files named as evidence. */
const NAMED_FILES = 3;

interface Group {
  blobs: number;
  files: number;
  /** Of the last blob: those of one file stand beside each other. */
  sourceId: string | null;
  readonly declared: Map<string, { files: string[]; blobs: number }>;
  first: string | null;
  last: string | null;
}

/**
 * Blobs grouped by the fingerprint of their key material, each group with what is known of its key: what KMS said,
 * what a person said, what the containers declare. Nothing is guessed: labels that contradict each other name no key.
 * `rows`: those of one source beside each other, as in the list.
 */
export function clusters(
  rows: readonly BlobRow[],
  learned: (fingerprint: string) => readonly LearnedKey[],
): Cluster[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const { keyFingerprint } = row.identification;
    if (keyFingerprint === null) continue;
    let group = groups.get(keyFingerprint);
    if (group === undefined) {
      group = { blobs: 0, files: 0, sourceId: null, declared: new Map(), first: null, last: null };
      groups.set(keyFingerprint, group);
    }
    add(group, row);
  }
  return [...groups].map(([fingerprint, group]) => judge(fingerprint, group, learned(fingerprint)));
}

function add(group: Group, row: BlobRow): void {
  group.blobs += 1;
  if (row.sourceId !== group.sourceId) group.files += 1;
  group.sourceId = row.sourceId;
  const { keyArn, createdAt } = row.declared;
  if (keyArn !== null && keyArn !== '') {
    const label = group.declared.get(keyArn) ?? { files: [], blobs: 0 };
    label.blobs++;
    if (label.files.length <= NAMED_FILES && label.files.at(-1) !== row.file) label.files.push(row.file);
    group.declared.set(keyArn, label);
  }
  const date = declaredDate(createdAt);
  if (date === null) return;
  if (group.first === null || date < group.first) group.first = date;
  if (group.last === null || date > group.last) group.last = date;
}

function judge(fingerprint: string, group: Group, learned: readonly LearnedKey[]): Cluster {
  const declared = [...group.declared].map(
    ([keyArn, { files, blobs }]): LearnedKey => ({
      keyArn,
      by: 'declared',
      evidence: `declared in ${files.slice(0, NAMED_FILES).join(', ')}${files.length > NAMED_FILES ? ', …' : ''}`,
      keyMaterialId: null,
      at: null,
      blobs,
    }),
  );
  const keys = [...learned, ...declared].sort(
    (a, b) => STRENGTH[a.by] - STRENGTH[b.by] || b.blobs - a.blobs || a.keyArn.localeCompare(b.keyArn),
  );
  const { verdict, reason, key } = verdictOf(keys);
  return {
    fingerprint,
    blobs: group.blobs,
    files: group.files,
    keyArn: key?.keyArn ?? null,
    by: key?.by ?? null,
    keys,
    verdict,
    reason,
    firstDate: group.first,
    lastDate: group.last,
  };
}

function verdictOf(keys: readonly LearnedKey[]): {
  verdict: Cluster['verdict'];
  reason: string | null;
  key: LearnedKey | null;
} {
  const [best] = keys;
  if (best === undefined) return { verdict: 'unknown', reason: null, key: null };
  const name = readKeyName(best.keyArn);
  const others = keys.slice(1).map((key) => ({ key, name: readKeyName(key.keyArn) }));
  const odd = others.filter((o) => !sameKey(name, o.name) && !mayBeAlias(name, o.name));
  if (odd.length > 0) {
    const list = [...new Set(odd.map((o) => o.key.keyArn))].join(', ');
    if (best.by === 'kms')
      return {
        verdict: 'contradiction',
        reason: `KMS said ${best.keyArn}; ${list} is a wrong label, or the same bytes were copied from another environment.`,
        key: best,
      };
    return {
      verdict: 'contradiction',
      reason:
        `One key material is declared under keys that cannot be one: ${best.keyArn} and ${list}. ` +
        'At least one label is wrong, or a file was copied from another environment. A reply of KMS decides.',
      key: null,
    };
  }
  const aliased = others.filter((o) => mayBeAlias(name, o.name));
  if (aliased.length > 0) {
    const concrete = [best, ...others.map((o) => o.key)].find((key) => !readKeyName(key.keyArn).alias);
    return {
      verdict: 'alias',
      reason:
        'The material is declared under a key and under an alias; the alias pointed at that key when it was used.',
      key: best.by === 'declared' ? (concrete ?? best) : best,
    };
  }
  const regions = new Set(
    [name, ...others.map((o) => o.name)].map((n) => n.region).filter((r) => r !== null),
  );
  if (name.multiRegion && regions.size > 1)
    return {
      verdict: 'replicas',
      reason: `Replicas of one multi-Region key share their key material: ${[...regions].sort().join(', ')}.`,
      key: best,
    };
  return { verdict: 'one-key', reason: null, key: best };
}

/** Whether a generation is the current one, and how that is known. `newest` is the index of the newest by dates. */
function currency(
  said: readonly (boolean | null)[],
  index: number,
  newest: number | null,
): Pick<KeyTimeline['generations'][number], 'current' | 'currentBy'> {
  const kms = said[index] ?? null;
  if (kms !== null) return { current: kms, currentBy: 'kms' };
  if (said.includes(true)) return { current: false, currentBy: 'concluded' };
  return newest === null
    ? { current: null, currentBy: null }
    : { current: index === newest, currentBy: 'dates' };
}

/** Keys seen with more than one key material: rotation, in the order of the declared dates. */
export function timelines(
  all: readonly Cluster[],
  currentMaterial: (fingerprint: string) => boolean | null,
): KeyTimeline[] {
  const byKey = new Map<string, Cluster[]>();
  for (const cluster of all) {
    if (cluster.keyArn === null) continue;
    const known = [...byKey.keys()].find((key) =>
      sameKey(readKeyName(key), readKeyName(cluster.keyArn ?? '')),
    );
    const key = known ?? cluster.keyArn;
    byKey.set(key, [...(byKey.get(key) ?? []), cluster]);
  }
  return [...byKey]
    .filter(([, list]) => list.length > 1)
    .map(([keyArn, list]) => {
      const sorted = [...list].sort((a, b) => (a.lastDate ?? '').localeCompare(b.lastDate ?? ''));
      const dated = sorted.every((cluster) => cluster.lastDate !== null);
      const said = sorted.map((cluster) => currentMaterial(cluster.fingerprint));
      return {
        keyArn,
        generations: sorted.map((cluster, i) => ({
          fingerprint: cluster.fingerprint,
          blobs: cluster.blobs,
          firstDate: cluster.firstDate,
          lastDate: cluster.lastDate,
          ...currency(said, i, dated ? sorted.length - 1 : null),
        })),
      };
    });
}
