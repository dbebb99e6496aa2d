import { describe, expect, test } from 'vitest';
import type { PlanView } from '#shared/model/plan-view.ts';
import { contextWords, differences, planFacts } from './plan.ts';

const view: PlanView = {
  planId: 'p1',
  name: 'a.json',
  createdAt: '2026-11-24T08:00:00Z',
  mode: 'change-key',
  touches: { blobs: 412, files: 37 },
  destinationKeyId: 'alias/new',
  root: '/srv',
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: 'alias/new', algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  output: { mode: 'in-place', backup: true },
  verify: true,
  onFailure: 'hold-back',
  pace: { concurrency: null, perSecond: 50 },
  evenIfThere: false,
  rules: [],
  bytes: 75_808,
  kinds: [{ kind: 'kms-symmetric', blobs: 412 }],
  materials: [],
  moreMaterials: 0,
};
const facts = (more: Partial<PlanView> = {}) => planFacts({ ...view, ...more }, (keyId) => keyId);
const value = (of: ReturnType<typeof facts>, name: string) =>
  [...of.what, ...of.from, ...of.to, ...of.how].find((fact) => fact.name === name)?.value;

describe('a plan in words', () => {
  test('says what, from, to and how', () => {
    expect(value(facts(), 'Blobs')).toBe('412 blobs in 37 files, 75.8 kB of ciphertext');
    expect(value(facts(), 'Purpose')).toBe('Change key');
    expect(value(facts(), 'Rate')).toBe('At most 50 requests a second');
    expect(value(facts({ pace: { concurrency: null, perSecond: null } }), 'Rate')).toBe('No rate limit');
    expect(value(facts({ output: { mode: 'in-place', backup: false } }), 'Output')).toMatch(/no backup/);
  });

  test.each([
    [{ mode: 'given', context: {} } as const, 'None'],
    [{ mode: 'given', context: { app: 'a', env: 'b' } } as const, 'app = a, env = b'],
    [
      { mode: 'changed', add: { app: 'a' }, remove: ['env'] } as const,
      'Each blob’s own, with app = a, without env',
    ],
  ])('tells a context: %j', (choice, expected) => {
    expect(contextWords('remove' in choice ? { ...choice, remove: [...choice.remove] } : choice)).toBe(
      expected,
    );
  });

  test('differs from another by settings, not by when it was made', () => {
    expect(differences(facts(), facts({ createdAt: '2026-12-24T08:00:00Z' }))).toEqual([]);
    expect(differences(facts(), facts({ verify: false }))).toEqual([
      {
        name: 'Verify',
        before: 'Each new blob, by a dry run, before its file is written: KMS says that it opens',
        after: 'No',
      },
    ]);
  });

  test('two keys of one alias are two keys', () => {
    const same = (keyId: string) =>
      planFacts({ ...view, destination: { ...view.destination, keyId } }, () => 'x');
    expect(differences(same('a'), same('b'))).toHaveLength(1);
  });
});
