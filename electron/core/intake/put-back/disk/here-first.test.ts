import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sha256 } from '../../../storage/hash.ts';
import { REAL_FS } from '../fs.ts';
import { diskHere } from './disk.ts';
import { HereFirst } from './here-first.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-here-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Files that the pool puts back of 40, where each file call takes `works` of a processor and `waits` beside it, milliseconds. */
async function byPool(call: Took, between: Took): Promise<number> {
  const pool = diskHere();
  const replaceFile = vi.spyOn(pool, 'replaceFile');
  let [now, cpu] = [0, 0];
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
  const disk = new HereFirst(pool, taking(REAL_FS), { now: () => now, cpu: () => cpu, active: () => now });
  for (let i = 0; i < 40; i++) {
    const path = join(folder, `${i}.txt`);
    writeFileSync(path, 'old');
    take(between);
    await disk.replaceFile({ path, bytes: Buffer.from('new'), expectedSha256: sha256('old'), backup: false });
    expect(readFileSync(path, 'utf8')).toBe('new');
  }
  return replaceFile.mock.calls.length;
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

test('a busy machine is no slow disk', async () => {
  expect(await byPool({ works: 0.02, waits: 1 }, { works: 1, waits: 40 })).toBe(0);
});
