import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAX_FILE_BYTES } from '../../../core/intake/index.ts';
import { isPiped, readPiped, splitPiped } from './piped.ts';

const posix = test.skipIf(process.platform === 'win32');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-piped-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('standard input has several names; a file called - has one too', () => {
  writeFileSync(join(folder, '-'), '');
  for (const name of ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0', '/dev/fd/63'])
    expect(isPiped(name)).toBe(true);
  for (const name of ['./-', join(folder, '-'), folder, 'no-such-file']) expect(isPiped(name)).toBe(false);
  expect(splitPiped(['a', '-', 'b'])).toEqual({ piped: ['-'], files: ['a', 'b'] });
  expect(() => splitPiped(['-', '/dev/stdin'])).toThrow('named twice');
});

posix('a named pipe is read to its end, whatever its bytes are', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(isPiped(pipe)).toBe(true);
  const bytes = Buffer.from([0, 13, 10, 26, 255, 254, 0]);
  const written = pipeline(Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]), createWriteStream(pipe));
  expect(Buffer.from(await readPiped(pipe)).equals(bytes)).toBe(true);
  await written;
});

posix('no more is held than a file may have, also of what never ends', async () => {
  await expect(readPiped('/dev/zero')).rejects.toMatchObject({ fault: { code: 'FileTooLarge' } });
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(3 * MAX_FILE_BYTES);
});

posix('what gives nothing is said to be empty', async () => {
  await expect(readPiped('/dev/null')).rejects.toMatchObject({ fault: { code: 'InputEmpty' } });
});
