import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import {
  encrypted,
  ended,
  inPlace,
  type PracticeEngine,
  practiceEngine,
} from '../../bridge/engine/engine.test-help.ts';
import { BlobResults } from './blob-results.ts';

let setup: PracticeEngine;
let folder = '';
let page: PracticeEngine['page'];
let host: PracticeEngine['host'];
let practice: PracticeEngine['practice'];

beforeAll(async () => {
  setup = await practiceEngine('rewrap-results-', { host: 'loopback' });
  ({ folder, page, host, practice } = setup);
  mkdirSync(join(folder, 'blobs'));
  writeFileSync(join(folder, 'blobs', 'good.bin'), await encrypted(practice, 'alias/payments', 'a'));
  writeFileSync(
    join(folder, 'blobs', 'bad.bin'),
    await encrypted(practice, 'alias/payments', 'b', { app: 'unknown to the run' }),
  );
  copyFileSync(join(folder, 'blobs', 'good.bin'), join(folder, 'blobs', 'later.bin'));
  await host.intake.addPaths({ paths: [join(folder, 'blobs')], origin: 'path' });
});

afterAll(() => setup.end());

const idOf = async (name: string): Promise<string> => {
  const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
  return rows.find(({ file }) => file.endsWith(name))?.id ?? '';
};
const results = async (): Promise<Record<string, string>> => {
  const { results: all } = await page.runs.results({ offset: 0, limit: 20_000 });
  return Object.fromEntries(all.map(({ blobId, result }) => [blobId, result]));
};

it('the last result of each blob is kept for a page that loads again, and follows runs and undo', async () => {
  const [good, bad] = [await idOf('good.bin'), await idOf('bad.bin')];
  expect(await results()).toEqual({});
  const dry = await page.runs.start(inPlace([good, bad], { dryRun: true, beforeRunOf: 300 }));
  expect(await ended(page, dry.runId)).toMatchObject({ beforeRunOf: 300 });
  expect(await results()).toEqual({ [good]: 'would-succeed', [bad]: 'would-fail' });

  const { runId } = await page.runs.start(
    inPlace([good, bad], { output: { mode: 'in-place', backup: true }, beforeRunOf: 300 }),
  );
  // One that writes is no check before another one, whatever a page says.
  expect(await ended(page, runId)).not.toHaveProperty('beforeRunOf');
  expect(await results()).toEqual({ [good]: 'reencrypted', [bad]: 'failed' });
  // With its fault, for the inspector.
  const { item } = await page.runs.item({ runId, blobId: bad });
  expect(item).toMatchObject({ blobId: bad, state: 'failed', fault: { code: 'InvalidCiphertextException' } });
  expect(await page.runs.item({ runId, blobId: await idOf('later.bin') })).toEqual({ item: null });

  await page.runs.undo({ runId });
  expect(await results()).toEqual({ [bad]: 'failed' });
});

it('what a run said of a blob that is another one now is let go when files are read again', async () => {
  const [good, bad] = [await idOf('good.bin'), await idOf('bad.bin')];
  const { runId } = await page.runs.start(inPlace([good], { output: { mode: 'in-place', backup: true } }));
  await ended(page, runId);
  expect(await results()).toEqual({ [good]: 'reencrypted', [bad]: 'failed' });
  await page.intake.rescan({});
  expect(await results()).toEqual({ [good]: 'reencrypted', [bad]: 'failed' });
  // As before the run, by hand; and another ciphertext where the failed one was.
  copyFileSync(join(folder, 'blobs', 'later.bin'), join(folder, 'blobs', 'good.bin'));
  writeFileSync(join(folder, 'blobs', 'bad.bin'), await encrypted(practice, 'alias/payments', 'c'));
  await page.intake.rescan({});
  expect(await results()).toEqual({});
});

it('a blob that is added again as another one loses its result, asked for before or not', async () => {
  const later = await idOf('later.bin');
  const path = join(folder, 'blobs', 'later.bin');
  const change = async (text: string) =>
    writeFileSync(path, await encrypted(practice, 'alias/payments', text));
  const dry = async () => ended(page, (await page.runs.start(inPlace([later], { dryRun: true }))).runId);
  await dry();
  await change('d');
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  expect(await results()).toEqual({});
  await dry();
  expect(await results()).toEqual({ [later]: 'would-succeed' });
  await change('e');
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  expect(await results()).toEqual({});
});

it('selection is kept while the engine runs', async () => {
  const good = await idOf('good.bin');
  await page.blobs.select({ blobIds: [good] });
  expect(await page.blobs.selection({})).toEqual({ blobIds: [good] });
});

it('a later run outranks an earlier one that is read again, and one that is gone costs nothing', async () => {
  const summaries = new Map<string, Partial<RunSummary>>();
  const items = new Map<string, Partial<RunItem>[]>();
  const read: string[] = [];
  const all = new BlobResults({
    list: { contents: 1, hashOf: () => 'same' },
    isAhead: () => false,
    summary: async (runId) => {
      const summary = summaries.get(runId);
      if (summary === undefined) throw new Error('RunGone');
      return { id: runId, finishedAt: 'then', dryRun: false, ...summary } as RunSummary;
    },
    async *items(runId) {
      read.push(runId);
      yield (items.get(runId) ?? []).map(
        (item) => ({ fault: null, sha256Before: 'same', ...item }) as RunItem,
      );
    },
  });
  const run = (id: string, status: RunSummary['status'], of: Partial<RunItem>[]): void => {
    summaries.set(id, { status });
    items.set(id, of);
  };
  for (const id of ['one', 'two', 'gone']) all.add(id);
  run('one', 'finished', [
    { blobId: 'a', state: 'reencrypted' },
    { blobId: 'b', state: 'reencrypted' },
  ]);
  run('two', 'finished', [{ blobId: 'a', state: 'failed' }]);
  const word = async () =>
    Object.fromEntries((await all.page(0, 10)).results.map((r) => [r.blobId, r.result]));
  expect(await word()).toEqual({ a: 'failed', b: 'reencrypted' });
  run('one', 'undone', [
    { blobId: 'a', state: 'restored' },
    { blobId: 'b', state: 'restored' },
  ]);
  expect(await word()).toEqual({ a: 'failed' });
  expect(await word()).toEqual({ a: 'failed' });
  expect(read).toEqual(['one', 'two', 'one']);
  expect((await all.page(1, 10)).results).toEqual([]);
});

it('what a run replaced is compared once the list has it', async () => {
  let [contents, hash, ahead] = [1, 'old', true];
  const all = new BlobResults({
    list: {
      get contents() {
        return contents;
      },
      hashOf: () => hash,
    },
    isAhead: () => ahead,
    summary: async (id) =>
      ({ id, status: 'finished', finishedAt: 'then', dryRun: false, output: 'in-place' }) as RunSummary,
    async *items() {
      const item = {
        blobId: 'a',
        state: 'reencrypted',
        fault: null,
        sha256Before: 'old',
        sha256After: 'new',
      };
      yield [item as RunItem];
    },
  });
  all.add('run');
  const total = async () => (await all.page(0, 10)).total;
  expect(await total()).toBe(1);
  [contents, hash, ahead] = [2, 'new', false];
  expect(await total()).toBe(1);
  [contents, hash] = [3, 'other'];
  expect(await total()).toBe(0);
});
