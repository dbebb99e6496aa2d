import { finding } from '#shared/finding.ts';
import { readKeyName } from '../../key-material/index.ts';
import type { Cohort } from '../list/columns.ts';
import type { FindingDraft, KeySubject, KmsCaller } from '../model.ts';
import { draftOf, withConnection } from './key-findings.ts';

/**
 * Findings that need key material or labels beside KMS's description of a key: an earlier key material after a rotation, and
 * files that name one Region of a key that has replicas. `subjects[i]` is that of cohort `i`.
 */
export function materialFindings(
  cohorts: readonly Cohort[],
  subjects: readonly KeySubject[],
  caller: KmsCaller | null,
): (subject: KeySubject) => readonly FindingDraft[] {
  const regions = regionsNamed(cohorts, subjects);
  const known = new Map<KeySubject, readonly FindingDraft[]>();
  const found = (subject: KeySubject): FindingDraft[] => {
    const { key, materialId, id, viaAlias } = subject;
    if (key === null) return [];
    const current = key.currentKeyMaterialId;
    const [region, ...more] = regions.get(id) ?? [];
    return [
      ...(materialId !== null && current !== null && materialId !== current && !viaAlias
        ? [earlier(subject, materialId)]
        : []),
      ...(key.otherRegions.length > 0 && region !== undefined && more.length === 0
        ? [oneRegion(subject, region)]
        : []),
    ].map((draft) => withConnection(draft, caller));
  };
  return (subject) => {
    const made = known.get(subject) ?? found(subject);
    known.set(subject, made);
    return made;
  };
}

/** Regions that files name, by the key: one label of another Region is enough to have a way there. */
function regionsNamed(
  cohorts: readonly Cohort[],
  subjects: readonly KeySubject[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const regions = new Map<string, Set<string>>();
  cohorts.forEach(({ row }, cohort) => {
    const { keyArn } = row.declared;
    const region = keyArn === null ? null : readKeyName(keyArn).region;
    const id = subjects[cohort]?.id;
    if (region !== null && id !== undefined) regions.set(id, (regions.get(id) ?? new Set()).add(region));
  });
  return regions;
}

function earlier({ key, label }: KeySubject, materialId: string): FindingDraft {
  return draftOf(
    finding('material-not-current', {
      evidence: [
        `ReEncrypt: key material ${materialId.slice(0, 16)}…`,
        `DescribeKey: current key material ${key?.currentKeyMaterialId?.slice(0, 16)}…`,
      ],
      values: { key: key?.aliases[0] ?? label ?? '' },
    }),
  );
}

function oneRegion({ key, label }: KeySubject, region: string): FindingDraft {
  return draftOf(
    finding('key-one-region', {
      evidence: [`DescribeKey: replicas in ${(key?.otherRegions ?? []).join(', ')}`],
      values: { key: key?.aliases[0] ?? label ?? '', region },
    }),
  );
}
