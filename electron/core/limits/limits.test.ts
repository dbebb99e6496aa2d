import { describe, expect, test } from 'vitest';
import { onAbort } from './on-abort.ts';
import { RateLimiter } from './rate-limiter.ts';
import { forEachLimited, Semaphore } from './semaphore.ts';

describe('Semaphore', () => {
  test('never lets more than its limit run, and runs everything', async () => {
    const slots = new Semaphore(3);
    let now = 0;
    let most = 0;
    const done = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        slots.run(async () => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, i % 3));
          now--;
          return i;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(done).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test('a rejection frees its slot', async () => {
    const slots = new Semaphore(1);
    await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await slots.run(async () => 'yes')).toBe('yes');
  });
});

describe('forEachLimited', () => {
  test('takes items in order, so many at a time, and rejects as its work does', async () => {
    const taken: number[] = [];
    let now = 0;
    let most = 0;
    await forEachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (n) => {
      taken.push(n);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
    });
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
    await expect(forEachLimited([1, 2], 2, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});

describe('RateLimiter', () => {
  /** A clock that moves only while the rate limiter sleeps. */
  const paced = (perSecond: number | null) => {
    let now = 1000;
    const sleep = async (ms: number) => {
      now += ms;
    };
    const rateLimiter = new RateLimiter(() => perSecond, { now: () => now, sleep });
    return { rateLimiter, now: () => now, pass: (ms: number) => (now += ms) };
  };

  test('keeps a ceiling, forgiving only the coarseness of timers', async () => {
    const { rateLimiter, now, pass } = paced(100);
    for (let i = 0; i < 50; i++) await rateLimiter.turn();
    expect(now() - 1000).toBeCloseTo(470, 0);
    pass(10_000);
    const before = now();
    await rateLimiter.turn();
    expect(now()).toBe(before);
  });

  test('has no limit where there is none', async () => {
    const { rateLimiter, now } = paced(null);
    for (let i = 0; i < 50; i++) await rateLimiter.turn();
    expect(now()).toBe(1000);
  });

  test('a caller that is called off leaves at once, and uses up nothing of the rate', async () => {
    const stop = new AbortController();
    let now = 1000;
    const sleep = async (ms: number, signal: AbortSignal) => {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      now += ms;
    };
    const rateLimiter = new RateLimiter(() => 20, { now: () => now, sleep });
    await rateLimiter.turn();
    const off = Promise.allSettled(Array.from({ length: 100 }, () => rateLimiter.turn(stop.signal)));
    stop.abort();
    expect((await off).every(({ status }) => status === 'rejected')).toBe(true);
    await rateLimiter.turn();
    await rateLimiter.turn();
    // Two turns of a twentieth of a second; with those that were called off it would be five seconds.
    expect(now - 1000).toBeLessThan(300);
  });

  test('throttling pauses it and halves its rate, which recovers with each request', async () => {
    const { rateLimiter, now } = paced(100);
    await rateLimiter.turn();
    rateLimiter.slowDown();
    const throttled = now();
    await rateLimiter.turn();
    expect(now() - throttled).toBeGreaterThanOrEqual(250);
    const before = now();
    for (let i = 0; i < 10; i++) await rateLimiter.turn();
    expect(now() - before).toBeGreaterThan(150);
    for (let i = 0; i < 100; i++) await rateLimiter.turn();
    const recovered = now();
    for (let i = 0; i < 50; i++) await rateLimiter.turn();
    expect(now() - recovered).toBeCloseTo(500, -1);
  });
});

describe('onAbort', () => {
  test('calls each listener once, and none that was taken away, also by another of them', () => {
    const stop = new AbortController();
    const called: string[] = [];
    onAbort(stop.signal, () => {
      called.push('a');
      endOfC();
    });
    const endOfB = onAbort(stop.signal, () => called.push('b'));
    const endOfC = onAbort(stop.signal, () => called.push('c'));
    onAbort(stop.signal, () => called.push('d'));
    endOfB();
    stop.abort();
    stop.abort();
    expect(called).toEqual(['a', 'd']);
  });

  test('a signal that is aborted already calls nothing, nor does none', () => {
    let calls = 0;
    onAbort(AbortSignal.abort(), () => calls++)();
    onAbort(undefined, () => calls++)();
    expect(calls).toBe(0);
  });
});
