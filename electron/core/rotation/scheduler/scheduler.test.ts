import { describe, expect, test, vi } from 'vitest';
import { explainKms, explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { FakeKms } from '../testing/fake-kms.ts';
import { AdaptiveLimiter } from './adaptive-limiter.ts';
import { Halted, RequestScheduler } from './request-scheduler.ts';
import { MAX_ENDS, MAX_THROTTLED, MAX_TRIES } from './retry.ts';

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
      perSecond: () => null,
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

  test('throttling slows all requests down and is tried far longer', async () => {
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

  test('where no person sees it, a network that is gone is probed for five minutes; then, and without credentials, the run holds back', async () => {
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
