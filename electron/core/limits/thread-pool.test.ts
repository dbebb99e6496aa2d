import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DiskWaits, diskWaits, poolWidth, widenThreadPool } from './thread-pool.ts';

test('a disk has all of the pool but what others need', () => {
  expect(diskWaits({})).toBe(3);
  const env: NodeJS.ProcessEnv = {};
  widenThreadPool(env, 'linux', () => 32);
  expect(diskWaits(env)).toBe(28);
  for (const [said, waits] of [
    ['1', 1],
    ['8', 6],
    ['128', 124],
    // One thread, as libuv reads them.
    ['many', 1],
    ['', 1],
    ['1e3', 1],
    ['-3', 1020],
    ['9999', 1020],
  ] as const)
    expect(diskWaits({ UV_THREADPOOL_SIZE: said }), said).toBe(waits);
});

test('the pool is as wide as its user said, and on Windows as wide as the process was started with', () => {
  const said = { UV_THREADPOOL_SIZE: '2' };
  widenThreadPool(said, 'linux');
  expect(said).toEqual({ UV_THREADPOOL_SIZE: '2' });
  const windows = {};
  widenThreadPool(windows, 'win32');
  expect(windows).toEqual({});
});

test.each([
  ['Max processes             unlimited            unlimited            processes\n', 'max\n', 32],
  ['Max processes             127033               127033               processes\n', '', 32],
  ['Max processes             1024                 4096                 processes\n', 'max\n', 16],
  ['', '100\n', 4],
  ['Max processes             4096                 4096                 processes\n', '512\n', 8],
])('the pool is less wide where few threads may be made: %j %j', (limits, pids, width) =>
  expect(poolWidth((path) => (path === '/proc/self/limits' ? `Limit\n${limits}` : pids))).toBe(width),
);

test('so many calls wait at a time, and what many wait for comes first', async () => {
  const waits = new DiskWaits(2);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const call = (name: string, first = false): Promise<void> =>
    waits.run(() => {
      begun.push(name);
      return new Promise((end, fail) =>
        ends.set(name, name === 'fails' ? () => fail(new Error('EIO')) : () => end()),
      );
    }, first);
  const all = [call('a'), call('b'), call('c'), call('d'), call('folder', true)];
  const failing = expect(call('fails')).rejects.toThrow('EIO');
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await turn();
  };
  await turn();
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'folder']);
  await end('folder');
  await end('c');
  await end('d');
  expect(begun).toEqual(['a', 'b', 'folder', 'c', 'd', 'fails']);
  await end('fails');
  await failing;
  await end('a');
  await Promise.all(all);
});
