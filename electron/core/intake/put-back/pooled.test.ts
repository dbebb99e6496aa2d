import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { diskWaits, inPool } from '../../limits/thread-pool.ts';
import { sha256 } from '../../storage/hash.ts';
import { POOLED_FS as fs } from './fs.ts';
import { replaceFile } from './replace-file.ts';
import { removeWritten, restoreBackup } from './undo.ts';

let folder = '';
let path = '';
let backup = '';
let free: () => void;

/** One call waits for the disk at a time. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-pooled-'));
  path = join(folder, 'a');
  backup = join(folder, 'backup');
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  for (let i = 1; i < diskWaits(); i++) void inPool(() => held);
});
afterEach(() => {
  free();
  rmSync(folder, { recursive: true });
});

/** Another program, which replaces the file after so many calls of ours; whether it came to it before `work` ended. */
async function meeting(after: number, work: () => Promise<unknown>): Promise<boolean> {
  let over = false;
  const other = async (): Promise<boolean> => {
    for (let turns = 0; !over; turns++) {
      const comes = turns === after;
      await inPool(async () => {
        if (!comes) return turn();
        writeFileSync(join(folder, 'other'), 'other');
        renameSync(join(folder, 'other'), path);
      });
      if (comes) return true;
    }
    return false;
  };
  const came = other();
  await work();
  over = true;
  return came;
}

const now = sha256('now');
const old = sha256('old');

test.each<[string, () => Promise<unknown>]>([
  ['replaced', () => replaceFile({ path, bytes: Buffer.from('new'), expectedSha256: now, backup: true, fs })],
  ['restored', () => restoreBackup({ path, backup, now, old, fs })],
  ['removed', () => removeWritten({ path, now }, fs)],
])('what another program makes of a file that is %s stands, whenever it comes', async (_, work) => {
  let comes = 0;
  for (let after = 0; comes === after; after++) {
    writeFileSync(path, 'now');
    writeFileSync(backup, 'old');
    const came = await meeting(after, () =>
      work().catch((error: unknown) => expect(error).toMatchObject({ fault: { code: 'FileChanged' } })),
    );
    if (!came) continue;
    comes++;
    expect(readFileSync(path, 'utf8'), `after ${after} calls`).toBe('other');
  }
  expect(comes).toBeGreaterThan(3);
});
