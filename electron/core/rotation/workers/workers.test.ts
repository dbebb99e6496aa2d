import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { ChildChannel } from '../../children/index.ts';
import { identify } from '../../inspect/index.ts';
import { tarOf } from '../../intake/archives/build.test-help.ts';
import { writeFault } from '../../intake/faults.ts';
import { type Disk, diskHere, scan } from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';
import type { PlanFile, RunInput, RunManager } from '../index.ts';
import { RunRecord } from '../journal/run-record.ts';
import { blobRef } from '../run/open-file.ts';
import { FakeKms, KEY, kmsFault, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { InProcessWorkers, withAccess } from '../testing/in-process-worker.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import type { ToWorkerProcess } from './messages.ts';

let harness: RunHarness;
let kms: FakeKms;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await harness.remove();
});

async function files(count: number, each = 1): Promise<void> {
  for (let i = 0; i < count; i++)
    await harness.add(
      `f${i}.txt`,
      Array.from({ length: each }, () => base64(madeUpBlob(OLD_KEY))).join('\n'),
    );
}

/** Ends the first worker that is let send its fourth request. */
function dyingOnce(): (message: unknown) => boolean {
  let goes = 0;
  return (message) => (message as ToWorkerProcess).type === 'go' && ++goes === 4;
}

/** A run by two workers. */
async function start(
  workers: { readonly start: InProcessWorkers['start']; readonly pulse?: number } = new InProcessWorkers(kms),
  request: Partial<RunInput['request']> = {},
  more: Partial<RunInput> = {},
) {
  const manager: RunManager = harness.manager(harness.home, {
    workers: { start: workers.start, most: 2, ...(workers.pulse ? { pulse: workers.pulse } : {}) },
  });
  const pace = { concurrency: null, perSecond: null, processes: 8 };
  const run = await manager.start(harness.input(withAccess(kms), { verify: true, pace, ...request }, more));
  return { manager, run };
}

test('a run by two workers is one run: one record, each blob once, and it can be undone', async () => {
  await files(12, 3);
  const before = await harness.snapshot();
  const workers = new InProcessWorkers(kms);
  const { manager, run } = await start(workers);
  await run.done;
  expect(run.summary()).toMatchObject({
    status: 'finished',
    counts: { total: 36, succeeded: 36, running: 0 },
    files: { total: 12, done: 12 },
    workers: { processes: 2, died: 0 },
    undo: { blobs: 36, files: 12 },
  });
  expect(workers.started).toBe(2);
  expect(kms.asked).toHaveLength(36);
  expect(new Set(run.items().map(({ sha256After }) => sha256After)).size).toBe(36);
  expect(
    run.items().every(({ state, requestId, sent }) => state === 'reencrypted' && requestId && sent),
  ).toBe(true);
  expect(await manager.list()).toHaveLength(1);
  await manager.undo(run.id);
  expect(await harness.snapshot()).toBe(before);
});

test('what fails is recorded with its fault, and holds its file back', async () => {
  await files(4, 2);
  kms.onReEncrypt = (_, nth) => {
    if (nth === 3) throw kmsFault('IncorrectKeyException');
    return {};
  };
  const { run } = await start();
  await run.done;
  expect(run.summary().counts).toMatchObject({ succeeded: 6, failed: 2 });
  expect(
    run
      .items({ offset: 0, limit: 9, only: 'failed' })
      .map(({ fault }) => fault?.code)
      .sort(),
  ).toEqual(['FileHeldBack', 'IncorrectKeyException']);
});

test('requests keep to one rate and one limit, throttling is met once, and retries are counted', async () => {
  await files(8);
  kms.onReEncrypt = (_, nth) => {
    if (nth <= 3) throw kmsFault('ThrottlingException');
    return {};
  };
  const { run } = await start(undefined, { pace: { concurrency: 2, perSecond: null, processes: 2 } });
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 8 } });
  expect(run.summary().retries).toBeGreaterThanOrEqual(3);
  // Two blobs at a time, and as many that are verified.
  expect(kms.most).toBeLessThanOrEqual(4);
});

