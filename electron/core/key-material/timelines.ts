import type { KeyGroup, KeyTimeline } from '#shared/model/key-group.ts';
import type { EvidenceModel } from './evidence.ts';

/** Whether a generation is the current one, and how that is known. `newest` is the index of the newest by dates. */
function currency(
  byKms: readonly (boolean | null)[],
  index: number,
  newest: number | null,
): Pick<KeyTimeline['generations'][number], 'current' | 'currentBy'> {
  const kms = byKms[index] ?? null;
  if (kms !== null) return { current: kms, currentBy: 'kms' };
  if (byKms.includes(true)) return { current: false, currentBy: 'concluded' };
  return newest === null
    ? { current: null, currentBy: null }
    : { current: index === newest, currentBy: 'dates' };
}

/** Keys seen with more than one key material: rotation, in the order of the declared dates. */
export function timelines(
  { keyGroups, names }: Pick<EvidenceModel, 'keyGroups' | 'names'>,
  currentMaterial: (fingerprint: string) => boolean | null,
): KeyTimeline[] {
  const byKey = new Map<string, KeyGroup[]>();
  for (const keyGroup of keyGroups) {
    if (keyGroup.keyArn === null) continue;
    const [key = keyGroup.keyArn, ...others] = names.keysOf(keyGroup.keyArn);
    const at = others.length > 0 ? keyGroup.keyArn : key;
    const list = byKey.get(at) ?? [];
    list.push(keyGroup);
    byKey.set(at, list);
  }
  return [...byKey.values()]
    .filter((list) => list.length > 1)
    .map((list) => {
      const keyArn = (list.find(({ keyArn: name }) => name?.includes(':key/')) ?? list[0])?.keyArn ?? '';
      const sorted = [...list].sort((a, b) => (a.lastDate ?? '').localeCompare(b.lastDate ?? ''));
      const dated = sorted.every((keyGroup) => keyGroup.lastDate !== null);
      const byKms = sorted.map((keyGroup) => currentMaterial(keyGroup.fingerprint));
      return {
        keyArn,
        generations: sorted.map((keyGroup, i) => ({
          fingerprint: keyGroup.fingerprint,
          blobs: keyGroup.blobs,
          firstDate: keyGroup.firstDate,
          lastDate: keyGroup.lastDate,
          ...currency(byKms, i, dated ? sorted.length - 1 : null),
        })),
      };
    });
}
