import { describe, expect, test, vi } from 'vitest';
import { explainKms } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { ContextChoice } from '#shared/model/run.ts';
import { resolveContexts } from './contexts.ts';
import { faultOf } from './faults.ts';
import { Progress } from './progress.ts';
import { Rate } from './rate.ts';
import { MAX_TRIES, withRetry } from './retry.ts';
import { Slots } from './slots.ts';

describe('Slots', () => {
  test('never lets more than its limit run, and runs everything', async () => {
    const slots = new Slots(3);
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
    const slots = new Slots(1);
    await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await slots.run(async () => 'yes')).toBe('yes');
  });
});

describe('withRetry', () => {
  const failure = (name: string) => new FaultError(explainKms(name, '', null, { operation: 'ReEncrypt' }));
  const options = (halted = new AbortController().signal) => ({
    halted,
    sleep: vi.fn(async (_ms: number) => undefined),
    random: () => 0.5,
  });

  test('tries again while the fault is retryable, waiting longer each time', async () => {
    const o = options();
    const work = vi
      .fn()
      .mockRejectedValueOnce(failure('ThrottlingException'))
      .mockRejectedValueOnce(failure('ECONNRESET'))
      .mockResolvedValue('ok');
    expect(await withRetry(work, o)).toBe('ok');
    expect(o.sleep.mock.calls.map(([ms]) => ms)).toEqual([125, 250]);
  });

  test('gives up after its tries, and at once on other faults', async () => {
    const throttled = vi.fn().mockRejectedValue(failure('ThrottlingException'));
    await expect(withRetry(throttled, options())).rejects.toMatchObject({
      fault: { code: 'ThrottlingException' },
    });
    expect(throttled).toHaveBeenCalledTimes(MAX_TRIES);
    const wrong = vi.fn().mockRejectedValue(failure('IncorrectKeyException'));
    await expect(withRetry(wrong, options())).rejects.toBeInstanceOf(FaultError);
    expect(wrong).toHaveBeenCalledTimes(1);
  });

  test('does not try again once the run has stopped', async () => {
    const stop = new AbortController();
    const work = vi.fn(async () => {
      stop.abort();
      throw failure('ThrottlingException');
    });
    await expect(withRetry(work, options(stop.signal))).rejects.toBeInstanceOf(FaultError);
    expect(work).toHaveBeenCalledTimes(1);
  });
});

test('Rate is of the last five seconds', () => {
  let now = 100_000;
  const rate = new Rate(() => now);
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
