import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunManager } from '../index.ts';
import { FakeKms, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';

let harness: RunHarness;
let kms: FakeKms;
const over = () => ({ kms, target: 'test' });

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(() => harness.remove());

/** One request at a time: what is put off leaves something to go on with. */
const input = () => harness.input(kms, { pace: { concurrency: 1, perSecond: null } });

/** A run of six files that was cut off, in a manager that did not run it. */
async function cutOff(): Promise<{ manager: RunManager; runId: string }> {
  for (let i = 0; i < 6; i++) await harness.add(`${i}.txt`, base64(madeUpBlob(OLD_KEY)));
  const first = harness.manager();
  const run = await first.start(input());
  kms.onReEncrypt = (_, nth) => {
    if (nth === 3) run.suspend();
    return {};
  };
  await run.done;
  await first.close();
  kms.onReEncrypt = () => ({});
  return { manager: harness.manager(), runId: run.id };
}

type Use = 'resume' | 'undo' | 'abandon';
const use = (manager: RunManager, runId: string, how: Use): Promise<unknown> =>
  how === 'resume' ? manager.resume(runId, over()).then(({ done }) => done) : manager[how](runId);
const WORDS = { resume: 'resumed', undo: 'undone', abandon: 'closed' } as const;
const ALL: readonly Use[] = ['resume', 'undo', 'abandon'];

describe.each(ALL)('while a run is taken by %s', (first) => {
  test.each(ALL)(
    '%s is refused, with what is done with it, and the figures are those of one',
    async (second) => {
      const { manager, runId } = await cutOff();
      const [one, two] = await Promise.allSettled([use(manager, runId, first), use(manager, runId, second)]);
      expect(one.status).toBe('fulfilled');
      expect(two).toMatchObject({ status: 'rejected', reason: { fault: { code: 'RunBusy' } } });
      expect(String((two as PromiseRejectedResult).reason.fault.message)).toContain(
        `is being ${WORDS[first]}`,
      );
      const { counts, status } = await manager.summary(runId);
      expect(status).toBe({ resume: 'finished', undo: 'undone', abandon: 'cancelled' }[first]);
      expect(counts.failed).toBe(0);
      if (first === 'resume') expect(counts.succeeded).toBe(6);
    },
  );

  test('another Rewrap is refused too, and names the process', async () => {
    const { manager, runId } = await cutOff();
    const other = harness.manager();
    const one = use(manager, runId, first);
    // Until the journal says which one has it, both might begin: one of them gets it.
    const outcomes = await Promise.allSettled([one, use(other, runId, 'resume')]);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeLessThanOrEqual(1);
    for (const each of refused)
      expect((each as PromiseRejectedResult).reason.fault.code).toMatch(/^Run(?:Elsewhere|NotOpen)$/);
    expect((await harness.manager().summary(runId)).counts.failed).toBe(0);
  });
});

test('a run under way is not resumed, undone or closed a second time', async () => {
  await harness.add('a.txt', base64(madeUpBlob(OLD_KEY)));
  const manager = harness.manager();
  let release = () => {};
  kms.onReEncrypt = () => new Promise((resolve) => (release = () => resolve({})));
  const run = await manager.start(input());
  await expect.poll(() => kms.asked.length).toBe(1);
  for (const how of ALL)
    await expect(use(manager, run.id, how)).rejects.toMatchObject({
      fault: { code: 'RunBusy', message: expect.stringContaining('is running') },
    });
  await expect(use(harness.manager(), run.id, 'undo')).rejects.toMatchObject({
    fault: { code: 'RunElsewhere', message: expect.stringContaining(`process ${process.pid}`) },
  });
  release();
  await run.done;
});

test('a claim holds a run while something else is waited for, and gives it back', async () => {
  const { manager, runId } = await cutOff();
  const claim = manager.claim(runId, 'tried again');
  await expect(manager.abandon(runId)).rejects.toMatchObject({
    fault: { code: 'RunBusy', message: expect.stringContaining('is being tried again') },
  });
  manager.release(claim);
  await manager.abandon(runId);
  expect((await manager.summary(runId)).status).toBe('cancelled');
});

test('closing waits for requests under way for its limit, then cuts them, and the run keeps its place', async () => {
  await harness.add('a.txt', base64(madeUpBlob(OLD_KEY)));
  const before = await harness.snapshot();
  const manager = harness.manager();
  // A connection that hangs and knows no cutting.
  kms.onReEncrypt = () => new Promise(() => {});
  const run = await manager.start(input());
  await expect.poll(() => kms.asked.length).toBe(1);
  const started = performance.now();
  await manager.close();
  expect(performance.now() - started).toBeGreaterThan(7_000);
  expect(await harness.snapshot()).toBe(before);
  expect(await harness.manager().summary(run.id)).toMatchObject({
    status: 'unfinished',
    counts: { waiting: 1, failed: 0 },
  });
}, 60_000);