test('paused is said once no process has a request that may leave, also one in the pipe', async () => {
  await files(30);
  const sent = () => kms.asked.length + kms.triedOut.length;
  const workers = new InProcessWorkers(kms);
  // The pipe to the workers, which stands still once: what lets them send, and what holds it back, is on its way then.
  const pipe: (() => void)[] = [];
  let stands: 'not yet' | 'now' | 'over' = 'not yet';
  const slow = {
    start: () => {
      const channel = workers.start();
      const send = (messages: unknown) => {
        const goes = (messages as readonly ToWorkerProcess[]).some(({ type }) => type === 'go');
        if (stands === 'not yet' && kms.asked.length > 5 && goes) stands = 'now';
        if (stands === 'now') pipe.push(() => channel.send(messages));
        else channel.send(messages);
      };
      return { ...channel, send };
    },
  };
  const { run } = await start(slow, { pace: { concurrency: 2, perSecond: null, processes: 2 } });
  await expect.poll(() => pipe.length).toBeGreaterThan(0);
  run.pause();
  // What was not in the pipe is answered by then.
  await wait(50);
  const before = sent();
  await wait(50);
  expect({ status: run.summary().status, sent: sent() }).toEqual({ status: 'pausing', sent: before });
  stands = 'over';
  for (const go of pipe) go();
  await expect.poll(() => run.summary().status).toBe('paused');
  const atPause = sent();
  await wait(50);
  expect(sent()).toBe(atPause);
  run.goOn();
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 30 } });
});

test('a disk that is full for one process costs its files alone; they are tried again', async () => {
  await files(20);
  const before = await harness.snapshot();
  const full = (nth: number): Disk =>
    nth === 1
      ? { ...diskHere(), replaceFile: async () => Promise.reject(writeFault({ code: 'ENOSPC' }, 'f', '')) }
      : diskHere();
  const { run, manager } = await start(new InProcessWorkers(kms, undefined, undefined, full));
  await run.done;
  const { succeeded, failed } = run.summary().counts;
  expect([succeeded > 0, failed > 0, succeeded + failed]).toEqual([true, true, 20]);
  const faults = run.items({ offset: 0, limit: 20, only: 'failed' }).map(({ fault }) => fault?.code);
  expect(new Set(faults)).toEqual(new Set(['DiskFull']));
  const { row, files: left } = await manager.again(run.id);
  const again = await manager.start({ ...harness.input(withAccess(kms), row.request), files: left });
  await again.done;
  expect(again.summary()).toMatchObject({ counts: { total: failed, succeeded: failed } });
  await manager.undo(again.id);
  await manager.undo(run.id);
  expect(await harness.snapshot()).toBe(before);
});

test('a journal that cannot be written holds the run back, and no file of any process is touched', async () => {
  await files(12, 2);
  const before = await harness.snapshot();
  const workers = new InProcessWorkers(kms);
  const durable = vi.spyOn(RunRecord.prototype, 'durable');
  const { run } = await start(
    {
      start: () => {
        // The plan stands; what files become does not get there.
        durable.mockImplementation(() => Promise.reject(new FaultError(explainOwn('JournalFailed'))));
        return workers.start();
      },
    },
    { pace: { concurrency: 4, perSecond: null, processes: 2 } },
  );
  await expect.poll(() => run.summary().status).toBe('paused');
  expect(run.summary()).toMatchObject({ fault: { code: 'JournalFailed' }, counts: { succeeded: 0 } });
  // What of a file was being written is removed right after.
  await expect.poll(() => harness.snapshot()).toBe(before);
  durable.mockRestore();
  run.goOn();
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 24, failed: 0 } });
});

test('databases and documents inside documents are done by processes as any other file', async () => {
  const blob = () => madeUpBlob(OLD_KEY);
  const database = (rows: number): Uint8Array => {
    const db = new DatabaseSync(':memory:');
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, data)');
    for (let i = 0; i < rows; i++) db.prepare('INSERT INTO t (data) VALUES (?)').run(blob());
    return db.serialize();
  };
  for (let i = 0; i < 6; i++) {
    await harness.add(`${i}.db`, database(5));
    const inner = JSON.stringify({ CiphertextBlob: base64(blob()), KeyId: OLD_KEY });
    await harness.add(`${i}.yaml`, `a: ${base64(Buffer.from(inner))}\nb: ${base64(blob())}\n`);
  }
  const before = await harness.snapshot();
  const { run, manager } = await start(new InProcessWorkers(kms, dyingOnce()));
  await run.done;
  expect(run.summary()).toMatchObject({
    counts: { total: 42, succeeded: 42, failed: 0 },
    files: { done: 12 },
    workers: { died: 1 },
  });
  for (const { display } of harness.files)
    for (const one of await harness.blobs(harness.path(display)))
      expect(identify(one).keyFingerprint).toBe(identify(madeUpBlob(KEY)).keyFingerprint);
  await manager.undo(run.id);
  expect(await harness.snapshot()).toBe(before);
});

