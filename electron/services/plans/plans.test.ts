import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPlan } from '#shared/model/plan.ts';
import type { RunRequest } from '#shared/model/run.ts';
import { encrypted, ended, engineAt } from '../../bridge/engine/engine.test-help.ts';
import { NO_CAPABILITIES } from '../../bridge/engine/index.ts';
import type { Engine } from '../../bridge/index.ts';
import { client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import { readWholePlan } from './plan-source.ts';
import { commonFolder, termsOf } from './plans.ts';
import { openShard, readShards, shardPath } from './shard-plan.ts';

let folder = '';
let engine: Engine;
let practice: PracticeKms;
const events: { name: string; payload: unknown }[] = [];
let page: ReturnType<typeof client>['page'];
let host: ReturnType<typeof client>['host'];

const blob = (keyId: string, text: string) => encrypted(practice, keyId, text);

const request = (blobIds: string[], more: Partial<RunRequest> = {}) => ({
  blobIds,
  source: {
    keyId: null,
    algorithm: 'SYMMETRIC_DEFAULT' as const,
    context: { mode: 'declared' as const },
  },
  destination: {
    keyId: 'alias/payments-2027',
    algorithm: 'SYMMETRIC_DEFAULT' as const,
    context: { mode: 'same' as const },
  },
  output: { mode: 'in-place' as const, backup: false },
  method: 'reencrypt' as const,
  verify: true,
  ...more,
});

async function idsBelow(part: string): Promise<string[]> {
  const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
  return rows.filter(({ file }) => file.includes(part)).map(({ id }) => id);
}

/** A folder of its own in the list: `a.bin` and `b.bin` are blobs, `c.env` holds two. */
async function vault(name: string): Promise<string> {
  const at = join(folder, name);
  mkdirSync(at);
  writeFileSync(join(at, 'a.bin'), await blob('alias/payments', 'a'));
  writeFileSync(join(at, 'b.bin'), await blob('alias/payments', 'b'));
  const two = [await blob('alias/payments', 'c'), await blob('alias/payments', 'd')];
  const lines = two.map((bytes, i) => `${'CD'[i]}=${bytes.toString('base64')}\n`);
  writeFileSync(join(at, 'c.env'), lines.join(''));
  await host.intake.addPaths({ paths: [at], origin: 'path' });
  return at;
}

/** The plan of all blobs of a folder, as a file beside it. */
async function planned(at: string, name: string, more: Partial<RunRequest> = {}): Promise<string> {
  const written = await host.plans.write({
    request: request(await idsBelow(`${at.split('/').at(-1)}/`), more),
    rules: [],
  });
  const path = join(folder, name);
  writeFileSync(path, written.bytes);
  return path;
}

const stateCounts = async (planId: string) =>
  Object.fromEntries(
    (await page.plans.check({ planId })).counts.map(({ state, touches }) => [state, touches.blobs]),
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-plans-'));
  engine = engineAt(join(folder, 'home'), { host: 'loopback', can: { ...NO_CAPABILITIES, download: true } });
  engine.onEvent((name, payload) => events.push({ name, payload }));
  ({ page, host } = client(engine));
  await page.connection.use({ kind: 'practice' });
  practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
});

