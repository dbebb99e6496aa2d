import { describe, expect, test } from 'vitest';
import { assemble } from '../inspect/assemble.test-help.ts';
import { madeUpBlob } from './blob.test-help.ts';
import { base64, OLD } from './formats/envelopes/envelope.test-help.ts';
import { scan } from './index.ts';

const blob = madeUpBlob(32);
const coded = base64(blob);
const inBase64 = (...parts: (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((one) => Buffer.from(one))).toString('base64');
const read = (text: string | Uint8Array) => scan(new Uint8Array(Buffer.from(text)), 'x');

/** Files that hold one value in base64. */
const AROUND: readonly (readonly [string, (value: string) => string])[] = [
  ['a Secret', (value) => `apiVersion: v1\nkind: Secret\ndata:\n  x: ${value}\n`],
  ['JSON', (value) => JSON.stringify({ a: value })],
  ['an environment', (value) => `A=${value}\nB=2\n`],
  ['an export of a shell', (value) => `export A="${value}"\n`],
  ['a flag', (value) => `run --value=${value} --other\n`],
  ['JSON in JSON', (value) => JSON.stringify({ a: JSON.stringify({ b: value }) })],
  ['free text', (value) => `The value is ${value} here.\n`],
];

describe.each(AROUND)('in base64 in %s', (_, around) => {
  test('plaintext beside a blob is critical, and in the way of putting back', () => {
    const reply = { CiphertextBlob: coded, Plaintext: base64(new Uint8Array(32).fill(7)), KeyId: OLD };
    const found = read(around(inBase64(JSON.stringify(reply))));
    expect(found.findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['plaintext-beside-blob', 'critical'],
    ]);
    expect(found.plaintext).toHaveLength(1);
    expect(found.blobs.map(({ notPutBack }) => notPutBack?.includes('plaintext'))).toEqual([true]);
  });

  test.each([
    ['PHP', inBase64(`a:1:{s:1:"k";s:${coded.length}:"${coded}";}`)],
    ['PHP with bytes', inBase64(`a:1:{s:1:"k";s:${blob.length}:"`, blob, '";}')],
    [
      'protobuf',
      inBase64('\n\u0003abc', Uint8Array.of(0x12, (blob.length & 127) | 128, blob.length >> 7), blob),
    ],
  ])('a blob that %s holds is named, and not written', (_program, value) => {
    const { blobs } = read(around(value));
    expect(blobs.map(({ bytes, notPutBack }) => [base64(bytes), notPutBack === undefined])).toEqual([
      [coded, false],
    ]);
  });
});

test.each(['v0', 'v1', 'v2'] as const)('raw blobs of layout %s in a row are listed one by one', (layout) => {
  const three = [1, 2, 3].map((n) => assemble({ layout, fingerprint: new Uint8Array(32).fill(n) }));
  const { blobs } = read(Buffer.concat(three));
  expect(blobs.map(({ bytes, notPutBack }) => [base64(bytes), notPutBack === undefined])).toEqual(
    three.map((one) => [base64(one), false]),
  );
});

test.each([
  (piece: string) => `see ${piece} there\n`,
  (piece: string) => `x = "${piece}"\n`,
  (piece: string) => `${piece}\n`,
  (piece: string) => `A=${piece}\n`,
])('a single piece of a blob is never offered to KMS', (around) => {
  for (const size of [30, 64, 120])
    for (const { identification } of read(around(coded.slice(0, size))).blobs)
      expect(identification.reencryptable).toBe(false);
});
