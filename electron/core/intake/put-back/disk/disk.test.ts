import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FaultError, fault } from '#shared/model/fault.ts';
import { bundledPart } from '../../../../../tools/bundled.ts';
import { sha256 } from '../../../storage/hash.ts';
import { temporaryName } from '../../files/names.ts';
import { DiskPool } from './pool.ts';

const THREAD = await bundledPart('disk-thread');

let top = '';
let pool: DiskPool;
let started: Worker[];

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'rewrap-disk-'));
  started = [];
  pool = new DiskPool(() => {
    const worker = new Worker(THREAD);
    started.push(worker);
    return worker;
  });
});

afterEach(() => {
  pool.close();
  rmSync(top, { recursive: true });
});

const old = Buffer.from('old');
const file = (name: string): string => {
  const path = join(top, name);
  writeFileSync(path, old);
  return path;
};
const replacing = (path: string, text: string, staged?: () => Promise<void>) =>
  pool.replaceFile({
    path,
    bytes: Buffer.from(text),
    temporary: temporaryName('0'.repeat(24)),
    expectedSha256: sha256(old),
    backup: true,
    ...(staged === undefined ? {} : { staged }),
  });

test('many files at once are replaced, each announced before it is touched, by one thread', async () => {
  const paths = Array.from({ length: 60 }, (_, i) => file(`${i}`));
  let asWas = 0;
  const done = await Promise.all(
    paths.map((path, i) =>
      replacing(path, `new ${i}`, async () => {
        if (readFileSync(path).equals(old)) asWas++;
      }),
    ),
  );
  expect(asWas).toBe(60);
  paths.map((path, i) => expect(readFileSync(path, 'utf8')).toBe(`new ${i}`));
  for (const { backupPath } of done) expect(readFileSync(backupPath ?? '').equals(old)).toBe(true);
  expect(readdirSync(top)).toHaveLength(120);
  expect(started.length).toBe(1);
});

test('what the journal refuses leaves the file as it was, and is thrown as it was', async () => {
  const path = file('a');
  const refusal = new FaultError(fault('JournalFailed', 'full', '', ''));
  await expect(replacing(path, 'new', () => Promise.reject(refusal))).rejects.toBe(refusal);
  const odd = new Error('odd');
  await expect(replacing(path, 'new', () => Promise.reject(odd))).rejects.toBe(odd);
  expect(readFileSync(path).equals(old)).toBe(true);
  expect(readdirSync(top)).toEqual(['a']);
});

test('a fault of the thread is one here', async () => {
  const path = file('a');
  writeFileSync(path, 'changed');
  await expect(replacing(path, 'new')).rejects.toMatchObject({ fault: { code: 'FileChanged' } });
  await expect(replacing(join(top, 'none'), 'new')).rejects.toMatchObject({ fault: { code: 'FileMissing' } });
});

test('new files are written below a folder', async () => {
  const input = { folder: top, relative: 'sub/new', bytes: Buffer.from('x') };
  const seen: string[] = [];
  const { path } = await pool.writeNewFile({ ...input, staged: async (names) => void seen.push(names.path) });
  expect(readFileSync(path, 'utf8')).toBe('x');
  expect(seen).toEqual([path]);
  await expect(pool.writeNewFile({ ...input, bytes: Buffer.from('y') })).rejects.toMatchObject({
    fault: { code: 'OutputExists' },
  });
});

test('when a thread dies its files are said to be what they are, and others go on', async () => {
  const path = file('a');
  const dying = replacing(path, 'new', async () => void (await started[0]?.terminate()));
  await expect(dying).rejects.toMatchObject({ fault: { code: 'WriteFailed' } });
  expect(readFileSync(path).equals(old)).toBe(true);
  expect(readdirSync(top)).toEqual(['a']);
  const other = replacing(path, 'new', async () => {
    writeFileSync(path, 'other');
    await started[1]?.terminate();
  });
  await expect(other).rejects.toMatchObject({ fault: { code: 'FileChanged' } });
  writeFileSync(path, old);
  await replacing(path, 'newer');
  expect(readFileSync(path, 'utf8')).toBe('newer');
});