afterAll(async () => {
  await engine.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('plans', () => {
  test('are written below the folder that all files share, opened by their file, and run', async () => {
    const at = await vault('first');
    const path = await planned(at, 'first.json');
    const read = readPlan(readFileSync(path, 'utf8'));
    expect(read).toMatchObject({ ok: true, plan: { root: at, mode: 'change-key', rules: [] } });
    expect(read.ok && read.plan.files.map((file) => file.path).sort()).toEqual(['a.bin', 'b.bin', 'c.env']);

    // Named among others, a plan is opened and not taken in.
    const before = events.length;
    const taken = await host.intake.addPaths({ paths: [path], origin: 'path' });
    expect(taken).toMatchObject({ sources: 0, blobs: 0, skippedFiles: [], plans: 1 });
    const opened = events.slice(before).find(({ name }) => name === 'planOpened');
    expect(opened).toBeDefined();
    const planId = (await page.plans.list({})).plans[0]?.planId ?? '';
    expect(opened?.payload).toEqual({ planId });
    expect(await page.plans.view({ planId })).toMatchObject({
      name: 'first.json',
      root: at,
      touches: { blobs: 4, files: 3 },
      kinds: [{ kind: 'kms-symmetric', blobs: 4 }],
      materials: [{ blobs: 4 }],
      evenIfThere: false,
    });
    expect(await page.plans.check({ planId })).toMatchObject({
      counts: [{ state: 'ready', touches: { blobs: 4, files: 3 } }],
      files: [],
      runs: { blobs: 4, files: 3 },
      chosenSince: null,
      refused: null,
    });

    const summary = await ended(page, (await page.plans.run({ planId, dryRun: false })).runId);
    expect(summary.counts).toMatchObject({ total: 4, succeeded: 4 });
    // The run has the names that the list has.
    const { items } = await page.runs.items({ runId: summary.id, offset: 0, limit: 10, only: 'all' });
    expect(items.map(({ blobId }) => blobId).sort()).toEqual((await idsBelow('first/')).sort());
    // Run again, there is nothing left to do, and it is said why.
    await expect.poll(() => stateCounts(planId)).toEqual({ done: 4 });
    await expect(page.plans.run({ planId, dryRun: false })).rejects.toThrow(/Nothing of this plan/);
    await page.plans.close({ planId });
    await expect(page.plans.view({ planId })).rejects.toThrow(/no longer open/);
  });

  test('are split into shards in a new folder; what no plan can do is said before one is made', async () => {
    const at = await vault('sharded');
    const parent = join(folder, 'shards');
    const draft = { request: request(await idsBelow('sharded/')), rules: [], shards: 2 };
    const { name, folder: made, leftOut } = await host.plans.writeShards({ draft, parent });
    expect([made, leftOut]).toEqual([join(parent, name), 0]);
    const manifest = readShards(made);
    expect(manifest).toMatchObject({ count: 2, files: 3, blobs: 4 });
    for (const index of [0, 1]) await openShard(made, manifest, index);
    const shards = await Promise.all([0, 1].map((index) => readWholePlan(shardPath(made, index))));
    expect(shards.map(({ root }) => root)).toEqual([at, at]);
    expect(shards.flatMap(({ files }) => files.map(({ path }) => path)).sort()).toEqual([
      'a.bin',
      'b.bin',
      'c.env',
    ]);
    await expect(host.plans.writeShards({ draft, parent })).rejects.toMatchObject({
      fault: { code: 'FolderInUse' },
    });
    const twoSteps = { ...draft, request: { ...draft.request, method: 'decrypt-encrypt' as const } };
    const other = join(folder, 'never');
    await expect(host.plans.writeShards({ draft: twoSteps, parent: other })).rejects.toMatchObject({
      fault: { code: 'PlanNotTwoStep' },
    });
    expect(existsSync(other)).toBe(false);
    writeFileSync(other, 'a file');
    await expect(host.plans.writeShards({ draft, parent: other })).rejects.toMatchObject({
      fault: { code: 'ShardsNotWritten' },
    });
    expect(await page.plans.shard(draft).catch(({ fault }) => fault.code)).toBe('NotOnThisHost');
  });

  test('say what changed since, and send only what did not', async () => {
    const at = await vault('second');
    const { planId } = await host.plans.openFile({ path: await planned(at, 'second.json') });
    unlinkSync(join(at, 'a.bin'));
    writeFileSync(join(at, 'b.bin'), await blob('alias/payments', 'another'));
    const [first] = readFileSync(join(at, 'c.env'), 'utf8').split('\n');
    writeFileSync(join(at, 'c.env'), `${first}\nD=nothing\n`);
    const check = await page.plans.check({ planId });
    expect(await stateCounts(planId)).toEqual({ missing: 1, 'blob-changed': 1, 'file-changed': 1, gone: 1 });
    expect(check.files.map(({ file, state }) => `${file} ${state}`)).toEqual([
      'a.bin missing',
      'c.env gone',
      'b.bin blob-changed',
      'c.env file-changed',
    ]);
    expect(check).toMatchObject({ filesTotal: 4, runs: { blobs: 0, files: 0 } });
  });

  test('differ by blobs, listed by file', async () => {
    const at = await vault('third');
    const a = await host.plans.openFile({ path: await planned(at, 'third-a.json') });
    writeFileSync(join(at, 'a.bin'), await blob('alias/payments', 'new a'));
    unlinkSync(join(at, 'b.bin'));
    writeFileSync(join(at, 'e.bin'), await blob('alias/payments', 'e'));
    await page.intake.clear({ sourceIds: null });
    await host.intake.addPaths({ paths: [at], origin: 'path' });
    const b = await host.plans.openFile({ path: await planned(at, 'third-b.json') });
    expect(await page.plans.compare({ a: a.planId, b: b.planId })).toEqual({
      added: { touches: { blobs: 1, files: 1 }, files: [{ file: 'e.bin', blobs: 1, places: [] }] },
      removed: { touches: { blobs: 1, files: 1 }, files: [{ file: 'b.bin', blobs: 1, places: [] }] },
      changed: { touches: { blobs: 1, files: 1 }, files: [{ file: 'a.bin', blobs: 1, places: [] }] },
      same: { blobs: 2, files: 1 },
    });
    expect((await page.plans.list({})).plans[0]).toMatchObject({ name: 'third-b.json' });
  });

  test('of rules say how many blobs the rules choose since', async () => {
    const at = await vault('fourth');
    const rules = [{ name: 'path' as const, value: 'fourth/*.bin' }];
    const { blobIds } = await page.plans.select({ rules });
    expect(blobIds).toHaveLength(2);
    const { bytes } = await host.plans.write({ request: request(blobIds), rules });
    writeFileSync(join(folder, 'fourth.json'), bytes);
    const { planId } = await host.plans.openFile({ path: join(folder, 'fourth.json') });
    expect(await page.plans.view({ planId })).toMatchObject({ rules: ['path=fourth/*.bin'] });
    expect(await page.plans.check({ planId })).toMatchObject({ chosenSince: 0 });
    writeFileSync(join(at, 'new.bin'), await blob('alias/payments', 'new'));
    await host.intake.addPaths({ paths: [at], origin: 'path' });
    expect(await page.plans.check({ planId })).toMatchObject({ chosenSince: 1 });
  });

  test('choose by a key that was learned, by its alias', async () => {
    await vault('fifth');
    const bySides = await page.plans.select({ rules: [{ name: 'key', value: 'alias/payments' }] });
    expect((await idsBelow('fifth/')).every((id) => bySides.blobIds.includes(id))).toBe(true);
    expect(await page.plans.select({ rules: [{ name: 'key', value: 'alias/unknown' }] })).toEqual({
      blobIds: [],
      notes: [],
    });
  });

  test('that a page uploaded open no file outside the list, and no folder', async () => {
    const at = await vault('sixth');
    const path = await planned(at, 'sixth.json');
    const plan = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(join(folder, 'outside.bin'), await blob('alias/payments', 'x'));
    plan.files.push({ ...plan.files[0], path: join(folder, 'outside.bin') });
    plan.output = { mode: 'folder', folder: '/tmp/elsewhere' };
    writeFileSync(path, JSON.stringify(plan));
    const taken = await host.intake.addPaths({ paths: [path], origin: 'upload' });
    expect(taken.plans).toBe(1);
    const planId = (await page.plans.list({})).plans[0]?.planId ?? '';
    expect(await stateCounts(planId)).toEqual({ ready: 4, unknown: 1 });
    expect((await page.plans.check({ planId })).refused).toMatch(/not started with/);
    await expect(page.plans.run({ planId, dryRun: false })).rejects.toThrow(/not started with/);
  });

  test('that cannot be read are said so', async () => {
    const bad = join(folder, 'bad.json');
    writeFileSync(bad, '{"rewrapPlan": 1, "files": 7}');
    const taken = await host.intake.addPaths({ paths: [bad], origin: 'path' });
    expect(taken).toMatchObject({ plans: 0, skippedFiles: [{ file: 'bad.json', code: 'bad-plan' }] });
    await expect(host.plans.openFile({ path: join(folder, 'none.json') })).rejects.toThrow(/no plan/);
  });

  test('have an output and files', async () => {
    const at = await vault('seventh');
    await expect(planned(at, 'x.json', { output: { mode: 'download' } })).rejects.toThrow(/in place, or/);
    await page.intake.paste({ text: (await blob('alias/payments', 'p')).toString('base64') });
    const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
    const pasted = rows.filter(({ file }) => file.startsWith('Pasted')).map(({ id }) => id);
    await expect(host.plans.write({ request: request(pasted), rules: [] })).rejects.toThrow(/has a file/);
    const both = await host.plans.write({
      request: request([...pasted, ...(await idsBelow('seventh/'))]),
      rules: [],
    });
    expect(both.leftOut).toBe(1);
  });
});

test.each([
  [['/a/b/c.bin'], '/a/b'],
  [['/a/b/c.bin', '/a/b/d/e.bin'], '/a/b'],
  [['/a/b/c.bin', '/a/bc/d.bin'], '/a'],
  [['/a.bin', '/b/c.bin'], '/'],
  [[], null],
])('the folder of %j is %j', (paths, expected) => {
  expect(commonFolder(paths)).toBe(expected);
});

test('a folder that leads elsewhere than when the plan was opened: nothing is sent, and neither file is touched', async () => {
  const at = await vault('swapped');
  const { planId } = await host.plans.openFile({ path: await planned(at, 'swapped.json') });
  const other = join(folder, 'someone-elses');
  cpSync(at, other, { recursive: true });
  // Opened in full before the folder is another one.
  await page.plans.check({ planId });
  renameSync(at, `${at}-before`);
  symlinkSync(other, at, 'junction');
  const { runId } = await page.plans.run({ planId, dryRun: false });
  await ended(page, runId);
  const { items } = await page.runs.items({ runId, offset: 0, limit: 10, only: 'all' });
  expect(items.map(({ fault }) => fault?.code)).toEqual(items.map(() => 'FolderChanged'));
  for (const name of ['a.bin', 'b.bin', 'c.env'])
    expect(readFileSync(join(other, name))).toEqual(readFileSync(join(`${at}-before`, name)));
});

test('a plan says whether files with a value that may be a plaintext are copied, and its run asks for it', async () => {
  const at = await vault('possible');
  const path = await planned(at, 'possible.plan.json', { allowPossiblePlaintext: true });
  const read = readPlan(readFileSync(path, 'utf8'));
  if (!read.ok) throw new Error(read.why);
  expect(read.plan.allowPossiblePlaintext).toBe(true);
  expect(termsOf(read.plan).allowPossiblePlaintext).toBe(true);
  const { allowPossiblePlaintext: _, ...without } = read.plan;
  expect(termsOf(without).allowPossiblePlaintext).toBeUndefined();
});
