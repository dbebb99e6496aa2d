import { renameSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bundledPart } from '../../../../tools/bundled.ts';
import { type Disk, DiskPool, diskHere } from '../../intake/index.ts';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { undoRun } from './undo.ts';

const THREAD = await bundledPart('disk-thread');
const FILES = 300;

let harness: RunHarness;
beforeEach(async () => {
  harness = await RunHarness.make();
});
afterEach(() => harness.remove());

/** A run that replaced all files with backups: its number, and the folder as it was before. */
async function ran(): Promise<{ no: number; before: string }> {
  for (let i = 0; i < FILES; i++) await harness.add(`${i}.txt`, `${base64(madeUpBlob(OLD_KEY))}\n`);
  const before = await harness.snapshot();
  const run = await harness.start(
    new FakeKms(),
    { destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } }, verify: false },
    { mode: 'in-place', backup: true },
  );
  await run.done;
  expect(run.summary().counts.succeeded).toBe(FILES);
  return { no: harness.journal.runOf(run.id)?.no ?? -1, before };
}

const undo = (no: number, disk: Disk, step?: () => void) =>
  undoRun(harness.journal, no, () => {}, disk, undefined, step);

test('a thread that is killed half-way: every file is restored, and counted', async () => {
  const { no, before } = await ran();
  const threads: Worker[] = [];
  const pool = new DiskPool(() => {
    const worker = new Worker(THREAD);
    threads.push(worker);
    return worker;
  });
  let restored = 0;
  const done = await undo(no, pool, () => {
    if (++restored === 20) void threads[0]?.terminate();
  });
  pool.close();
  expect(done).toEqual({ restored: { files: FILES, blobs: FILES }, left: [], leftTotal: 0 });
  expect(await harness.snapshot()).toBe(before);
  // It is gone.
  expect(threads[0]?.threadId, 'the thread is gone').toBe(-1);
  expect((await harness.journal.record(no).figures()).files).toEqual({ restored: FILES });
});

test('files are restored together by the disk, and none by the thread that asks', async () => {
  const { no, before } = await ran();
  let underWay = 0;
  let most = 0;
  const here = diskHere();
  const disk: Disk = {
    ...here,
    restoreBackup: async (input) => {
      most = Math.max(most, ++underWay);
      const how = await here.restoreBackup(input);
      underWay--;
      return how;
    },
  };
  expect((await undo(no, disk)).restored.files).toBe(FILES);
  expect(most).toBeGreaterThan(100);
  expect(await harness.snapshot()).toBe(before);
});

test('an undo that was cut off after a rename counts the file once it is asked again', async () => {
  const { no, before } = await ran();
  const [first] = await harness.journal.record(no).files();
  renameSync(first?.backup ?? '', first?.target ?? '');
  expect((await undo(no, diskHere())).restored.files).toBe(FILES);
  expect(await harness.snapshot()).toBe(before);
  expect(harness.journal.run(no)).toMatchObject({ state: 'ended', status: 'undone' });
});
