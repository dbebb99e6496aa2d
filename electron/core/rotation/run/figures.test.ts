import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manyRuns } from '../../../../tools/many-runs.ts';
import { REAL_FS } from '../../intake/put-back/fs.ts';
import { type Action, FiguresHarness, type Terms } from '../testing/figures.test-help.ts';

const one = <T extends Action['do']>(...what: T[]) =>
  fc.constantFrom(...what).map((kind) => ({ do: kind }) as Action);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('answer' as const), n: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('kms' as const),
      fault: fc.constantFrom(
        'AccessDeniedException' as const,
        'ThrottlingException' as const,
        'ECONNRESET' as const,
        'ExpiredTokenException' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: one('disk', 'journal fails', 'journal heals') },
  { weight: 2, arbitrary: one('pause', 'go on', 'cancel') },
  { weight: 3, arbitrary: one('kill', 'kill at once', 'put off') },
  { weight: 4, arbitrary: one('resume', 'close', 'retry', 'undo') },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('edit' as const), n: fc.nat(9) }) },
);

const terms: fc.Arbitrary<Terms> = fc.record({
  files: fc.array(
    fc.array(fc.constantFrom('old' as const, 'old' as const, 'other' as const, 'current' as const), {
      minLength: 1,
      maxLength: 3,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  verify: fc.boolean(),
  takeGood: fc.boolean(),
  concurrency: fc.integer({ min: 1, max: 3 }),
  failurePolicy: fc.constantFrom('wait' as const, 'end' as const),
});

const SEQUENCES = Number(process.env.REWRAP_SEQUENCES ?? manyRuns(200, 12));

test('whatever happens to runs, each figure is what a recount of the files on disk gives', async () => {
  let checks = 0;
  await fc.assert(
    fc.asyncProperty(terms, fc.array(action, { minLength: 3, maxLength: 14 }), async (how, actions) => {
      const harness = await FiguresHarness.make(how, REAL_FS);
      try {
        await harness.start();
        for (const next of actions) {
          await harness.act(next);
          await harness.check();
        }
        await harness.finish();
        checks += harness.checks;
      } finally {
        await harness.remove();
      }
    }),
    { numRuns: SEQUENCES },
  );
  console.log(`${SEQUENCES} sequences, ${checks} summaries compared with a recount`);
  expect(checks).toBeGreaterThan(SEQUENCES);
}, 600_000);
