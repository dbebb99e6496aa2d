import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyGroup, KeyTimeline } from '#shared/model/key-group.ts';
import { KEYS } from './keys.ts';

const VERDICTS: KeyGroup['verdict'][] = [
  'one-key',
  'one-key',
  'contradiction',
  'replicas',
  'unknown',
  'unknown',
];

/** Groups as a host would judge them: some known by KMS, some by labels, one contradictory, some not at all. */
export function makeKeyGroups(rows: readonly BlobRow[]): { keyGroups: KeyGroup[]; timelines: KeyTimeline[] } {
  const counts = new Map<string, number>();
  for (const { identification } of rows)
    if (identification.keyFingerprint !== null)
      counts.set(identification.keyFingerprint, (counts.get(identification.keyFingerprint) ?? 0) + 1);
  const keyGroups = Array.from(counts, ([fingerprint, blobs], i): KeyGroup => {
    const verdict = VERDICTS[i % VERDICTS.length] ?? 'unknown';
    const arn = KEYS[verdict === 'replicas' ? 2 : 0]?.arn ?? null;
    const known = verdict === 'one-key' || verdict === 'replicas';
    const by = i === 0 ? 'kms' : 'declared';
    return {
      fingerprint,
      blobs,
      files: blobs,
      keyArn: known ? arn : null,
      by: known ? by : null,
      keys:
        arn === null || verdict === 'unknown'
          ? []
          : [
              {
                keyArn: arn,
                by,
                evidence:
                  by === 'kms' ? 'ReEncrypt, request 0aa0b6d5' : 'declared in services/api/secrets.json',
                keyMaterialId: null,
                at: by === 'kms' ? '2026-11-20T10:00:00Z' : null,
                blobs: by === 'kms' ? 0 : blobs,
              },
            ],
      verdict,
      reason:
        verdict === 'contradiction' ? 'One key material is declared under keys that cannot be one.' : null,
      firstDate: `${2021 + i}-02-01T00:00:00Z`,
      lastDate: `${2021 + i}-11-01T00:00:00Z`,
    };
  });
  const rotated = keyGroups.filter(({ verdict }) => verdict === 'one-key');
  const last = rotated.at(-1);
  return {
    keyGroups,
    timelines:
      rotated.length < 2 || last?.keyArn == null
        ? []
        : [
            {
              keyArn: last.keyArn,
              generations: rotated.map((each) => ({
                ...each,
                current: each === last,
                currentBy: 'dates' as const,
              })),
            },
          ],
  };
}
