import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Disk, diskHere } from '../../intake/index.ts';
import { FakeKms, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { InProcessWorkers, withAccess } from '../testing/in-process-worker.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { Ahead, type FileInFlight, InFlight } from './in-flight.ts';

/** What was let in so far, by name. */
function entering(inFlight: InFlight) {
  const inside = new Map<string, FileInFlight>();
  const enter = (name: string, bytes: number): void => {
    void inFlight.enter(bytes).then((file) => inside.set(name, file));
  };
  const names = async (): Promise<string[]> => {
    await turn();
    return [...inside.keys()];
  };
  const leave = (name: string): void => {
    inside.get(name)?.leave();
    inside.delete(name);
  };
  return { enter, names, leave, onDisk: (name: string) => inside.get(name)?.onDisk() };
}

test('all together stay within the budget, a larger one is alone, and none is passed over', async () => {
  const { enter, names, leave } = entering(new InFlight({ usual: 8, bytes: 100 }));
  enter('a', 60);
  enter('b', 40);
  enter('huge', 1000);
  enter('small', 1);
  expect(await names()).toEqual(['a', 'b']);
  leave('a');
  expect(await names()).toEqual(['b']);
  leave('b');
  expect(await names()).toEqual(['huge']);
  leave('huge');
  expect(await names()).toEqual(['small']);
});

test('there are more once all wait for their disk, as far as there are bytes for', async () => {
  const { enter, names, onDisk } = entering(new InFlight({ usual: 2, bytes: 10 }));
  for (const name of ['a', 'b', 'c', 'd', 'e']) enter(name, name === 'e' ? 8 : 1);
  expect(await names()).toEqual(['a', 'b']);
  onDisk('a');
  expect(await names()).toEqual(['a', 'b']);
  onDisk('b');
  expect(await names()).toEqual(['a', 'b', 'c', 'd']);
  onDisk('c');
  onDisk('c');
  onDisk('d');
  expect(await names()).toEqual(['a', 'b', 'c', 'd']);
});

test('there are as few as ever once KMS has enough to do, and no more than can be open', async () => {
  const { enter, names, leave, onDisk } = entering(new InFlight({ usual: 4 }));
  for (let i = 0; i < 1000; i++) enter(`${i}`, 1);
  const slow = async (): Promise<number> => {
    for (let before = 0; ; ) {
      const now = await names();
      if (now.length === before) return before;
      before = now.length;
      for (const name of now) onDisk(name);
    }
  };
  expect(await slow()).toBe(4 + 128);
  // The disk is fast again: each file leaves at once, and those that KMS has stay.
  for (const name of await names()) leave(name);
  const fast = new Set(await names());
  for (let i = 0; i < 200; i++) {
    const [first = ''] = fast;
    onDisk(first);
    leave(first);
    fast.delete(first);
    for (const name of await names()) fast.add(name);
  }
  expect(fast.size).toBe(4);
  for (const name of [...fast].slice(1)) onDisk(name);
  expect((await names()).length).toBe(4);
});

test.each([1, 2])('a slow disk is given all files at once by a run of %i processes', async (processes) => {
  const harness = await RunHarness.make();
  try {
    const kms = withAccess(new FakeKms());
    for (let i = 0; i < 60; i++) await harness.add(`${i}.txt`, `${base64(madeUpBlob(OLD_KEY))}\n`);
    const here = diskHere();
    let waiting = 0;
    let ticks = 0;
    let tick: Promise<void> | null = null;
    // Whatever else may come before it answers comes.
    const next = async (): Promise<void> => {
      for (let i = 0; waiting < 60 && i < 5000; i++) await turn();
      ticks++;
      tick = null;
    };
    const disk: Disk = {
      ...here,
      replaceFile: async (input) => {
        waiting++;
        tick ??= next();
        await tick;
        return here.replaceFile(input);
      },
    };
    const workers = new InProcessWorkers(
      kms,
      () => false,
      {},
      () => disk,
    );
    const parts = processes === 1 ? { disk } : { workers: { start: workers.start, most: processes } };
    const pace = { concurrency: 4, perSecond: null, processes };
    const run = await harness.manager(harness.home, parts).start(harness.input(kms, { pace }));
    await run.done;
    expect(run.summary().counts).toMatchObject({ total: 60, succeeded: 60 });
    expect(ticks).toBe(1);
    expect(workers.started).toBe(processes === 1 ? 0 : processes);
  } finally {
    await harness.remove();
  }
});

test('a file is opened once fewer blobs than enough are not begun, however many it has', async () => {
  const ahead = new Ahead(4);
  const open: string[] = [];
  const enter = (name: string, blobs: number): void => void ahead.enter(blobs).then(() => open.push(name));
  const now = async (): Promise<string[]> => {
    await turn();
    return open;
  };
  for (const [name, blobs] of Object.entries({ a: 3, b: 100, none: 0, c: 1 })) enter(name, blobs);
  expect(await now()).toEqual(['a', 'b']);
  ahead.begun(3);
  ahead.begun(96);
  expect(await now()).toEqual(['a', 'b']);
  ahead.begun();
  expect(await now()).toEqual(['a', 'b', 'none', 'c']);
});

test('a run of large files has no more of them in memory than fit, and does them all', async () => {
  const harness = await RunHarness.make();
  try {
    const kms = new FakeKms();
    const large = `${base64(madeUpBlob(OLD_KEY))}\n${'.'.repeat(20 * 1024)}\n`;
    for (let i = 0; i < 4; i++) await harness.add(`${i}.txt`, large);
    let underWay = 0;
    let most = 0;
    kms.onReEncrypt = async () => {
      most = Math.max(most, ++underWay);
      // Whatever else may go on does so meanwhile.
      for (let i = 0; underWay < 3 && kms.asked.length < 4 && i < 1000; i++) await turn();
      for (let i = 0; i < 50; i++) await turn();
      underWay--;
      return {};
    };
    const run = await harness.manager(harness.home, { bytesInFlight: 64 * 1024 }).start(harness.input(kms));
    await run.done;
    expect(run.summary().counts).toMatchObject({ total: 4, succeeded: 4 });
    expect(most).toBe(3);
  } finally {
    await harness.remove();
  }
});
