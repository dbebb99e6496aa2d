import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunInput, RunManager } from '../index.ts';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';

let rig: RunHarness;
let kms: FakeKms;
let books: RunManager[];
const over = () => ({ kms, target: 'test' });

beforeEach(async () => {
  rig = await RunHarness.make();
  kms = new FakeKms();
  books = [];
});
afterEach(async () => {
  for (const book of books) await book.close();
  await rig.remove();
});

const bookOf = (): RunManager => {
  const book = new RunManager(rig.home, () => {}, { sleep: async () => undefined });
  books.push(book);
  return book;
};

const input = (): RunInput => ({
  request: {
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    grantTokens: [],
    route: 'reencrypt',
    verify: false,
    dryRun: false,
  },
  output: { mode: 'in-place', backup: true },
  files: rig.files,
  kms,
  connection: 'test',
  target: 'test',
  failurePolicy: 'wait',
});

/** A run of six files that was cut off, in a book that did not run it. */
async function cutOff(): Promise<{ book: RunManager; runId: string }> {
  for (let i = 0; i < 6; i++) await rig.add(`${i}.txt`, base64(madeUpBlob(OLD_KEY)));
  const first = bookOf();
  const run = await first.start(input());
  kms.onReEncrypt = (_, nth) => {
    if (nth === 3) run.suspend();
    return {};
  };
  await run.done;
  await first.close();
  books = [];
  kms.onReEncrypt = () => ({});
  return { book: bookOf(), runId: run.id };
}

type Use = 'resume' | 'undo' | 'abandon';
const use = (book: RunManager, runId: string, how: Use): Promise<unknown> =>
  how === 'resume' ? book.resume(runId, over()).then(({ done }) => done) : book[how](runId);
const WORDS = { resume: 'resumed', undo: 'undone', abandon: 'closed' } as const;
const ALL: readonly Use[] = ['resume', 'undo', 'abandon'];

describe.each(ALL)('while a run is taken by %s', (first) => {
  test.each(ALL)(
    '%s is refused, with what is done with it, and the figures are those of one',
    async (second) => {
      const { book, runId } = await cutOff();
      const [one, two] = await Promise.allSettled([use(book, runId, first), use(book, runId, second)]);
      expect(one.status).toBe('fulfilled');
      expect(two).toMatchObject({ status: 'rejected', reason: { fault: { code: 'RunBusy' } } });
      expect(String((two as PromiseRejectedResult).reason.fault.message)).toContain(
        `is being ${WORDS[first]}`,
      );
      const { counts, status } = await book.summary(runId);
      expect(status).toBe({ resume: 'finished', undo: 'undone', abandon: 'cancelled' }[first]);
      expect(counts.failed).toBe(0);
      if (first === 'resume') expect(counts.succeeded).toBe(6);
    },
  );

  test('another Rewrap is refused too, and names the process', async () => {
    const { book, runId } = await cutOff();
    const other = bookOf();
    const one = use(book, runId, first);
    // Until the journal says whose it is, both might begin: one of them gets it.
    const outcomes = await Promise.allSettled([one, use(other, runId, 'resume')]);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeLessThanOrEqual(1);
    for (const each of refused)
      expect((each as PromiseRejectedResult).reason.fault.code).toMatch(/^Run(?:Elsewhere|NotOpen)$/);
    expect((await bookOf().summary(runId)).counts.failed).toBe(0);
  });
});

test('a run under way is not resumed, undone or closed a second time', async () => {
  await rig.add('a.txt', base64(madeUpBlob(OLD_KEY)));
  const book = bookOf();
  let release = () => {};
  kms.onReEncrypt = () => new Promise((resolve) => (release = () => resolve({})));
  const run = await book.start(input());
  await expect.poll(() => kms.asked.length).toBe(1);
  for (const how of ALL)
    await expect(use(book, run.id, how)).rejects.toMatchObject({
      fault: { code: 'RunBusy', message: expect.stringContaining('is running') },
    });
  await expect(use(bookOf(), run.id, 'undo')).rejects.toMatchObject({
    fault: { code: 'RunElsewhere', message: expect.stringContaining(`process ${process.pid}`) },
  });
  release();
  await run.done;
});

test('a claim holds a run while something else is waited for, and gives it back', async () => {
  const { book, runId } = await cutOff();
  const claim = book.claim(runId, 'tried again');
  await expect(book.abandon(runId)).rejects.toMatchObject({
    fault: { code: 'RunBusy', message: expect.stringContaining('is being tried again') },
  });
  book.release(claim);
  await book.abandon(runId);
  expect((await book.summary(runId)).status).toBe('cancelled');
});

test('closing waits for requests under way for its limit, then cuts them, and the run keeps its place', async () => {
  await rig.add('a.txt', base64(madeUpBlob(OLD_KEY)));
  const before = await rig.snapshot();
  const book = bookOf();
  // A connection that hangs and knows no cutting.
  kms.onReEncrypt = () => new Promise(() => {});
  const run = await book.start(input());
  await expect.poll(() => kms.asked.length).toBe(1);
  const started = performance.now();
  await book.close();
  books = [];
  expect(performance.now() - started).toBeGreaterThan(7_000);
  expect(await rig.snapshot()).toBe(before);
  expect(await bookOf().summary(run.id)).toMatchObject({
    status: 'unfinished',
    counts: { waiting: 1, failed: 0 },
  });
}, 60_000);
