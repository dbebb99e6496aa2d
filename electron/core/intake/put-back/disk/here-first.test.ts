import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../../storage/hash.ts';
import { readSourceInPool } from '../../files/read-source.ts';
import { POOLED_FS, REAL_FS } from '../fs.ts';
import { HereFirst } from './here-first.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-here-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Puts files back where each file call takes `works` of a processor and `waits` beside it, milliseconds: a function that puts
 * one back, and one for how many of them by the pool so far.
 */
function putting(call: Took, between: Took) {
  let [now, cpu, byPool] = [0, 0, 0];
  const pooled: typeof POOLED_FS = {
    ...POOLED_FS,
    together: async (work) => {
      byPool++;
      await POOLED_FS.together?.(work);
    },
    read: (path) => {
      byPool++;
      return readSourceInPool(path);
    },
    // Thousands of such are asked for, which no thread of the pool need look for.
    lstat: async (path) => {
      if (!path.endsWith('missing')) return POOLED_FS.lstat(path);
      byPool++;
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    },
  };
  const take = ({ works, waits }: Took): void => {
    cpu += works;
    now += works + waits;
  };
  const taking = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(of, name) {
        const work = Reflect.get(of, name);
        if (typeof work !== 'function') return work;
        return (...args: unknown[]) => {
          take(call);
          const answer = work.apply(of, args);
          return name === 'open' ? answer.then(taking) : answer;
        };
      },
    });
  const clock = { now: () => now, cpu: () => cpu, active: () => now };
  const disk = new HereFirst(taking(REAL_FS), clock, pooled);
  const replace = (path: string) =>
    disk.replaceFile({ path, bytes: Buffer.from('new'), expectedSha256: sha256('old'), backup: false });
  const put = async (i: number): Promise<void> => {
    const path = join(folder, `${i}.txt`);
    writeFileSync(path, 'old');
    take(between);
    await replace(path);
    expect(readFileSync(path, 'utf8')).toBe('new');
  };
  const read = (i: number) => disk.readSource(join(folder, `${i}.txt`));
  return { put, read, missing: () => replace(join(folder, 'missing')), byPool: () => byPool };
}

/** How many of 40 files the pool puts back, one after another. */
async function byPool(call: Took, between: Took): Promise<number> {
  const files = putting(call, between);
  for (let i = 0; i < 40; i++) await files.put(i);
  return files.byPool();
}

interface Took {
  readonly works: number;
  readonly waits: number;
}

test('files are put back in this thread while its calls return at once', async () => {
  expect(await byPool({ works: 0.02, waits: 0 }, { works: 1, waits: 0 })).toBe(0);
});

test('and by others once they block', async () => {
  expect(await byPool({ works: 0.02, waits: 1 }, { works: 1, waits: 3 })).toBe(24);
});

test('files are read by others where they are put back by others', async () => {
  const files = putting({ works: 0.02, waits: 1 }, { works: 1, waits: 3 });
  await files.put(0);
  const { sha256: here } = await files.read(0);
  expect(files.byPool()).toBe(0);
  for (let i = 0; i < 15; i++) await files.put(0);
  const { sha256: pooled, ...facts } = await files.read(0);
  expect(files.byPool()).toBe(1);
  expect(pooled).toBe(here);
  expect(facts).toMatchObject({ size: 3, names: 1, bytes: Buffer.from('new') });
});

test('a busy machine is no slow disk', async () => {
  expect(await byPool({ works: 0.02, waits: 1 }, { works: 1, waits: 40 })).toBe(0);
});

test('files that are under way at once count for themselves alone', async () => {
  const [call, between] = [
    { works: 0.02, waits: 0.2 },
    { works: 1, waits: 0 },
  ];
  expect(await byPool(call, between)).toBe(0);
  const files = putting(call, between);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < 80) await files.put(next++);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  expect(files.byPool()).toBe(0);
});

test('a disk that answers at once again is found to', async () => {
  const call = { works: 0.02, waits: 1 };
  const files = putting(call, { works: 1, waits: 3 });
  for (let i = 0; i < 17; i++) await files.put(0);
  expect(files.byPool()).toBe(1);
  call.waits = 0;
  const isHere = async () => {
    const before = files.byPool();
    await expect(files.missing()).rejects.toMatchObject({ fault: { code: 'FileMissing' } });
    return files.byPool() === before;
  };
  let asked = 1;
  while (asked < 10_000 && !(await isHere())) asked += 1;
  expect(asked).toBeLessThan(10_000);
  for (let i = 0; i < 16; i++) expect(await isHere()).toBe(true);
});
