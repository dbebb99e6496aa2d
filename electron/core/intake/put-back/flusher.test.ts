import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { flusher } from './flusher.ts';

/** A disk that takes so many milliseconds for a flush; what was flushed, and where. */
function disk() {
  const state = { ms: 1, clock: 0, here: 0, pooled: 0 };
  const pass = () => {
    state.clock += state.ms;
  };
  // One after the other, as a disk does it.
  let queue = Promise.resolve();
  const flush = flusher(
    () => {
      state.here++;
      pass();
    },
    () => {
      state.pooled++;
      queue = queue.then(async () => {
        await setImmediate();
        pass();
      });
      return queue;
    },
    () => state.clock,
  );
  const flushes = async (count: number) => {
    for (let i = 0; i < count; i++) await flush(0);
    return { here: state.here, pooled: state.pooled };
  };
  return { state, flush, flushes };
}

/** Fast flushes after which the pool is used. */
const TRIED = 18;

test('a disk that has shown itself fast is flushed through the pool', async () => {
  const { flushes } = disk();
  expect(await flushes(TRIED)).toEqual({ here: TRIED, pooled: 0 });
  expect(await flushes(5)).toEqual({ here: TRIED, pooled: 5 });
});

test('a slow disk never takes a thread of the pool', async () => {
  const { state, flushes } = disk();
  state.ms = 30;
  expect(await flushes(100)).toEqual({ here: 100, pooled: 0 });
});

test('a disk that turns slow is waited for in place, until it is fast again', async () => {
  const { state, flushes } = disk();
  await flushes(TRIED);
  state.ms = 2000;
  expect(await flushes(3)).toEqual({ here: TRIED + 2, pooled: 1 });
  state.ms = 1;
  const { pooled } = await flushes(100);
  expect(pooled).toBeGreaterThan(20);
});

test('one slow flush among fast ones changes nothing', async () => {
  const { state, flushes } = disk();
  await flushes(TRIED + 20);
  state.ms = 40;
  await flushes(1);
  state.ms = 1;
  expect(await flushes(20)).toEqual({ here: TRIED, pooled: 41 });
});

test('those that wait for others in the pool are not taken for slow', async () => {
  const { flush, flushes } = disk();
  await flushes(TRIED);
  await Promise.all(Array.from({ length: 16 }, () => flush(0)));
  expect(await flushes(1)).toEqual({ here: TRIED, pooled: 17 });
});

test('what the system refuses is thrown, in place and from the pool', async () => {
  const refuse = () => {
    throw new Error('EIO');
  };
  await expect(flusher(refuse)(0)).rejects.toThrow('EIO');
  let fails = false;
  const later = flusher(
    () => {},
    async () => {
      if (fails) refuse();
    },
    () => 0,
  );
  for (let i = 0; i < 21; i++) await later(0);
  fails = true;
  await expect(later(0)).rejects.toThrow('EIO');
});
