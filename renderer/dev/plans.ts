import type { BlobRow } from '#shared/model/blob.ts';
import type { PlanCheck, PlanComparison, PlanView } from '#shared/model/plan-view.ts';
import { KEYS } from './keys.ts';

/** A plan for looking at. */
export function makePlan(planId: string, rows: readonly BlobRow[]): PlanView {
  const destination = KEYS[1]?.arn ?? '';
  return {
    planId,
    name: `rewrap-plan-20261124-${planId}.json`,
    createdAt: '2026-11-24T08:00:00Z',
    mode: planId === 'p1' ? 'change-key' : 'refresh',
    touches: { blobs: rows.length, files: rows.length },
    destinationKeyId: destination,
    root: '/srv/vault',
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: destination, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    output: { mode: 'in-place', backup: planId === 'p1' },
    verify: true,
    onFailure: 'hold-back',
    pace: { concurrency: null, perSecond: planId === 'p1' ? 50 : null },
    evenIfThere: false,
    rules: ['path=*.env', 'key=alias/payments'],
    bytes: rows.length * 184,
    kinds: [{ kind: 'kms-symmetric', blobs: rows.length }],
    materials: [{ fingerprint: 'ab12'.repeat(16), blobs: rows.length }],
    moreMaterials: 0,
  };
}

const touches = (blobs: number) => ({ blobs, files: blobs });

export function makeCheck(rows: readonly BlobRow[]): PlanCheck {
  const odd = Math.min(3, rows.length);
  return {
    checkedAt: new Date().toISOString(),
    counts: [
      { state: 'ready', touches: touches(rows.length - odd) },
      ...(['there', 'blob-changed', 'missing'] as const)
        .slice(0, odd)
        .map((state) => ({ state, touches: touches(1) })),
    ],
    files: rows.slice(0, odd).map(({ file }, i) => ({
      file,
      state: (['missing', 'blob-changed', 'there'] as const)[i] ?? 'gone',
      blobs: 1,
      why: null,
    })),
    filesTotal: odd,
    chosenSince: 2,
    runs: touches(rows.length - odd),
    refused: null,
  };
}

export const makeComparison = (rows: readonly BlobRow[]): PlanComparison => {
  const some = (n: number) => ({
    touches: touches(n),
    files: rows
      .slice(0, n)
      .map(({ file, place }) => ({ file, blobs: 1, places: place === '' ? [] : [place] })),
  });
  return { added: some(2), removed: some(1), changed: some(1), same: touches(rows.length) };
};
