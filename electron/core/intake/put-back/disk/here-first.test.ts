import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sha256 } from '../../../storage/hash.ts';
import { type PutBackFs, REAL_FS } from '../fs.ts';
import { diskHere } from './disk.ts';
import { HereFirst } from './here-first.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-here-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function replaced(fs: PutBackFs, files: number): Promise<number> {
  const pool = diskHere();
  const byPool = vi.spyOn(pool, 'replaceFile');
  const disk = new HereFirst(pool, fs);
  for (let i = 0; i < files; i++) {
    const path = join(folder, `${i}.txt`);
    writeFileSync(path, 'old');
    await disk.replaceFile({ path, bytes: Buffer.from('new'), expectedSha256: sha256('old'), backup: false });
    expect(readFileSync(path, 'utf8')).toBe('new');
  }
  return byPool.mock.calls.length;
}

test('files are put back in this thread while its calls return at once', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now++ / 1000);
  expect(await replaced(REAL_FS, 20)).toBe(0);
  clock.mockRestore();
});

test('and by others once they block', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 10;
    return now;
  });
  expect(await replaced(REAL_FS, 20)).toBe(12);
  clock.mockRestore();
});
