import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../storage/hash.ts';
import type { RecordQuery } from './record-search.ts';
import { FakeKms, kmsFault, madeUpBlob, OLD_KEY } from './testing/fake-kms.ts';
import { base64, RunHarness } from './testing/run-harness.ts';

let harness: RunHarness;
beforeEach(async () => {
  harness = await RunHarness.make();
});
afterEach(() => harness.remove());

/** A run of files of two blobs each, of which every third fails; and how to ask for its record. */
async function aRun(files: number) {
  const kms = new FakeKms();
  kms.onReEncrypt = (_, nth) => {
    if (nth % 3 === 0) throw kmsFault('InvalidCiphertextException');
    return {};
  };
  for (let i = 0; i < files; i++)
    await harness.add(`${i}.txt`, `${base64(madeUpBlob(OLD_KEY))}\n${base64(madeUpBlob(OLD_KEY))}\n`);
  const manager = harness.manager();
  const run = await manager.start(
    harness.input(kms, { onFailure: 'take-good', pace: { concurrency: 1, perSecond: null } }),
  );
  await run.done;
  const record = (query: Partial<RecordQuery> = {}) =>
    manager.recorded.record(run.id, { offset: 0, limit: 100, states: [], words: '', ...query });
  return { run, manager, record };
}

test('what failed comes first, and pages of it follow each other through the whole run', async () => {
  const { run, record } = await aRun(10);
  const { counts } = run.summary();
  const all = await record();
  expect(all.total).toBe(20);
  expect(all.counts).toEqual({ failed: counts.failed, reencrypted: counts.succeeded });
  const states = all.items.map(({ state }) => state);
  expect(states).toEqual([
    ...Array(counts.failed).fill('failed'),
    ...Array(counts.succeeded).fill('reencrypted'),
  ]);
  const pages = [];
  for (let offset = 0; offset < 20; offset += 3) pages.push(...(await record({ offset, limit: 3 })).items);
  expect(pages).toEqual(all.items);
});

test('states and words narrow it; the counts are of the words alone', async () => {
  const { record } = await aRun(10);
  const failed = await record({ states: ['failed'], words: '3.TXT' });
  expect(failed.items.every(({ file, state }) => file.includes('3.txt') && state === 'failed')).toBe(true);
  expect(failed.counts).toEqual((await record({ words: '3.txt' })).counts);
  expect((await record({ words: 'InvalidCiphertext' })).total).toBe(
    (await record({ states: ['failed'] })).total,
  );
  const [known] = (await record({ states: ['reencrypted'] })).items;
  expect((await record({ words: known?.requestId ?? '' })).items).toContainEqual(known);
  expect((await record({ words: '% _' })).total).toBe(0);
});

test('an undone run is looked through again', async () => {
  const { run, manager, record } = await aRun(3);
  expect((await record()).counts.reencrypted).toBeGreaterThan(0);
  await manager.undo(run.id);
  expect((await record()).counts.reencrypted).toBeUndefined();
  expect((await record()).counts.restored).toBeGreaterThan(0);
});

test('what changed of a blob is its ciphertext alone, before and after, as on disk', async () => {
  const { run, manager, record } = await aRun(4);
  const [item] = (await record({ states: ['reencrypted'], limit: 1 })).items;
  const blobId = item?.blobId ?? '';
  const change = await manager.recorded.change(run.id, blobId);
  expect(sha256(change?.before ?? new Uint8Array())).toBe(item?.sha256Before);
  expect(sha256(change?.after ?? new Uint8Array())).toBe(item?.sha256After);
  expect(await manager.recorded.change(run.id, 'none of it')).toBeNull();
  await manager.undo(run.id);
  expect((await manager.recorded.change(run.id, blobId))?.after).toBeNull();
});
