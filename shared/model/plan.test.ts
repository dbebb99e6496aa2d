import { describe, expect, test } from 'vitest';
import { diffPlans, RunPlan, readPlan } from './plan.ts';

const hash = (letter: string): string => letter.repeat(64);
const blob = (place: string, letter: string) => ({
  place,
  sha256: hash(letter),
  bytes: 184,
  fingerprint: null,
  encoding: 'base64',
  kind: 'kms-symmetric',
});
const plan: RunPlan = {
  rewrapPlan: 1,
  createdAt: '2026-11-24T08:00:00Z',
  mode: 'change-key',
  root: '/srv',
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: 'alias/new', algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  output: { mode: 'in-place', backup: true },
  verify: true,
  onFailure: 'hold-back',
  pace: { concurrency: null, perSecond: null },
  rules: [],
  files: [{ path: 'a.env', sha256: hash('a'), blobs: [blob('A', '1'), blob('B', '2')] }],
};

describe('a plan', () => {
  test('is read back as it was written', () => {
    expect(RunPlan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test('with an unknown member, or a hash that is none, is refused', () => {
    expect(RunPlan.safeParse({ ...plan, extra: 1 }).success).toBe(false);
    expect(
      RunPlan.safeParse({ ...plan, files: [{ path: 'a', sha256: 'x', blobs: [blob('', '1')] }] }).success,
    ).toBe(false);
  });

  test('differs by settings and by blobs', () => {
    expect(diffPlans(plan, plan)).toEqual([]);
    const other: RunPlan = {
      ...plan,
      verify: false,
      files: [
        { path: 'a.env', sha256: hash('b'), blobs: [blob('A', '3')] },
        { path: 'b.bin', sha256: hash('c'), blobs: [blob('', '4')] },
      ],
    };
    expect(diffPlans(plan, other)).toEqual([
      { what: 'setting', text: 'verify: true → false' },
      { what: 'changed', text: 'a.env · A' },
      { what: 'added', text: 'b.bin' },
      { what: 'removed', text: 'a.env · B' },
    ]);
  });
});

test('what is no plan is said in plain words', () => {
  const why = (value: unknown) => {
    const read = readPlan(typeof value === 'string' ? value : JSON.stringify(value));
    return read.ok ? null : read.why;
  };
  expect(why('{')).toBe('It is not JSON.');
  for (const other of [null, [], 7, {}, { name: 'package' }])
    expect(why(other)).toBe('It is JSON, but not a plan: a plan says "rewrapPlan": 1.');
  expect(why({ rewrapPlan: 3 })).toBe(
    'It has format 3, which a newer Rewrap writes. This one reads formats 1 and 2.',
  );
  expect(why({ rewrapPlan: 'x' })).toBe('Its member rewrapPlan is missing, or is not what a plan has there.');
  expect(why({ rewrapPlan: 1 })).toMatch(/^Its member \w+ is missing, or is not what a plan has there\.$/);
});
