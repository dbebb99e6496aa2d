import { describe, expect, test } from 'vitest';
import { requests } from '#shared/contract/contract.ts';
import { answer, router } from './dispatch.ts';

/** Tells work that grows with the square of a request, which takes minutes, from a busy machine; judges no speed. */
const SOON_MS = 30_000;

const many = (one: unknown, count = 100_000): unknown[] => Array.from({ length: count }, () => one);
const members = (count: number, value: unknown): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));

function deep(levels: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < levels; level += 1) value = { a: [value] };
  return value;
}

const RUN = {
  blobIds: ['b1.0'],
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: 'alias/x', algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  grantTokens: [],
  method: 'reencrypt',
  output: { mode: 'in-place', backup: true },
  verify: true,
  dryRun: false,
};
const given = (context: unknown) => ({
  ...RUN,
  source: { ...RUN.source, context: { mode: 'given', context } },
});

const HOSTILE: readonly (readonly [string, unknown])[] = [
  ['intake.clear', { sourceIds: many(0) }],
  ['intake.clear', { sourceIds: many(0, 2_000_000) }],
  ['intake.clear', { sourceIds: many('s'.repeat(300)) }],
  ['intake.clear', { sourceIds: many(deep(20)) }],
  ['intake.clear', members(100_000, 1)],
  ['intake.clear', deep(5000)],
  ['runs.start', { ...RUN, blobIds: many(null) }],
  ['runs.start', given(members(100_000, 'v'))],
  ['runs.start', given(members(4000, 7))],
  ['runs.start', given({ ['k'.repeat(1_000_000)]: 'v' })],
  ['runs.start', { ...RUN, grantTokens: many('x'.repeat(9000)) }],
  ['runs.start', many(RUN)],
  ['plans.save', { request: { ...RUN, blobIds: many({}) }, rules: [] }],
  ['plans.save', { request: RUN, rules: many({ name: 'path', value: 'x' }) }],
  ['plans.save', { ...members(100_000, null), request: RUN, rules: [] }],
  ['plans.select', { rules: [], ...members(200_000, 1) }],
  ['audit.setRules', { text: 'x'.repeat(2_000_000), name: null }],
  ['connection.use', { kind: 'aws', profile: 'p'.repeat(5_000_000), region: null, endpointUrl: null }],
  ['connection.use', { kind: many('aws') }],
  ['keyGroups.findKey', { blobId: 'b', keyIds: many('k'), context: null }],
  ['app.setLook', members(200_000, deep(3))],
];

describe('a request that is larger than anything meant', () => {
  test.each(HOSTILE.map(([name, input], index) => [`${index} ${name}`, name, input] as const))(
    '%s is refused soon, in a few words',
    async (_title, name, input) => {
      const [namespace = '', method = ''] = name.split('.');
      const route = router(requests, { [namespace]: { [method]: async () => ({}) } });
      const before = performance.now();
      const reply = await route(name, input);
      expect(performance.now() - before).toBeLessThan(SOON_MS);
      expect(reply).toMatchObject({ ok: false, fault: { code: 'BadRequest' } });
      expect(JSON.stringify(reply).length).toBeLessThan(5000);
    },
  );

  test('stops at the first member that does not fit', async () => {
    let read = 0;
    const ids = many('s1', 1000);
    for (let index = 0; index < ids.length; index += 1)
      Object.defineProperty(ids, index, {
        enumerable: true,
        get: () => {
          read += 1;
          return index < 3 ? 's1' : 0;
        },
      });
    await answer(requests.intake.clear, { sourceIds: ids }, async () => ({}));
    expect(read).toBe(4);
  });

  test('a value that breaks when it is looked at is a fault, not a rejection', async () => {
    const broken = {
      get sourceIds(): string[] {
        throw new RangeError('canary');
      },
    };
    const reply = await answer(requests.intake.clear, broken, async () => ({}));
    expect(reply).toMatchObject({ ok: false, fault: { code: 'BadRequest', detail: 'RangeError' } });
    expect(JSON.stringify(reply)).not.toContain('canary');
  });

  test('a hundred thousand ids that fit are taken', async () => {
    const reply = await answer(requests.intake.clear, { sourceIds: many('s1') }, async () => ({}));
    expect(reply).toEqual({ ok: true, value: {} });
  });
});
