import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { keySizeOf, type Neighbour, plaintextNeighbours, readableByOthers } from '../index.ts';

const key = (size: number) => Buffer.concat([Buffer.from([0x01, 0xff]), randomBytes(size - 2)]);
const blob = (file: string, ...sizes: (number | null)[]): Neighbour => ({
  file,
  mode: 0o600,
  blobPlaintextBytes: sizes,
  keyBytes: null,
});
const plain = (file: string, keyBytes: number | null, mode = 0o600): Neighbour => ({
  file,
  mode,
  blobPlaintextBytes: [],
  keyBytes,
});
const pairs = (...files: Neighbour[]) => plaintextNeighbours(files).map(({ file, beside }) => [file, beside]);

test('the size of a key, raw or written', () => {
  for (const size of [16, 24, 32, 64]) {
    const one = key(size);
    expect(keySizeOf(one)).toBe(size);
    expect(keySizeOf(Buffer.from(`${one.toString('base64')}\n`))).toBe(size);
    expect(keySizeOf(Buffer.from(one.toString('base64url')))).toBe(size);
    expect(keySizeOf(Buffer.from(`${one.toString('hex')}\r\n`))).toBe(size);
  }
});

test('what is no key', () => {
  for (const bytes of [
    Buffer.from(''),
    key(33),
    key(300),
    Buffer.alloc(32),
    Buffer.from('correct horse battery staple 123'),
    Buffer.from('{"a": 1, "b": [1, 2, 3, 4, 5, 6]}'),
  ])
    expect(keySizeOf(bytes), bytes.toString('latin1')).toBeNull();
});

test.each([
  ['d/x.key', 'd/x.key.enc'],
  ['d/db.plain', 'd/db.encrypted'],
  ['d/data-key.bin', 'd/data-key.ciphertext.b64'],
  ['plaintext-key', 'ciphertext-key'],
  ['d/decrypted.bin', 'd/some-other-name.kms'],
  ['d\\x.key', 'd\\x.key.enc'],
])('%s beside %s', (file, other) => {
  expect(pairs(blob(other, 32), plain(file, 32))).toEqual([[file, other]]);
});

test('not with another length, in another folder, or under another name', () => {
  expect(pairs(blob('d/x.key.enc', 32), plain('d/x.key', 16))).toEqual([]);
  expect(pairs(blob('d/x.key.enc', 32), plain('e/x.key', 32))).toEqual([]);
  expect(pairs(blob('d/x.key.enc', 32), plain('d/y.key', 32))).toEqual([]);
  expect(pairs(blob('d/x.key.enc', null), plain('d/x.key', 32))).toEqual([]);
  expect(pairs(blob('d/x.key.enc', 32), plain('d/x.key', null))).toEqual([]);
});

test('says so, critical, and whether others may read it', () => {
  const [closed] = plaintextNeighbours([blob('x.enc', 32), plain('x', 32)]);
  expect(closed?.finding).toMatchObject({ code: 'plaintext-key-beside-blob', severity: 'critical' });
  expect(closed?.finding.evidence.join()).not.toContain('Others');
  const [open] = plaintextNeighbours([blob('x.enc', 32), plain('x', 32, 0o644)]);
  expect(open?.finding.evidence.join()).toContain('Others on this machine may read it');
  expect(readableByOthers(0o600)).toBeNull();
  expect(readableByOthers(0o640)?.evidence[0]).toContain('640');
  expect(readableByOthers(null)).toBeNull();
});