test('a thread that ends is followed by another, three times, and then files are put back here', async () => {
  const starting = vi.fn(() => {
    const worker = new Worker(THREAD);
    started.push(worker);
    return worker;
  });
  const mortal = new DiskPool(starting);
  const path = file('a');
  let was: Uint8Array = old;
  for (let round = 1; round <= 6; round += 1) {
    const bytes = Buffer.from(`round ${round}`);
    await mortal.replaceFile({ path, bytes, expectedSha256: sha256(was), backup: false });
    expect(readFileSync(path)).toEqual(bytes);
    was = bytes;
    expect(starting).toHaveBeenCalledTimes(Math.min(round, 4));
    if (round > 4) continue;
    // As when it runs out of memory: an error, then its end.
    started.at(-1)?.emit('error', new Error('out of memory'));
    await started.at(-1)?.terminate();
  }
  mortal.close();
});

test('without threads files are replaced here', async () => {
  const none = new DiskPool(() => {
    throw new Error('no threads');
  });
  const path = file('a');
  await none.replaceFile({ path, bytes: Buffer.from('new'), expectedSha256: sha256(old), backup: false });
  expect(readFileSync(path, 'utf8')).toBe('new');
  const missing = new DiskPool(() => new Worker(join(top, 'none.cjs')));
  for (const [was, now] of [
    ['new', '2'],
    ['2', '3'],
  ] as const) {
    await missing.replaceFile({
      path,
      bytes: Buffer.from(now),
      expectedSha256: sha256(Buffer.from(was)),
      backup: false,
    });
    expect(readFileSync(path, 'utf8')).toBe(now);
  }
});

/** A file as a run left it, with its backup. */
const replaced = (name: string) => {
  const path = join(top, name);
  const backup = `${path}.rewrap-backup-20260101T000000Z`;
  writeFileSync(path, 'new');
  writeFileSync(backup, old);
  return { path, backup, now: sha256(Buffer.from('new')), old: sha256(old) };
};

test('files are restored and removed by the thread', async () => {
  const files = Array.from({ length: 40 }, (_, i) => replaced(`${i}`));
  expect(new Set(await Promise.all(files.map((one) => pool.restoreBackup(one))))).toEqual(
    new Set(['restored']),
  );
  for (const { path } of files) expect(readFileSync(path).equals(old)).toBe(true);
  expect(readdirSync(top)).toHaveLength(40);
  expect(started.length).toBeGreaterThan(0);
  const [one] = files;
  if (one === undefined) throw new Error('no file');
  expect(await pool.restoreBackup(one)).toBe('already');
  expect(await pool.restoreBackup({ ...one, old: sha256(Buffer.from('other')) })).toBe('changed');
  expect(await pool.restoreBackup({ ...one, now: one.old, old: one.now })).toBe('no-backup');
  expect(await pool.removeWritten({ path: one.path, now: one.now })).toBe('changed');
  expect(await pool.removeWritten({ path: one.path, now: one.old })).toBe('removed');
  expect(await pool.removeWritten({ path: one.path, now: one.old })).toBe('already');
  mkdirSync(one.path);
  await expect(pool.restoreBackup({ ...one, backup: join(top, 'x') })).resolves.toBe('changed');
});

test('files of which the thread dies half-way are restored all the same', async () => {
  const files = Array.from({ length: 60 }, (_, i) => replaced(`${i}`));
  const one = new DiskPool(() => {
    const worker = new Worker(THREAD);
    started.push(worker);
    return worker;
  });
  let ended = 0;
  const restored = files.map(async (input) => {
    const how = await one.restoreBackup(input);
    ended++;
    // What ends first kills the thread that has the others.
    if (ended === 1) await started[0]?.terminate();
    return how;
  });
  for (const how of await Promise.all(restored)) expect(['restored', 'already']).toContain(how);
  for (const { path } of files) expect(readFileSync(path).equals(old)).toBe(true);
  expect(readdirSync(top)).toHaveLength(60);
  one.close();
});
