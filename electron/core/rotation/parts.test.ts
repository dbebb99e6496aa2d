import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { explainKms, explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { ContextChoice } from '#shared/model/run.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { Semaphore } from '../limits/semaphore.ts';
import { contentOf } from './journal/recover.ts';
import { CompletionRate } from './run/completion-rate.ts';
import { resolveContexts } from './run/contexts.ts';
import { faultOf } from './run/faults.ts';
import { sha256 } from './run/item-tracker.ts';
import { Progress } from './run/progress.ts';
import { AdaptiveLimiter } from './scheduler/adaptive-limiter.ts';
import { Halted, RequestScheduler } from './scheduler/request-scheduler.ts';
import { MAX_ENDS, MAX_THROTTLED, MAX_TRIES } from './scheduler/retry.ts';
import { FakeKms } from './testing/fake-kms.ts';

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

describe('RequestScheduler', () => {
  const failure = (name: string) => new FaultError(explainKms(name, '', null, { operation: 'ReEncrypt' }));
  const schedulerOf = (
    failurePolicy: 'end' | 'network' | 'wait' = 'end',
    halted = new AbortController().signal,
    now = () => 0,
  ) => {
    const sleep = vi.fn(async (_ms: number) => undefined);
    const limiter = new AdaptiveLimiter(16, { sleep: async () => undefined });
    const retry = { halted, sleep, random: () => 0.5 };
    const changed = vi.fn();
    const kms = new FakeKms();
    const scheduler = new RequestScheduler({
      kms: () => kms,
      limiter,
      perSecond: null,
      failurePolicy,
      retry,
      changed,
      now,
    });
    return { scheduler, sleep, limiter, changed };
  };
  const nothing = {};
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

  test('tries again while the fault is retryable, waiting longer each time', async () => {
    const { scheduler, sleep, limiter } = schedulerOf();
    const work = vi
      .fn()
      .mockRejectedValueOnce(failure('ECONNRESET'))
      .mockRejectedValueOnce(failure('KMSInternalException'))
      .mockResolvedValue('ok');
    expect(await scheduler.send(work, nothing)).toBe('ok');
    expect(sleep.mock.calls.map(([ms]) => ms)).toEqual([125, 250]);
    expect(limiter.limit).toBe(16);
  });

  test('gives up after its tries, and at once on other faults', async () => {
    const passing = vi.fn().mockRejectedValue(failure('KMSInternalException'));
    await expect(schedulerOf().scheduler.send(passing, nothing)).rejects.toMatchObject({
      fault: { code: 'KMSInternalException' },
    });
    expect(passing).toHaveBeenCalledTimes(MAX_TRIES);
    const wrong = vi.fn().mockRejectedValue(failure('IncorrectKeyException'));
    await expect(schedulerOf('wait').scheduler.send(wrong, nothing)).rejects.toBeInstanceOf(FaultError);
    expect(wrong).toHaveBeenCalledTimes(1);
  });

  test('throttling slows everybody down and is tried far longer', async () => {
    const { scheduler, limiter, changed } = schedulerOf('wait');
    const work = vi.fn(async () => {
      if (work.mock.calls.length < MAX_THROTTLED) throw failure('ThrottlingException');
      return 'ok';
    });
    expect(await scheduler.send(work, nothing)).toBe('ok');
    expect(limiter.limit).toBeLessThan(16);
    expect(limiter.rate).not.toBeNull();
    expect(changed).toHaveBeenCalledTimes(MAX_THROTTLED - 1);
  });

  test('does not try again once the run has stopped', async () => {
    const stop = new AbortController();
    const { scheduler } = schedulerOf('wait', stop.signal);
    const work = vi.fn(async () => {
      stop.abort();
      throw failure('ThrottlingException');
    });
    await expect(scheduler.send(work, nothing)).rejects.toBeInstanceOf(Halted);
    expect(work).toHaveBeenCalledTimes(1);
    await expect(scheduler.send(work, nothing)).rejects.toBeInstanceOf(Halted);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test('a pause holds back what was not sent, and going on sends it', async () => {
    const { scheduler } = schedulerOf();
    const work = vi.fn(async () => 'ok');
    scheduler.pause();
    expect(scheduler.hold).toBe('person');
    const sent = scheduler.send(work, nothing);
    await turn();
    expect(work).not.toHaveBeenCalled();
    scheduler.goOn();
    expect(await sent).toBe('ok');
    expect(scheduler.hold).toBeNull();
  });

  test('expired credentials hold the run back until the connection is renewed; a pause outlasts that', async () => {
    const { scheduler } = schedulerOf('wait');
    const work = vi.fn().mockRejectedValueOnce(failure('ExpiredTokenException')).mockResolvedValue('ok');
    const sent = scheduler.send(work, nothing);
    await turn();
    expect(scheduler.hold).toBe('connection');
    expect(scheduler.fault?.code).toBe('ExpiredTokenException');
    expect(work).toHaveBeenCalledTimes(1);
    scheduler.pause();
    scheduler.renewed();
    await turn();
    expect(scheduler.hold).toBe('person');
    expect(scheduler.fault).toBeNull();
    expect(work).toHaveBeenCalledTimes(1);
    scheduler.goOn();
    expect(await sent).toBe('ok');
  });

  test('a two-step child that ends is started again; one that ends again and again holds the run back', async () => {
    const ended = () => new FaultError(explainOwn('TwoStepChildEnded'));
    const { scheduler } = schedulerOf('wait');
    const once = vi.fn().mockRejectedValueOnce(ended()).mockResolvedValue('ok');
    expect(await scheduler.send(once, nothing)).toBe('ok');
    const thrice = vi.fn().mockResolvedValue('ok');
    for (let i = 0; i < MAX_ENDS; i++) thrice.mockRejectedValueOnce(ended());
    const sent = scheduler.send(thrice, nothing);
    await vi.waitFor(() => expect(scheduler.hold).toBe('connection'));
    expect(scheduler.fault?.code).toBe('TwoStepChildEnded');
    expect(thrice).toHaveBeenCalledTimes(MAX_ENDS);
    scheduler.goOn();
    expect(await sent).toBe('ok');
    const forgood = vi.fn().mockRejectedValue(ended());
    await expect(schedulerOf('end').scheduler.send(forgood, nothing)).rejects.toMatchObject({
      fault: { code: 'TwoStepChildEnded' },
    });
  });

  test('a network that is gone is probed by those that met it alone; its return lets all through', async () => {
    const { scheduler, sleep } = schedulerOf('wait');
    let up = false;
    sleep.mockImplementation(async () => {
      await turn();
    });
    const first = vi.fn(async () => {
      if (!up) throw failure('ECONNREFUSED');
      return 'first';
    });
    const second = vi.fn(async () => 'second');
    const one = scheduler.send(first, nothing);
    await turn();
    expect(scheduler.hold).toBe('network');
    const two = scheduler.send(second, nothing);
    await turn();
    await turn();
    expect(second).not.toHaveBeenCalled();
    expect(first.mock.calls.length).toBeGreaterThan(1);
    up = true;
    expect(await Promise.all([one, two])).toEqual(['first', 'second']);
    expect(scheduler.hold).toBeNull();
    expect(scheduler.fault).toBeNull();
  });

  test('where nobody sees it, a network that is gone is probed for five minutes; then, and without credentials, the run holds back', async () => {
    let at = 0;
    const { scheduler, sleep } = schedulerOf('network', undefined, () => at);
    sleep.mockImplementation(async () => {
      at += 4000;
      expect(scheduler.hold).toBe('network');
    });
    const gone = vi.fn().mockRejectedValue(failure('ECONNREFUSED'));
    const dark = scheduler.send(gone, nothing);
    await expect.poll(() => scheduler.hold).toBe('connection');
    expect(scheduler.fault?.code).toBe('ECONNREFUSED');
    expect(at).toBeGreaterThan(5 * 60_000);
    expect(at).toBeLessThan(5 * 60_000 + 8000);
    gone.mockResolvedValue('back');
    scheduler.goOn();
    expect(await dark).toBe('back');
    const expired = vi.fn().mockRejectedValueOnce(failure('ExpiredTokenException')).mockResolvedValue('new');
    const renewed = scheduler.send(expired, nothing);
    await expect.poll(() => scheduler.hold).toBe('connection');
    expect(scheduler.fault?.code).toBe('ExpiredTokenException');
    expect(expired).toHaveBeenCalledTimes(1);
    scheduler.goOn();
    expect(await renewed).toBe('new');
  });
});

describe('AdaptiveLimiter', () => {
  test('halves on throttling, once for one crowd, and grows back', async () => {
    let now = 1000;
    const limiter = new AdaptiveLimiter(16, { now: () => now, sleep: async () => undefined });
    for (let i = 0; i < 16; i++) await limiter.enter();
    for (let i = 0; i < 16; i++) limiter.leave('throttled');
    expect(limiter.limit).toBe(8);
    expect(limiter.rate).toBeCloseTo(11.2, 1);
    now += 1000;
    await limiter.enter();
    limiter.leave('throttled');
    expect(limiter.limit).toBe(4);
    for (let i = 0; i < 400; i++) {
      now += 50;
      await limiter.enter();
      limiter.leave('answered');
    }
    expect(limiter.limit).toBe(16);
  });

  test('never lets more in than its limit', async () => {
    const limiter = new AdaptiveLimiter(4);
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        await limiter.enter();
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 1));
        inside--;
        limiter.leave('answered');
      }),
    );
    expect(most).toBe(4);
  });

  test('keeps to the rate that throttling taught it', async () => {
    let now = 0;
    let slept = 0;
    const limiter = new AdaptiveLimiter(100, {
      now: () => now,
      sleep: async (ms) => {
        slept += ms;
      },
    });
    for (let i = 0; i < 100; i++) await limiter.enter();
    for (let i = 0; i < 100; i++) limiter.leave('throttled');
    now = 500;
    for (let i = 0; i < 35; i++) {
      await limiter.enter();
      limiter.leave('answered');
    }
    // 70 a second: 35 of them take half a second, in which it grew a little.
    expect(slept).toBeGreaterThan(2000);
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
    const rateLimiter = new RateLimiter(() => 20);
    await rateLimiter.turn();
    const off = Promise.allSettled(Array.from({ length: 100 }, () => rateLimiter.turn(stop.signal)));
    stop.abort();
    expect((await off).every(({ status }) => status === 'rejected')).toBe(true);
    const before = performance.now();
    await rateLimiter.turn();
    await rateLimiter.turn();
    // Two turns of a twentieth of a second; with those that were called off it would be five seconds.
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

test('Rate is of the last five seconds', () => {
  let now = 100_000;
  const rate = new CompletionRate(() => now);
  for (let i = 0; i < 100; i++) {
    now += 100;
    rate.add(2);
  }
  expect(rate.perSecond()).toBeGreaterThan(18);
  expect(rate.perSecond()).toBeLessThan(22);
  now += 10_000;
  expect(rate.perSecond()).toBe(0);
});

test('Progress reports at most ten times a second, and once at the end', async () => {
  vi.useFakeTimers();
  try {
    const report = vi.fn();
    const progress = new Progress(report);
    for (let i = 0; i < 1000; i++) {
      progress.touch();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(report.mock.calls.length).toBeLessThanOrEqual(11);
    expect(report.mock.calls.length).toBeGreaterThanOrEqual(9);
    const before = report.mock.calls.length;
    progress.end();
    progress.end();
    progress.touch();
    await vi.advanceTimersByTimeAsync(1000);
    expect(report).toHaveBeenCalledTimes(before + 1);
  } finally {
    vi.useRealTimers();
  }
});

describe('resolveContexts', () => {
  const given = (context: Record<string, string>): ContextChoice => ({ mode: 'given', context });
  const sides = (
    source: ContextChoice,
    destination: ContextChoice,
    from = 'SYMMETRIC_DEFAULT',
    to = 'SYMMETRIC_DEFAULT',
  ) => ({
    source: { keyId: null, algorithm: from as 'SYMMETRIC_DEFAULT', context: source },
    destination: { keyId: 'k', algorithm: to as 'SYMMETRIC_DEFAULT', context: destination },
  });

  test.each([
    ['declared, same', sides({ mode: 'declared' }, { mode: 'same' }), { d: '1' }, { d: '1' }, { d: '1' }],
    ['declared by no one', sides({ mode: 'declared' }, { mode: 'declared' }), null, null, null],
    ['given, declared', sides(given({ g: '1' }), { mode: 'declared' }), { d: '1' }, { g: '1' }, { d: '1' }],
    ['an empty one is none', sides(given({}), given({})), { d: '1' }, null, null],
    [
      'RSA source: same is none',
      sides(given({ g: '1' }), { mode: 'same' }, 'RSAES_OAEP_SHA_1'),
      null,
      null,
      null,
    ],
    [
      'RSA destination',
      sides(given({ g: '1' }), { mode: 'same' }, undefined, 'RSAES_OAEP_SHA_256'),
      null,
      { g: '1' },
      null,
    ],
    [
      'changed: each blob keeps its own, with pairs added, replaced and removed',
      sides({ mode: 'declared' }, { mode: 'changed', add: { env: 'next', app: 'B' }, remove: ['old'] }),
      { app: 'A', old: 'x', keep: '1' },
      { app: 'A', old: 'x', keep: '1' },
      { keep: '1', env: 'next', app: 'B' },
    ],
    [
      'changed is of what is sent, not of what is declared; keys are case-sensitive',
      sides(given({ Old: 'x' }), { mode: 'changed', add: {}, remove: ['old'] }),
      { d: '1' },
      { Old: 'x' },
      { Old: 'x' },
    ],
    [
      'changed to nothing is none, and nothing changed is the added',
      sides({ mode: 'declared' }, { mode: 'changed', add: {}, remove: ['d'] }),
      { d: '1' },
      { d: '1' },
      null,
    ],
    [
      'changed from none',
      sides({ mode: 'declared' }, { mode: 'changed', add: { a: '1' }, remove: ['d'] }),
      null,
      null,
      { a: '1' },
    ],
  ])('%s', (_, request, declared, source, destination) => {
    expect(resolveContexts(request, declared)).toEqual({ source, destination });
  });

  test('changed: a pair that names the key follows it, unless it is set', () => {
    const declared = { kms_cmk_id: 'old', app: 'a' };
    const changed = (add: Record<string, string>) =>
      resolveContexts(
        sides({ mode: 'declared' }, { mode: 'changed', add, remove: ['app'] }),
        declared,
        ['kms_cmk_id'],
        'new',
      ).destination;
    expect(changed({})).toEqual({ kms_cmk_id: 'new' });
    expect(changed({ kms_cmk_id: 'mine' })).toEqual({ kms_cmk_id: 'mine' });
  });
});

test('a defect is called one, without its stack', () => {
  const fault = faultOf(new TypeError('x is not a function'));
  expect(fault.code).toBe('Internal');
  expect(JSON.stringify(fault)).not.toMatch(/\bat .*:\d+:\d+/);
});

test('a cut-off replacement in an output folder left the old content where that is what was gone on with', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rewrap-stands-'));
  try {
    const target = join(folder, 'a.env');
    const partly = new TextEncoder().encode('some blobs new');
    await writeFile(target, partly);
    const file = {
      index: 0,
      path: target,
      folder: null,
      display: 'a.env',
      relative: 'a.env',
      state: 'staged',
      before: sha256(partly),
      after: sha256(new TextEncoder().encode('all blobs new')),
      target,
      temporary: null,
      backup: null,
      record: null,
      recordSha256: null,
      note: null,
    } as const;
    const output = { mode: 'folder', folder } as const;
    expect(await contentOf(file, output)).toBe('old');
    // A source elsewhere says nothing of what stands in the folder.
    expect(await contentOf({ ...file, path: '/elsewhere/a.env' }, output)).toBe('changed');
    await writeFile(target, 'all blobs new');
    expect(await contentOf(file, output)).toBe('new');
    await writeFile(target, 'something else');
    expect(await contentOf(file, output)).toBe('changed');
  } finally {
    await rm(folder, { recursive: true });
  }
});
