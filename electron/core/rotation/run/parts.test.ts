import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { faultOf } from '#shared/kms/errors.ts';
import type { ContextChoice } from '#shared/model/run.ts';
import { sha256 } from '../../storage/hash.ts';
import { resolveContexts } from './checks/contexts.ts';
import { CompletionRate, RunProgress } from './progress.ts';
import { contentOf } from './recover.ts';

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
    const progress = new RunProgress(report);
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
