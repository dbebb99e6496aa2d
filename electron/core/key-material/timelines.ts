import type { Cluster, KeyTimeline } from '#shared/model/key-group.ts';
import type { Evidence } from './evidence.ts';

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
  { clusters, names }: Pick<Evidence, 'clusters' | 'names'>,
  currentMaterial: (fingerprint: string) => boolean | null,
): KeyTimeline[] {
  const byKey = new Map<string, Cluster[]>();
  for (const cluster of clusters) {
    if (cluster.keyArn === null) continue;
    const [key = cluster.keyArn, ...others] = names.keysOf(cluster.keyArn);
    const at = others.length > 0 ? cluster.keyArn : key;
    const list = byKey.get(at) ?? [];
    list.push(cluster);
    byKey.set(at, list);
  }
  return [...byKey.values()]
    .filter((list) => list.length > 1)
    .map((list) => {
      const keyArn = (list.find(({ keyArn: name }) => name?.includes(':key/')) ?? list[0])?.keyArn ?? '';
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
