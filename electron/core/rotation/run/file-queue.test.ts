import { hash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { RunReader } from '../journal/run-reader.ts';
import type { PlanRow, RunRecord } from '../journal/run-record.ts';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { InProcessWorkers, withAccess } from '../testing/in-process-worker.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import type { PlanFile } from '../types.ts';
import { FileQueue } from './file-queue.ts';

let harness: RunHarness;
beforeEach(async () => {
  harness = await RunHarness.make();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await harness.remove();
});

const file = (n: number, blobs: number): PlanFile => ({
  path: `/gone/${n}`,
  bytes: null,
  display: String(n),
  relative: String(n),
  sha256: hash('sha256', String(n)),
  blobs: Array.from({ length: blobs }, (_, i) => ({
    blobId: `${n}.${i}`,
    place: `P${i}`,
    sha256: hash('sha256', `${n} ${i}`),
    bytes: 100 + i,
    fingerprint: null,
  })),
});

/** A prepared run of files with so many blobs each. */
async function recordOf(files: readonly PlanFile[]): Promise<RunRecord> {
  const { request, output } = harness.input(new FakeKms());
  const { no } = await harness.journal.begin(
    {
      ...{ job: null, approval: null, dryRun: false, request, output, connection: '', target: '' },
      ...{ total: 0, bytes: 0 },
    },
    (async function* () {})(),
  );
  const record = harness.journal.record(no);
  let item = 0;
  const rows = files.flatMap(({ blobs, ...rest }, index): PlanRow[] => [
    { file: { ...rest, index }, done: false },
    ...blobs.map((blob) => ({ blob, item: item++, of: index })),
  ]);
  record.addRows(rows);
  record.commit();
  return record;
}

test('gives each file with what is left of it, once and in order, to however many ask', async () => {
  // More rows than are read at a time: in one file, over many, and of files between that are done.
  const files = Array.from({ length: 2300 }, (_, n) => file(n, n === 7 ? 2500 : n % 3));
  const record = await recordOf(files);
  const isDone = (n: number): boolean => n === 3 || (n >= 40 && n < 1800 && n % 100 !== 50) || n === 2299;
  const numbers = files.flatMap(({ blobs }, n) => blobs.map(() => n));
  for (const n of files.keys()) if (isDone(n)) record.setFile(n, 'left', null, false);
  const failed = numbers.indexOf(7) + 1200;
  record.failItem(failed, explainOwn('FileChanged'));
  record.commit();

  const places = { sha256: '', shape: '', at: [] };
  const queue = new FileQueue(record, new Map([[50, { bytes: null, places }]]));
  const given: Awaited<ReturnType<FileQueue['next']>>[] = [];
  const take = async (): Promise<void> => {
    for (let next = await queue.next(); next !== undefined; next = await queue.next()) given.push(next);
  };
  await Promise.all(Array.from({ length: 5 }, take));
  const left = files.flatMap((one, n) => (isDone(n) ? [] : [{ ...one, n }]));
  expect(given).toEqual(
    left.map(({ n, blobs, ...rest }) => ({
      ...rest,
      ...(n === 50 ? { places } : {}),
      index: n,
      folder: null,
      blobs: blobs
        .map(({ place, sha256, bytes }, i) => ({ place, sha256, bytes, item: numbers.indexOf(n) + i }))
        .filter(({ item }) => item !== failed),
    })),
  );
  expect(await queue.next()).toBeUndefined();
  expect(queue.paths(48, 151)).toEqual(['/gone/50', '/gone/150']);
});

test.each([
  [' of one process', 1, false],
  [' of two processes', 2, false],
  [' that waits after its first file', 1, true],
])(
  'a journal that cannot be read for a while holds a run%s, and neither a file nor a blob of it is passed over',
  async (_, processes, holdsAfterFirst) => {
    for (let n = 0; n < 12; n++)
      await harness.add(`${n}.txt`, `${base64(madeUpBlob(OLD_KEY))}\n${base64(madeUpBlob(OLD_KEY))}\n`);
    const unreadable = (times: number) => {
      const of = RunReader.prototype.read;
      let left = times;
      vi.spyOn(RunReader.prototype, 'read').mockImplementation(function (this: RunReader, read) {
        if (left-- > 0) throw new FaultError(explainOwn('JournalFailed'));
        return of.call(this, read);
      });
    };
    const kms = new FakeKms();
    const workers = new InProcessWorkers(kms);
    const manager = harness.manager(undefined, {
      workers: { start: workers.start, most: 2 },
      step: (name) => {
        if (name === 'prepared') unreadable(5);
      },
    });
    const run = await manager.start(harness.input(withAccess(kms), {}, { holdsAfterFirst, processes }));
    const held = setInterval(() => {
      if (run.summary().status !== 'paused') return;
      expect(run.summary().fault?.code).toBe(run.atFirstFile ? 'FirstFileDone' : 'JournalFailed');
      run.goOn();
    }, 1);
    await run.done;
    clearInterval(held);
    expect(vi.mocked(RunReader.prototype.read).mock.calls.length).toBeGreaterThan(5);
    expect(run.summary()).toMatchObject({
      status: 'finished',
      counts: { succeeded: 24, failed: 0, skipped: 0 },
    });
  },
);

test('files that come to their end without a wait leave others their turn', async () => {
  const files = Array.from({ length: 300 }, (_, n) => file(n, 1));
  let most = 0;
  let before = 0;
  const kms = new FakeKms();
  const manager = harness.manager();
  // Each look at the clock finds the slice over.
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 100));
  const run = await manager.start({
    ...harness.input(kms, {
      destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    }),
    files,
  });
  let timer = setImmediate(function tick() {
    const { failed } = run.summary().counts;
    most = Math.max(most, failed - before);
    before = failed;
    timer = setImmediate(tick);
  });
  await run.done;
  clearImmediate(timer);
  expect(run.summary().counts.failed).toBe(files.length);
  expect(most).toBeLessThan(files.length / 2);
});
