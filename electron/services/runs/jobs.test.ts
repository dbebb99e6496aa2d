import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunPlan } from '#shared/model/plan.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { createEngine } from '../../bridge/engine/create-engine.ts';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import { NO_CAPABILITIES } from '../../bridge/engine/index.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import { typedByPerson } from '../approvals/index.ts';
import { LineBuffer } from '../plans/index.ts';
import { commandJob } from './jobs.ts';

const FRESH = 'alias/payments-2027';
const names = Array.from({ length: 8 }, (_, i) => `f${i}.bin`);

let folder: string;
let vault: string;
let practice: PracticeKms;
let engines: Engine[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-jobs-'));
  vault = join(folder, 'vault');
  mkdirSync(vault);
  engines = [];
  // The first connection makes the sample keys.
  await opened();
  practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
});
afterEach(async () => {
  for (const engine of engines) await engine.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

/** An engine of its own process, as far as the journal can tell, over the same data folder. */
async function opened(): Promise<Client & { engine: Engine }> {
  const engine = engineAt(join(folder, 'home'));
  engines.push(engine);
  const through = client(engine);
  expect((await through.page.connection.use({ kind: 'practice' })).fault).toBeNull();
  return { engine, ...through };
}

async function filled(files: readonly string[] = names, keyId = 'alias/payments'): Promise<void> {
  for (const name of files) writeFileSync(join(vault, name), await encrypted(practice, keyId, name));
}

const contents = (at = vault): Map<string, string> =>
  new Map(readdirSync(at).map((name) => [name, readFileSync(join(at, name)).toString('hex')]));
const changed = (before: ReadonlyMap<string, string>): string[] => {
  const now = contents();
  return [...before].flatMap(([name, was]) => (now.get(name) === was ? [] : [name]));
};

async function planOf({ host, page }: Client, more: Partial<RunPlan> = {}): Promise<RunPlan> {
  await host.intake.addPaths({ paths: [vault], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
  const { files } = await host.plans.plannedFiles({ blobIds: rows.map(({ id }) => id) });
  return {
    rewrapPlan: 1,
    createdAt: '2026-11-29T00:00:00Z',
    mode: 'change-key',
    root: vault,
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: FRESH, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    output: { mode: 'in-place', backup: true },
    verify: false,
    onFailure: 'hold-back',
    pace: { concurrency: 1, perSecond: null },
    rules: [],
    files: files.map((file) => ({ ...file, path: file.path.slice(vault.length + 1) })),
    ...more,
  };
}

/** A plan as a large one is laid out. */
function saved({ files, ...terms }: RunPlan): string {
  const path = join(folder, 'plan.json');
  const lines = new LineBuffer().open(join(folder, 'plan.files.jsonl'));
  for (const file of files) lines.add(file);
  lines.finish(path, terms);
  return path;
}

async function run(through: Client, plan: RunPlan, dryRun = false): Promise<RunSummary> {
  const { runId } = await through.host.plans.runPlan({ path: saved(plan), root: null, dryRun });
  return ended(through.page, runId);
}

async function items({ page }: Client, { id }: RunSummary): Promise<RunItem[]> {
  return (await page.runs.items({ runId: id, offset: 0, limit: 1000, only: 'all' })).items;
}

/** Begins, and stops once something is done; the process is then gone, as far as the next can tell. */
async function cutOff(through: Client & { engine: Engine }, begin: () => Promise<string>): Promise<string> {
  const some = Promise.withResolvers<void>();
  through.engine.onEvent((name, payload) => {
    if (name === 'runProgress' && (payload as RunSummary).counts.succeeded > 0) some.resolve();
  });
  const runId = await begin();
  await some.promise;
  await through.engine.close();
  engines = engines.filter((engine) => engine !== through.engine);
  return runId;
}

const SLOW = { concurrency: 1, perSecond: 4 } as const;

describe('a plan run again', () => {
  test('after it was cut off, goes on with the same run', async () => {
    await filled();
    const before = contents();
    const first = await opened();
    const plan = await planOf(first, { pace: SLOW });
    const runId = await cutOff(
      first,
      async () => (await first.host.plans.runPlan({ path: saved(plan), root: null, dryRun: false })).runId,
    );
    const half = changed(before);
    expect(half.length).toBeLessThan(names.length);
    const kept = contents();

    const next = await opened();
    const done = await run(next, plan);
    expect(done).toMatchObject({
      id: runId,
      status: 'finished',
      counts: { total: 8, succeeded: 8, failed: 0 },
    });
    expect(changed(before)).toHaveLength(8);
    // What was done was not done twice.
    for (const name of half) expect(contents().get(name)).toBe(kept.get(name));
    expect((await next.page.runs.list({})).runs).toHaveLength(1);
  });

  test.each(['the same plan', 'runs.resume'])(
    'by %s, goes on with the grant tokens that are given then',
    async (way) => {
      await filled();
      const first = await opened();
      const plan = await planOf(first, { pace: SLOW });
      const begin = { path: saved(plan), root: null, dryRun: false };
      const runId = await cutOff(first, async () => (await first.host.plans.runPlan(begin)).runId);
      const next = await opened();
      const grantTokens = ['of-no-grant'];
      if (way === 'runs.resume') await next.page.runs.resume({ runId, grantTokens });
      else expect(await next.host.plans.runPlan({ ...begin, grantTokens })).toMatchObject({ runId });
      const { counts } = await ended(next.page, runId);
      expect(counts.failed).toBeGreaterThan(0);
      const codes = (await items(next, { id: runId } as RunSummary)).map(({ fault: why }) => why?.code);
      expect(new Set(codes)).toEqual(new Set([undefined, 'InvalidGrantTokenException']));
    },
  );

  test('after it was done, does nothing and says which run did it', async () => {
    await filled();
    const through = await opened();
    const plan = await planOf(through);
    const first = await run(through, plan);
    const after = contents();
    const again = await run(through, plan);
    expect(again).toMatchObject({
      status: 'finished',
      counts: { total: 8, succeeded: 0, failed: 0, already: 8 },
      retry: null,
    });
    for (const { fault } of await items(through, again)) {
      expect(fault?.code).toBe('DoneBefore');
      expect(fault?.detail).toContain(first.id);
    }
    expect(contents()).toEqual(after);
    expect(await run(through, plan, true)).toMatchObject({ counts: { succeeded: 0, already: 8 } });
  });

  test('is the same plan where blobs that are as asked are to be sent, too', async () => {
    await filled();
    const first = await opened();
    const plan = await planOf(first, { pace: SLOW });
    const runId = await cutOff(
      first,
      async () => (await first.host.plans.runPlan({ path: saved(plan), root: null, dryRun: false })).runId,
    );
    const next = await opened();
    const rest = await run(next, { ...plan, evenIfThere: true });
    // Gone on with, the first would not send them.
    expect(rest.id).not.toBe(runId);
    const { succeeded } = (await next.page.runs.get({ runId })).counts;
    expect(rest.counts).toMatchObject({ succeeded: 8 - succeeded, already: succeeded, failed: 0 });
    expect((await run(next, plan)).counts).toMatchObject({ succeeded: 0, already: 8, failed: 0 });
  });

  test('after it was cancelled and undone, does all of it anew', async () => {
    await filled();
    const before = contents();
    const first = await opened();
    const plan = await planOf(first, { pace: SLOW });
    const { runId } = await first.host.plans.runPlan({ path: saved(plan), root: null, dryRun: false });
    await expect.poll(() => changed(before).length).toBeGreaterThan(0);
    await first.page.runs.cancel({ runId });
    const cancelled = await ended(first.page, runId);
    const rest = await run(first, { ...plan });
    expect(rest.id).not.toBe(runId);
    expect(rest.counts).toMatchObject({
      total: 8,
      succeeded: 8 - cancelled.counts.succeeded,
      already: cancelled.counts.succeeded,
      failed: 0,
    });
    await first.page.runs.undo({ runId });
    const again = await run(first, plan);
    expect(again.counts).toMatchObject({
      succeeded: cancelled.counts.succeeded,
      already: rest.counts.succeeded,
      failed: 0,
    });
  });

  test('does what failed, and no blob of the same file twice', async () => {
    const blobs = [
      await encrypted(practice, 'alias/payments', 'a'),
      await encrypted(practice, 'alias/rotated', 'b'),
      await encrypted(practice, 'alias/payments', 'c'),
    ];
    writeFileSync(
      join(vault, 'app.env'),
      blobs.map((bytes, i) => `K${i}=${bytes.toString('base64')}\n`).join(''),
    );
    await practice.call('DisableKey', { KeyId: await keyOf('alias/rotated') });
    const through = await opened();
    const plan = await planOf(through, { onFailure: 'take-good' });
    const first = await run(through, plan);
    expect(first.counts).toMatchObject({ total: 3, succeeded: 2, failed: 1 });
    await practice.call('EnableKey', { KeyId: await keyOf('alias/rotated') });
    const second = await run(through, plan);
    expect(second.counts).toMatchObject({ total: 3, succeeded: 1, failed: 0, already: 2 });
    expect((await run(through, plan)).counts).toMatchObject({ succeeded: 0, failed: 0, already: 3 });
  });

  test('into a folder, makes what is missing there', async () => {
    await filled();
    const out = join(folder, 'out');
    const through = await opened();
    const plan = await planOf(through, { output: { mode: 'folder', folder: out } });
    await run(through, plan);
    const made = contents(out);
    rmSync(join(out, 'f3.bin'));
    expect((await run(through, plan)).counts).toMatchObject({ succeeded: 1, failed: 0, already: 7 });
    const now = contents(out);
    expect(now.size).toBe(8);
    for (const name of names) if (name !== 'f3.bin') expect(now.get(name)).toBe(made.get(name));
  });

  test('into a folder, goes on with a file of which some blobs were written there', async () => {
    const blobs = [
      await encrypted(practice, 'alias/payments', 'a'),
      await encrypted(practice, 'alias/rotated', 'b'),
      await encrypted(practice, 'alias/rotated', 'c'),
    ];
    const source = blobs.map((bytes, i) => `K${i}=${bytes.toString('base64')}\n`).join('');
    writeFileSync(join(vault, 'app.env'), source);
    await practice.call('DisableKey', { KeyId: await keyOf('alias/rotated') });
    const out = join(folder, 'out');
    const through = await opened();
    const plan = await planOf(through, { onFailure: 'take-good', output: { mode: 'folder', folder: out } });
    const lines = () => readFileSync(join(out, 'app.env'), 'utf8').split('\n');
    const first = await run(through, plan);
    expect(first.counts).toMatchObject({ total: 3, succeeded: 1, failed: 2 });
    const [done] = lines();
    // What fails again does so for its own reason, and not for the file that is there.
    const second = await run(through, plan);
    expect(second.counts).toMatchObject({ total: 3, succeeded: 0, failed: 2, already: 1 });
    for (const { state, fault } of await items(through, second))
      expect(fault?.code).toBe(state === 'failed' ? 'DisabledException' : 'DoneBefore');
    await practice.call('EnableKey', { KeyId: await keyOf('alias/rotated') });
    const retried = await through.page.runs.retry({ runId: second.id });
    expect((await ended(through.page, retried.runId)).counts).toMatchObject({ succeeded: 2, failed: 0 });
    expect(lines()[0]).toBe(done);
    for (const line of source.split('\n').filter(Boolean)) expect(lines()).not.toContain(line);
    expect((await run(through, plan)).counts).toMatchObject({ succeeded: 0, failed: 0, already: 3 });
    expect(readFileSync(join(vault, 'app.env'), 'utf8')).toBe(source);
  });

  test('into a folder, leaves a file there that something else changed', async () => {
    const [a, b] = [
      await encrypted(practice, 'alias/payments', 'a'),
      await encrypted(practice, 'alias/rotated', 'b'),
    ].map((bytes) => bytes.toString('base64'));
    writeFileSync(join(vault, 'app.env'), `A=${a}\nB=${b}\n`);
    await practice.call('DisableKey', { KeyId: await keyOf('alias/rotated') });
    const out = join(folder, 'out');
    const through = await opened();
    const plan = await planOf(through, { onFailure: 'take-good', output: { mode: 'folder', folder: out } });
    await run(through, plan);
    await practice.call('EnableKey', { KeyId: await keyOf('alias/rotated') });
    writeFileSync(join(out, 'app.env'), 'edited');
    const again = await run(through, plan);
    expect(again.counts).toMatchObject({ succeeded: 0, failed: 2 });
    expect((await items(through, again)).map(({ fault }) => fault?.code)).toContain('OutputExists');
    expect(readFileSync(join(out, 'app.env'), 'utf8')).toBe('edited');
  });

  test('leaves a file that something else wrote, whatever it is', async () => {
    await filled();
    const through = await opened();
    const plan = await planOf(through);
    // Another person's run, of which this journal knows nothing.
    const { CiphertextBlob } = await practice.call('ReEncrypt', {
      CiphertextBlob: readFileSync(join(vault, 'f0.bin')).toString('base64'),
      DestinationKeyId: FRESH,
    });
    writeFileSync(join(vault, 'f0.bin'), Buffer.from(String(CiphertextBlob), 'base64'));
    const theirs = contents().get('f0.bin');
    const mine = await run(through, plan);
    expect(mine.counts).toMatchObject({ succeeded: 7, failed: 1 });
    const [failed] = (await items(through, mine)).filter(({ state }) => state === 'failed');
    expect(failed?.fault).toMatchObject({
      code: 'FileChanged',
      detail: expect.stringContaining('another user'),
    });
    expect(contents().get('f0.bin')).toBe(theirs);
  });

  test('while another Rewrap runs it, is refused and names that', async () => {
    await filled();
    const first = await opened();
    const plan = await planOf(first, { pace: SLOW });
    const { runId } = await first.host.plans.runPlan({ path: saved(plan), root: null, dryRun: false });
    await expect.poll(async () => (await first.page.runs.get({ runId })).counts.succeeded).toBeGreaterThan(0);
    const second = await opened();
    for (const through of [first, second])
      await expect(
        through.host.plans.runPlan({ path: saved(plan), root: null, dryRun: false }),
      ).rejects.toMatchObject({
        fault: { message: expect.stringContaining(runId) },
      });
    await expect(
      second.host.plans.runPlan({ path: saved(plan), root: null, dryRun: false }),
    ).rejects.toMatchObject({
      fault: { code: 'RunElsewhere', message: expect.stringContaining(String(process.pid)) },
    });
    await first.page.runs.cancel({ runId });
    await ended(first.page, runId);
    expect((await run(second, { ...plan })).counts.failed).toBe(0);
  });

  test('where the run that was cut off does not do all of it, that one is closed', async () => {
    await filled();
    const before = contents();
    const first = await opened();
    const plan = await planOf(first, { pace: SLOW });
    const done = await run(first, { ...plan, pace: SLOW, files: plan.files });
    // Half of it is undone again, and the rest was begun by a run that knows of that half alone.
    expect(done.counts.succeeded).toBe(8);
    for (const name of names.slice(0, 4))
      writeFileSync(join(vault, name), Buffer.from(before.get(name) ?? '', 'hex'));
    const runId = await cutOff(
      first,
      async () => (await first.host.plans.runPlan({ path: saved(plan), root: null, dryRun: false })).runId,
    );
    writeFileSync(join(vault, 'f7.bin'), Buffer.from(before.get('f7.bin') ?? '', 'hex'));
    const next = await opened();
    const last = await run(next, plan);
    expect(last.id).not.toBe(runId);
    expect(last.counts.failed).toBe(0);
    expect((await next.page.runs.get({ runId })).status).toBe('cancelled');
    expect(changed(before)).toHaveLength(8);
  });
});

test('a plan opened in a window says what was done, and goes on with the rest', async () => {
  await filled();
  const first = await opened();
  const plan = await planOf(first, { pace: SLOW });
  const path = join(folder, 'plan.json');
  writeFileSync(path, JSON.stringify(plan));
  const { planId } = await first.host.plans.openFile({ path });
  const runId = await cutOff(
    first,
    async () => (await first.page.plans.run({ planId, dryRun: false })).runId,
  );
  const next = await opened();
  const again = (await next.host.plans.openFile({ path })).planId;
  const counts = new Map(
    (await next.page.plans.check({ planId: again })).counts.map(({ state, touches }) => [
      state,
      touches.blobs,
    ]),
  );
  expect(counts.get('done')).toBeGreaterThan(0);
  expect((counts.get('done') ?? 0) + (counts.get('ready') ?? 0)).toBe(8);
  const going = await next.page.plans.run({ planId: again, dryRun: false });
  expect(going.runId).toBe(runId);
  expect((await ended(next.page, runId)).counts).toMatchObject({ succeeded: 8, failed: 0 });
  await expect(next.page.plans.run({ planId: again, dryRun: false })).rejects.toMatchObject({
    fault: { code: 'PlanEmpty' },
  });
});

describe('a command given again', () => {
  const asked = async ({ host, page }: Client, paths: string[]) => {
    await host.intake.addPaths({ paths, origin: 'path' });
    const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
    return {
      paths,
      request: inPlace(
        rows.map(({ id }) => id),
        {
          verify: false,
          pace: SLOW,
          // A second time it would fail: the context is another then.
          destination: {
            keyId: FRESH,
            algorithm: 'SYMMETRIC_DEFAULT',
            context: { mode: 'given', context: { a: 'b' } },
          },
        },
      ),
    };
  };

  test('after it was cut off, goes on; what is new beside it is done, too', async () => {
    await filled();
    const before = contents();
    const first = await opened();
    const runId = await cutOff(
      first,
      async () => (await first.host.runs.startCommand(await asked(first, [vault]))).runId,
    );
    const next = await opened();
    const going = (await next.host.runs.startCommand(await asked(next, [vault]))).runId;
    expect(going).toBe(runId);
    expect((await ended(next.page, runId)).counts).toMatchObject({ succeeded: 8, failed: 0 });
    expect(changed(before)).toHaveLength(8);
  });

  test('with a new file beside it, closes the run that was cut off and does the rest', async () => {
    await filled();
    const first = await opened();
    const runId = await cutOff(
      first,
      async () => (await first.host.runs.startCommand(await asked(first, [vault]))).runId,
    );
    await filled(['new.bin']);
    const next = await opened();
    const rest = (await next.host.runs.startCommand(await asked(next, [vault]))).runId;
    expect(rest).not.toBe(runId);
    const { counts } = await ended(next.page, rest);
    expect(counts).toMatchObject({ total: 9, failed: 0 });
    expect(counts.already).toBeGreaterThan(0);
    expect((await next.page.runs.get({ runId })).counts.succeeded).toBe(counts.already);
  });

  test('into a folder, is done once and for all; what failed in it can be tried again from the list', async () => {
    const blobs = [
      await encrypted(practice, 'alias/payments', 'a'),
      await encrypted(practice, 'alias/rotated', 'b'),
    ];
    writeFileSync(join(vault, 'app.env'), blobs.map((b, i) => `K${i}=${b.toString('base64')}\n`).join(''));
    await practice.call('DisableKey', { KeyId: await keyOf('alias/rotated') });
    const through = await opened();
    const { token } = await through.host.output.addFolder({ path: join(folder, 'out') });
    const { paths, request } = await asked(through, [vault]);
    const command = {
      paths,
      request: {
        ...request,
        pace: { concurrency: null, perSecond: null },
        onFailure: 'take-good',
        output: { mode: 'folder', folderToken: token },
      },
    } as const;
    const given = async () => ended(through.page, (await through.host.runs.startCommand(command)).runId);
    const first = await given();
    expect(first.counts).toMatchObject({ succeeded: 1, failed: 1 });
    await practice.call('EnableKey', { KeyId: await keyOf('alias/rotated') });
    const retried = await through.page.runs.retry({ runId: first.id });
    expect((await ended(through.page, retried.runId)).counts).toMatchObject({ succeeded: 1, failed: 0 });
    for (let times = 0; times < 2; times++)
      expect((await given()).counts).toMatchObject({ succeeded: 0, failed: 0, already: 2 });
  });

  test('once it is done in place, is a new command', async () => {
    await filled();
    const through = await opened();
    const same = async () => {
      const { paths, request } = await asked(through, [vault]);
      const destination = { ...request.destination, context: { mode: 'same' } } as const;
      const { runId } = await through.host.runs.startCommand({
        paths,
        request: { ...request, pace: { concurrency: null, perSecond: null }, evenIfThere: true, destination },
      });
      await through.page.intake.clear({ sourceIds: null });
      return ended(through.page, runId);
    };
    expect((await same()).counts.succeeded).toBe(8);
    expect((await same()).counts.succeeded).toBe(8);
  });
});

test('new files that were kept for a download are made again by the run that goes on', async () => {
  await filled();
  const first = await opened();
  await first.host.intake.addPaths({ paths: [vault], origin: 'path' });
  const { rows } = await first.page.blobs.list({ offset: 0, limit: 1000 });
  const request = inPlace(
    rows.map(({ id }) => id),
    { output: { mode: 'download' }, pace: SLOW, verify: false },
  );
  const runId = await cutOff(first, async () => (await first.page.runs.start(request)).runId);
  const next = await opened();
  await next.page.runs.resume({ runId });
  expect((await ended(next.page, runId)).counts).toMatchObject({ succeeded: 8 });
  expect((await next.host.runs.kept({ runId })).files).toHaveLength(8);
});

async function keyOf(alias: string): Promise<string> {
  const { KeyMetadata } = await practice.call('DescribeKey', { KeyId: alias });
  return String((KeyMetadata as { KeyId: string }).KeyId);
}

test('the id of a command is the one that earlier versions gave it', () => {
  const terms = {
    method: 'reencrypt',
    source: { keyId: null, algorithm: null, context: { mode: 'declared' } },
    destination: { keyId: FRESH, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'keep' } },
    grantTokens: [],
    verify: true,
    dryRun: false,
  } as const;
  const before =
    '["command",["/data"],{"destination":{"algorithm":"SYMMETRIC_DEFAULT","context":{"mode":"keep"},"keyId":"alias/payments-2027"},' +
    '"route":"reencrypt","source":{"algorithm":null,"context":{"mode":"declared"},"keyId":null},"verify":true},{"mode":"in-place","backup":true}]';
  expect(
    commandJob(
      ['/data'],
      { ...terms, grantTokens: [] } as never,
      { mode: 'in-place', backup: true } as never,
    ),
  ).toEqual({
    id: createHash('sha256').update(before).digest('hex'),
    lasts: false,
  });
});

test('a plan file starts no more processes in a shell than the machine has cores', async () => {
  await filled(['a.bin']);
  const options = { version: '0', can: NO_CAPABILITIES, outputFolders: [], connection: null };
  const gone = { send: () => {}, onMessage: () => {}, onEnd: (end: () => void) => end(), kill: () => {} };
  const engine = createEngine(
    { host: 'cli', dataDir: join(folder, 'home'), ...options },
    { startRunWorker: () => gone, approver: typedByPerson },
  );
  engines.push(engine);
  const through = client(engine);
  await through.page.connection.use({ kind: 'practice' });
  const plan = await planOf(through, { pace: { concurrency: null, perSecond: null, processes: 128 } });
  const { runId } = await through.host.plans.runPlan({ path: saved(plan), root: null, dryRun: false });
  const { workers } = await through.page.runs.get({ runId });
  expect(workers?.processes ?? 1).toBe(availableParallelism());
  await through.host.runs.suspend({ runId });
});
