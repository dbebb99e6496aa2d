import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify } from '../../inspect/index.ts';
import type { ChildChannel } from '../../two-step/index.ts';
import type { RunInput, RunManager } from '../index.ts';
import { FakeKms, kmsFault, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { InProcessWorkers, withAccess } from '../testing/in-process-worker.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import type { ToWorkerProcess } from './messages.ts';

let harness: RunHarness;
let kms: FakeKms;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(() => harness.remove());

async function files(count: number, each = 1): Promise<void> {
  for (let i = 0; i < count; i++)
    await harness.add(
      `f${i}.txt`,
      Array.from({ length: each }, () => base64(madeUpBlob(OLD_KEY))).join('\n'),
    );
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

test('after a pause nothing leaves until the run goes on', async () => {
  await files(30);
  const sent = () => kms.asked.length + kms.triedOut.length;
  kms.onReEncrypt = async () => {
    await wait(5);
    return {};
  };
  const { run } = await start(undefined, { pace: { concurrency: 2, perSecond: null, processes: 2 } });
  await expect.poll(sent).toBeGreaterThan(5);
  run.pause();
  await expect.poll(() => run.summary().status).toBe('paused');
  const before = sent();
  await wait(100);
  expect(sent()).toBe(before);
  run.goOn();
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 30 } });
});

test('a run that is put off keeps its place, and goes on by one process', async () => {
  await files(20);
  let begun: (() => void) | null = null;
  kms.onReEncrypt = (_, nth) => {
    if (nth === 5) begun?.();
    return {};
  };
  const { run, manager } = await start(undefined, {
    pace: { concurrency: 2, perSecond: null, processes: 2 },
  });
  await new Promise<void>((resolve) => {
    begun = resolve;
  });
  await manager.suspend(run.id);
  const { succeeded, waiting } = (await manager.summary(run.id)).counts;
  expect(succeeded + waiting).toBe(20);
  expect(waiting).toBeGreaterThan(0);
  const again = await manager.resume(run.id, { kms, target: 'test' });
  await again.done;
  expect(again.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 20 } });
  expect(again.summary().workers).toBeUndefined();
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
    workers: { processes: 2, died: 1 },
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
  expect(run.summary().status).toBe('paused');
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
    return { ...channel, send: () => {} };
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
