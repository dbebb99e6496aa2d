import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asOrdinaryUser } from '../blob.test-help.ts';
import { MAX_FILE_BYTES, readSource, SmallFiles } from '../index.ts';

let top = '';
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'read-'));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const code = (path: string) =>
  readSource(path).then(
    () => 'read',
    (error: { fault: { code: string } }) => error.fault.code,
  );

test('bytes, hash, size and mode, for small and large files', async () => {
  for (const size of [0, 1, 184, 1024 * 1024 - 1, 1024 * 1024, 9 * 1024 * 1024 + 5]) {
    const bytes = randomBytes(size);
    const path = join(top, String(size));
    writeFileSync(path, bytes);
    chmodSync(path, 0o640);
    const source = await readSource(path);
    expect(Buffer.from(source.bytes).equals(bytes)).toBe(true);
    expect(source).toMatchObject({
      size,
      mode: 0o640,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(Math.abs(source.mtimeMs - Date.now())).toBeLessThan(60_000);
  }
});

test('what is no regular file is refused without waiting', async () => {
  execFileSync('mkfifo', [join(top, 'pipe')]);
  writeFileSync(join(top, 'file'), 'x');
  symlinkSync('file', join(top, 'link'));
  truncateSync(join(top, 'file'), MAX_FILE_BYTES + 1);
  expect(await code(join(top, 'pipe'))).toBe('NotAFile');
  expect(await code(join(top, 'link'))).toBe('NotAFile');
  expect(await code(top)).toBe('NotAFile');
  expect(await code('/dev/zero')).toBe('NotAFile');
  expect(await code(join(top, 'file'))).toBe('FileTooLarge');
  expect(await code(join(top, 'none'))).toBe('FileMissing');
  expect(await code(join(top, 'file', 'below'))).toBe('FileMissing');
});

test('no permission', async () => {
  const path = join(top, 'shut');
  writeFileSync(path, 'x');
  chmodSync(path, 0);
  chmodSync(top, 0o755);
  expect(await asOrdinaryUser(() => code(path))).toBe('FileUnreadable');
});

test('a file that changes while it is read is not taken', async () => {
  const path = join(top, 'growing');
  writeFileSync(path, randomBytes(32 * 1024 * 1024));
  const reading = code(path);
  // The large read waits for the disk, so this comes in between.
  appendFileSync(path, 'more');
  expect(await reading).toBe('FileChanging');
});

test('small files side by side: each its own bytes, and a forgotten place is used again', () => {
  const reader = new SmallFiles();
  const kept: { bytes: Uint8Array; expected: Buffer }[] = [];
  for (let i = 0; i < 600; i++) {
    const expected = randomBytes(i % 7 === 0 ? 3000 + (i % 1000) : 1 + (i % 400));
    const path = join(top, String(i));
    writeFileSync(path, expected);
    const bytes = reader.read(path);
    expect(expected.equals(bytes ?? new Uint8Array())).toBe(true);
    if (bytes === null) continue;
    if (i % 3 === 0) reader.forget();
    else kept.push({ bytes, expected });
  }
  for (const { bytes, expected } of kept) expect(Buffer.from(bytes).equals(expected)).toBe(true);
  writeFileSync(join(top, 'page'), randomBytes(4096));
  writeFileSync(join(top, 'more'), randomBytes(4097));
  writeFileSync(join(top, 'none'), '');
  expect(reader.read(join(top, 'page'))?.length).toBe(4096);
  expect(reader.read(join(top, 'more'))).toBeNull();
  expect(reader.read(join(top, 'none'))?.length).toBe(0);
  // What was not read here takes no one's place when it is forgotten.
  const last = reader.read(join(top, '8'));
  const expected = Buffer.from(last ?? []);
  expect(reader.read(join(top, 'more'))).toBeNull();
  reader.forget();
  reader.read(join(top, '9'));
  expect(Buffer.from(last ?? []).equals(expected)).toBe(true);
  expect(() => reader.read(join(top, 'gone'))).toThrow(
    expect.objectContaining({ fault: expect.objectContaining({ code: 'FileMissing' }) }),
  );
});
