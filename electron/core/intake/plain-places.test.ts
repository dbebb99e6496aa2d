import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256 } from '../storage/hash.ts';
import { madeUpBlob } from './blob.test-help.ts';
import { base64 } from './formats/envelopes/envelope.test-help.ts';
import { blobsAt, plainPlaces, replacedAlone } from './plain-places.ts';
import { rewrite } from './rewrite.ts';
import { scan } from './scan.ts';
import type { FoundBlob, NewBlob } from './types.ts';

const FIELD = join(import.meta.dirname, 'field');
const [one, two] = [base64(madeUpBlob()), base64(madeUpBlob())];

/** Name, content, and whether its blobs are found again without a scan. */
const FILES: readonly (readonly [name: string, text: string | Uint8Array, plain: boolean])[] = [
  ['lines.txt', `${one}\n${two}\n`, true],
  ['app.env', `\ufeffA=${one}\r\nB="${two}"\r\nC=3\n`, true],
  ['hex.env', `A=${Buffer.from(one, 'base64').toString('hex').toUpperCase()}\n`, true],
  ['config.json', JSON.stringify({ a: one, b: [two] }), true],
  ['two-ways.env', `A=${one}\nB=${Buffer.from(two, 'base64').toString('hex')}\n`, false],
  ['escaped.json', JSON.stringify({ a: one }).replaceAll('/', '\\/').replace('A', '\\u0041'), false],
  ['wrapped.txt', one.replaceAll(/.{64}/g, '$&\n'), false],
  ['wide.env', Buffer.from(`\ufeffA=${one}\n`, 'utf16le'), false],
  ['answer.json', JSON.stringify({ CiphertextBlob: one, KeyId: 'alias/a', Plaintext: 'c2VjcmV0' }), false],
  ['nested.yaml', `data: ${Buffer.from(JSON.stringify({ a: one })).toString('base64')}\n`, false],
  ['beside.json', JSON.stringify({ values: ['staging key', one, base64(randomBytes(32))] }), false],
];

test.each(FILES)('%s', (name, text, plain) => {
  expect(isFoundAgain(name, Buffer.from(text))).toBe(plain);
});

test.each(readdirSync(FIELD).filter((name) => !name.endsWith('.ts')))('of the field, %s', (name) => {
  isFoundAgain(name, readFileSync(join(FIELD, name)));
});

test('some of the blobs, other bytes at a place, and another number of blobs are looked for', () => {
  const bytes = Buffer.from(`A=${one}\nB=${two}\n`);
  const found = scan(bytes, 'a.env');
  const named = found.blobs.map((blob) => ({ place: blob.place, sha256: sha256(blob.bytes) }));
  expect(plainPlaces('', found, found.blobs.slice(1))).toBeNull();
  const places = plainPlaces('', found, found.blobs);
  if (places === null) throw new Error('not plain');
  expect(blobsAt(bytes, places, named)).toHaveLength(2);
  expect(blobsAt(bytes, places, named.toReversed())).toBeNull();
  expect(blobsAt(bytes, places, named.slice(1))).toBeNull();
  expect(blobsAt(bytes.subarray(1), places, named)).toBeNull();
});

const newBlob = (bytes: Uint8Array): NewBlob => ({
  bytes,
  keyArn: 'arn:aws:kms:us-east-1:111122223333:key/f3978301-41fa-4838-a252-c76e50a21c2e',
  sourceKeyArn: null,
  algorithm: 'SYMMETRIC_DEFAULT',
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  keyMaterialId: null,
  sourceKeyMaterialId: null,
  context: null,
  at: '2026-11-30T00:00:00Z',
});

/** Whether a file is plain; then what is made of its places must be what a scan finds. */
function isFoundAgain(name: string, bytes: Uint8Array): boolean {
  const found = scan(bytes, name);
  const places = plainPlaces(sha256(bytes), found, found.blobs);
  if (places === null) return false;
  const named = found.blobs.map((blob) => ({ place: blob.place, sha256: sha256(blob.bytes) }));
  expect(blobsAt(bytes, places, named)).toEqual(found.blobs.map((blob) => ({ ...blob, findings: [] })));
  expect(found).toMatchObject({ plaintext: [] });
  expect([found.database, found.possiblePlaintext ?? []]).toEqual([undefined, []]);
  expectReplacedAlone(name, bytes, found.blobs);
  return true;
}

/** A blob of the same kind and length. */
const another = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([bytes.subarray(0, -16), randomBytes(16)]));

/** What replaces its blobs, some or all, is known for that without a scan, which says the same; nothing else is. */
function expectReplacedAlone(name: string, before: Uint8Array, blobs: readonly FoundBlob[]): void {
  for (const some of [blobs, blobs.slice(0, 1), blobs.slice(1)]) {
    const ready = some.map((found) => ({ found, next: newBlob(another(found.bytes)) }));
    const after = rewrite(before, { plaintext: [] }, ready);
    expect(replacedAlone(before, after, ready)).toBe(true);
    const made = new Map(ready.map(({ found, next }) => [found.place, next.bytes]));
    expect(scan(after, name).blobs.map(({ place, bytes }) => [place, sha256(bytes)])).toEqual(
      blobs.map(({ place, bytes }) => [place, sha256(made.get(place) ?? bytes)]),
    );
    for (let at = 0; at < after.length; at++) {
      const other = after.slice();
      other[at] = (other[at] ?? 0) ^ 1;
      if (replacedAlone(before, other, ready)) throw new Error(`${name}: byte ${at} may be any`);
    }
    expect(replacedAlone(before, after.subarray(1), ready)).toBe(false);
    expect(replacedAlone(before, Buffer.concat([after, Buffer.from('\n')]), ready)).toBe(false);
  }
}

test('of one that is longer or shorter, a scan says it', () => {
  const before = Buffer.from(`A=${one}\n`);
  const [found] = scan(before, 'a.env').blobs;
  if (found === undefined) throw new Error('no blob');
  for (const plaintextBytes of [31, 35]) {
    const ready = [{ found, next: newBlob(madeUpBlob(plaintextBytes)) }];
    expect(replacedAlone(before, rewrite(before, { plaintext: [] }, ready), ready)).toBe(false);
  }
});

test.each([`x${one}\n`, `${one}${one}\n`, `${one}=x\n`])(
  'of %s, with no end to its letters, a scan says it',
  (text) => {
    const before = Buffer.from(text);
    const start = text.indexOf(one);
    const [plain] = scan(Buffer.from(one), 'a.txt').blobs;
    if (plain === undefined) throw new Error('no blob');
    const found = { ...plain, range: { start, end: start + one.length } };
    const ready = [{ found, next: newBlob(madeUpBlob()) }];
    expect(replacedAlone(before, rewrite(before, { plaintext: [] }, ready), ready)).toBe(false);
  },
);