test('files in archives are made anew in a folder by processes, one of which dies', async () => {
  const content = Array.from({ length: 12 }, () => `A=1\nDB=${base64(madeUpBlob(OLD_KEY))}\n`);
  const archive = harness.path('old.tar');
  writeFileSync(archive, tarOf(content.map((text, i) => ({ name: `app/${i}.env`, content: text }))));
  const { size, mtimeMs } = statSync(archive);
  const inside = content.map((text, i): PlanFile => {
    const bytes = Buffer.from(text);
    const display = `old.tar › app/${i}.env`;
    return {
      path: `${harness.folder}/${display}`,
      bytes: i % 2 === 0 ? bytes : null,
      ...(i % 2 === 0 ? { archive: { path: archive, size, mtimeMs } } : {}),
      display,
      relative: `old/app/${i}.env`,
      sha256: sha256(bytes),
      blobs: scan(bytes, display).blobs.map((found, n) => blobRef(`${i}#${n}`, found)),
    };
  });
  const { run } = await start(
    new InProcessWorkers(kms, dyingOnce()),
    {},
    {
      files: inside,
      output: { mode: 'folder', folder: harness.path('out') },
    },
  );
  await run.done;
  expect(run.summary()).toMatchObject({
    counts: { total: 12, succeeded: 12 },
    workers: { died: 1 },
  });
  const made = readdirSync(harness.path('out/old/app')).sort();
  expect(made).toEqual(content.map((_, i) => `${i}.env`).sort());
  for (const name of made)
    expect(readFileSync(harness.path(`out/old/app/${name}`), 'utf8')).toMatch(/^A=1\nDB=.+\n$/);
});

test('a run that is put off keeps its place, and goes on by as many processes', async () => {
  await files(20);
  const { run, manager } = await start(undefined, {
    pace: { concurrency: 2, perSecond: null, processes: 2 },
  });
  await expect.poll(() => kms.asked.length, { interval: 1 }).toBeGreaterThan(4);
  await manager.suspend(run.id);
  const { succeeded, waiting } = (await manager.summary(run.id)).counts;
  expect(succeeded + waiting).toBe(20);
  expect(waiting).toBeGreaterThan(0);
  const again = await manager.resume(run.id, { kms: withAccess(kms), target: 'test' });
  await again.done;
  expect(again.summary()).toMatchObject({
    status: 'finished',
    counts: { succeeded: 20 },
    workers: { processes: 2, died: 0 },
  });
});

test('only who starts it names more processes than the most; going on without a number keeps to the most', async () => {
  await files(20);
  const pace = { concurrency: 2, perSecond: null, processes: 3 };
  const { run, manager } = await start(undefined, { pace }, { processes: 3 });
  expect(run.summary().workers).toMatchObject({ processes: 3 });
  await manager.suspend(run.id);
  const again = await manager.resume(run.id, { kms: withAccess(kms), target: 'test' });
  expect(again.summary().workers).toMatchObject({ processes: 2 });
  await manager.suspend(run.id);
  const named = await manager.resume(run.id, { kms: withAccess(kms), target: 'test' }, { processes: 3 });
  await named.done;
  expect(named.summary()).toMatchObject({ counts: { succeeded: 20 }, workers: { processes: 3 } });
});

test('a cancelled run ends, and the files that it did not reach are as they were', async () => {
  await files(20);
  const { run } = await start(undefined, { pace: { concurrency: 1, perSecond: 20, processes: 2 } });
  await expect.poll(() => run.summary().counts.succeeded).toBeGreaterThan(0);
  run.cancel();
  await run.done;
  const { counts, status } = run.summary();
  expect(status).toBe('cancelled');
  expect(counts).toMatchObject({ failed: 0, running: 0, waiting: 0 });
  expect(counts.succeeded + counts.skipped).toBe(20);
});

test('a worker that ends once its run was cancelled did not die', async () => {
  await files(20);
  const workers = new InProcessWorkers(kms);
  const channels: ChildChannel[] = [];
  const starting = () => {
    const channel = workers.start();
    channels.push(channel);
    return channel;
  };
  const { run } = await start({ start: starting }, { pace: { concurrency: 1, perSecond: 20, processes: 2 } });
  await expect.poll(() => run.summary().counts.succeeded).toBeGreaterThan(0);
  run.cancel();
  for (const { kill } of channels) kill();
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'cancelled', workers: { died: 0, followed: 0 } });
});

