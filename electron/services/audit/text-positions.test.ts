import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { scan } from '../../core/intake/index.ts';
import { ListedSource } from '../workspace/source.ts';
import { textPositions } from './text-positions.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-lines-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const blob = () => Buffer.from(assemble({ layout: 'v2' })).toString('base64');

/** Line and column of each blob of a file. */
async function positions(bytes: Buffer, change = false): Promise<(readonly [number, number] | null)[]> {
  const path = join(folder, 'a.env');
  writeFileSync(path, bytes);
  const source = new ListedSource(
    1,
    'path',
    { path, display: 'a.env', relative: 'a.env', repository: null },
    {
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      found: scan(bytes, 'a.env'),
    },
  );
  if (change) writeFileSync(path, `\n${bytes}`);
  const found = await textPositions(source.blobs.length, (i) => source.blobs[i]);
  return source.blobs.map((_, i) => {
    const at = found.get(i);
    return at === undefined ? null : [at.line, at.column];
  });
}

it('counts lines from 1 and columns in UTF-16 units, without a byte order mark', async () => {
  expect(await positions(Buffer.from(`A=1\r\nB="${blob()}"\n\nC='${blob()}'\n`))).toEqual([
    [2, 4],
    [4, 4],
  ]);
  expect(await positions(Buffer.from(`\ufeffA=${blob()}\n`))).toEqual([[1, 3]]);
  expect(await positions(Buffer.from(`{"ü😀":"x","CiphertextBlob":"${blob()}","k":"${blob()}"}`))).toEqual([
    [1, 30],
    expect.arrayContaining([1]),
  ]);
});

it('says nothing of a file that has changed since', async () => {
  expect(await positions(Buffer.from(`A=1\nB=${blob()}\n`), true)).toEqual([null]);
});