test('a worker that dies is followed by another, and its files are done', async () => {
  await files(20, 2);
  let deaths = 0;
  const workers = new InProcessWorkers(kms, (message) => {
    const { type } = message as ToWorkerProcess;
    return type === 'go' && kms.asked.length > 10 && deaths++ === 0;
  });
  const { run } = await start(workers);
  await run.done;
  expect(run.summary()).toMatchObject({
    status: 'finished',
    counts: { succeeded: 40, failed: 0 },
    files: { done: 20 },
    workers: { processes: 2, died: 1, followed: 1 },
  });
  expect(workers.started).toBe(3);
});

test('a file with a worker that dies three times is left as it is', async () => {
  await files(3);
  const workers = new InProcessWorkers(kms);
  const killing = {
    start: () => {
      const channel = workers.start();
      return {
        ...channel,
        send: (messages: unknown) => {
          const all = messages as readonly ToWorkerProcess[];
          channel.send(messages);
          if (all.some((one) => one.type === 'file' && one.file.display === 'f1.txt'))
            setTimeout(channel.kill, 50);
        },
      };
    },
  };
  kms.onReEncrypt = async ({ blob }) => {
    // Of that file nothing is ever answered.
    if (Buffer.compare(blob, (await harness.blobs(harness.path('f1.txt')))[0] ?? Buffer.of()) === 0)
      await wait(1000);
    return {};
  };
  const { run } = await start(killing);
  await run.done;
  const items = run.items();
  expect(items.map(({ state }) => state)).toEqual(['reencrypted', 'failed', 'reencrypted']);
  expect(items[1]?.fault?.code).toBe('RunProcessEnded');
});

test('where no worker comes to serve, the run is held back and says why; going on tries again', async () => {
  await files(3);
  const workers = new InProcessWorkers(kms);
  let broken = true;
  let tried = 0;
  const starting = () => {
    const channel = workers.start();
    if (broken) {
      tried++;
      channel.kill();
    }
    return channel;
  };
  const { run } = await start({ start: starting });
  await expect.poll(() => run.summary().fault?.code).toBe('RunProcessesUnavailable');
  // None ever served, and none is followed.
  expect(run.summary()).toMatchObject({ status: 'paused', workers: { died: 0, followed: 0 } });
  expect(tried).toBeLessThanOrEqual(6);
  broken = false;
  run.goOn();
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', fault: null, counts: { succeeded: 3 } });
});

test('two workers that are given the same new blob: the second file stays as it was', async () => {
  await files(2);
  const same = madeUpBlob('destination');
  kms.onReEncrypt = () => ({ blob: same });
  const { run } = await start(undefined, { verify: false });
  await run.done;
  expect(
    run
      .items()
      .map(({ state, fault }) => fault?.code ?? state)
      .sort(),
  ).toEqual(['ReplyUnexpected', 'reencrypted']);
});

test('new blobs of two keys, each given to another worker: the files of one of them stay as they were', async () => {
  await files(8);
  const before = await harness.snapshot();
  const others = new FakeKms();
  others.onReEncrypt = () => ({ blob: madeUpBlob('of another endpoint') });
  const each = [new InProcessWorkers(kms), new InProcessWorkers(others)];
  let next = 0;
  const { run, manager } = await start({ start: () => (each[next++] ?? each[0])?.start() as ChildChannel });
  await run.done;
  expect([kms.asked.length, others.asked.length].every((asked) => asked > 0)).toBe(true);
  const { succeeded, failed } = run.summary().counts;
  expect(succeeded + failed).toBe(8);
  const items = run.items();
  expect(new Set(items.flatMap(({ fault }) => fault?.code ?? []))).toEqual(new Set(['KeyMaterialMismatch']));
  const now = await Promise.all(
    items.map(async ({ state }, i) => {
      const [blob] = await harness.blobs(harness.path(`f${i}.txt`));
      return state === 'failed' || blob === undefined ? null : identify(blob).keyFingerprint;
    }),
  );
  expect(new Set(now.filter((print) => print !== null)).size).toBe(1);
  await manager.undo(run.id);
  expect(await harness.snapshot()).toBe(before);
});

test('a run that is held back goes on by the way of its renewed connection', async () => {
  await files(4);
  const old = new FakeKms();
  old.onReEncrypt = () => {
    throw kmsFault('ExpiredTokenException');
  };
  const workers = new InProcessWorkers(old, () => false, { 'http://127.0.0.1:2': kms });
  const manager = harness.manager(harness.home, { workers: { start: workers.start, most: 2 } });
  const pace = { concurrency: null, perSecond: null, processes: 2 };
  const run = await manager.start(harness.input(withAccess(old), { pace }));
  await expect.poll(() => run.summary().status).toBe('paused');
  run.renew(withAccess(kms, 'http://127.0.0.1:2'));
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 4 } });
});

test('a worker that hangs is ended, and its files are done by another', async () => {
  await files(6);
  const workers = new InProcessWorkers(kms);
  let deaf = true;
  const hanging = () => {
    const channel = workers.start();
    if (!deaf) return channel;
    deaf = false;
    const send = (messages: unknown) =>
      channel.send((messages as readonly ToWorkerProcess[]).filter(({ type }) => type === 'open'));
    return { ...channel, send };
  };
  const { run } = await start({ start: hanging, pulse: 100 });
  await run.done;
  expect(run.summary()).toMatchObject({
    status: 'finished',
    counts: { succeeded: 6 },
    workers: { died: 1 },
  });
});

test('a file that ends each worker that is given it costs no other file', async () => {
  await files(12, 2);
  const workers = new InProcessWorkers(kms, (message) => {
    const one = message as ToWorkerProcess;
    return one.type === 'file' && one.file.display === 'f1.txt';
  });
  const { run } = await start(workers);
  await run.done;
  expect(run.summary()).toMatchObject({ counts: { succeeded: 22, failed: 2 }, files: { done: 11 } });
  const failed = run.items({ offset: 0, limit: 9, only: 'failed' });
  expect(failed.map(({ fault }) => fault?.code)).toEqual(['RunProcessEnded', 'RunProcessEnded']);
});

test('a file that ends each worker at once is given up, also where it is the first of each', async () => {
  await files(1, 2);
  const workers = new InProcessWorkers(kms, (message) => (message as ToWorkerProcess).type === 'file');
  const { run } = await start(workers);
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', counts: { failed: 2 }, files: { done: 0 } });
  expect(run.items()[0]?.fault?.code).toBe('RunProcessEnded');
});

test('where each worker dies before it has done a file, the run is held back and no file is given up', async () => {
  await files(40);
  let broken = true;
  const workers = new InProcessWorkers(
    kms,
    (message) => broken && (message as ToWorkerProcess).type === 'go',
  );
  const { run } = await start(workers);
  await expect.poll(() => run.summary().fault?.code).toBe('RunProcessesUnavailable');
  expect(run.summary()).toMatchObject({ status: 'paused', files: { done: 0 } });
  expect(workers.started).toBeLessThan(20);
  broken = false;
  run.goOn();
  await run.done;
  const { succeeded, failed } = run.summary().counts;
  // The first files that ended a process alone.
  expect(failed).toBeLessThanOrEqual(2);
  expect(succeeded + failed).toBe(40);
});

test.each([
  ['a dry run', { dryRun: true }, {}],
  ['new files that are kept in memory', {}, { output: { mode: 'keep' } as const }],
])('%s is done by this process', async (_, request, more) => {
  await files(2);
  const workers = new InProcessWorkers(kms);
  const { run } = await start(workers, request, more);
  await run.done;
  expect(workers.started).toBe(0);
  expect(run.summary().workers).toBeUndefined();
});

test('a worker that hangs does not keep a run that was cut from its end; it is resumed', async () => {
  await files(6);
  const workers = new InProcessWorkers(kms);
  const hanging = {
    start: () => {
      const channel = workers.start();
      return {
        ...channel,
        send: (messages: unknown) => {
          const all = messages as readonly ToWorkerProcess[];
          // It hears of its files, and of nothing that lets it send.
          channel.send(all.filter(({ type }) => type !== 'go' && type !== 'over'));
        },
      };
    },
  };
  const { run, manager } = await start(hanging);
  await expect.poll(() => workers.started).toBe(2);
  run.suspend();
  run.cut();
  await run.done;
  expect((await manager.suspend(run.id)).counts).toMatchObject({ waiting: 6, running: 0, succeeded: 0 });
  const again = await manager.resume(run.id, { kms, target: 'test' });
  await again.done;
  expect(again.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 6 } });
});
