import { describe, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64 } from '../formats/envelopes/envelope.test-help.ts';
import { scan } from '../index.ts';

const BLOB = madeUpBlob(32);
const listed = (text: string | Uint8Array, name = 'notes.txt') =>
  scan(Buffer.from(text), name).blobs.map(({ place, identification, notPutBack }) => [
    place,
    identification.kind,
    notPutBack?.slice(0, 21),
  ]);

describe('a piece of a blob that nothing completes is named, and never written', () => {
  const piece = base64(BLOB).slice(0, 60);
  test.each([
    ['a string of a program', `x = "${piece}"\nfoo()\n`, 'line 1, column 6'],
    ['words', `The value ${piece} was cut.\n`, 'line 1, column 11'],
    ['thirty letters', `see ${piece.slice(0, 32)} and so on\n`, 'line 1, column 5'],
    [
      'letters behind a whole one',
      `see ${base64(BLOB).replace(/=+$/, '')}${'A'.repeat(400)} here\n`,
      'line 1, column 5',
    ],
    ['a terminal’s colours', `\x1b[31m${piece}\x1b[0m: cut off.\n`, 'line 1, column 6'],
  ])('%s', (_, text, place) => {
    expect(listed(text)).toEqual([[place, 'kms-like', 'It begins as a KMS bl']]);
  });

  test('and pieces that go on are one blob, which is not listed twice', () => {
    const [a, b] = [base64(BLOB).slice(0, 80), base64(BLOB).slice(80)];
    expect(listed(`x = "${a}" +\n    "${b}"\n`)).toEqual([['line 1, column 6', 'kms-symmetric', undefined]]);
  });

  test('what documents write in place of one is none', () => {
    expect(listed(`see ${piece.slice(0, 40)}EXAMPLE== here\n`)).toEqual([]);
  });

  test('what begins as layout v0 by chance is none', () => {
    expect(listed('see CiAgPHBhdGggZD0iTTEyIDRWMiIgLz4KPC9zdmc here\n')).toEqual([]);
    expect(
      listed(`url(data:image/svg+xml;base64,PHN2ZyAg${'ICAg'.repeat(12)}/CiAgPHBhdGggZD0iTTEyIDRWMiIgLz4)\n`),
    ).toEqual([]);
  });
});

describe('several blobs that are one value', () => {
  const row = Buffer.concat([BLOB, madeUpBlob(16), madeUpBlob(32)]);
  const text = row.toString('base64');
  test.each([
    ['a file of its own', text, ''],
    ['hex', row.toString('hex'), ''],
    ['a value of YAML', `a: ${text}\n`, 'a: '],
    ['a value of JSON', JSON.stringify({ a: text }), 'a: '],
    ['words', `log ${text} end\n`, 'line 1, column 5: '],
    ['lines', `log ${text.match(/.{1,64}/g)?.join('\n')}\nend\n`, 'line 1, column 5: '],
  ])('%s: each is read, and none is written', (_, file, before) => {
    expect(listed(file)).toEqual(
      [1, 2, 3].map((n) => [`${before}blob ${n}`, 'kms-symmetric', 'It stands in one valu']),
    );
  });

  test('the last may be cut off', () => {
    const cut = row.subarray(0, row.length - 30).toString('base64');
    expect(listed(`a: ${cut}\n`).map(([, kind]) => kind)).toEqual([
      'kms-symmetric',
      'kms-symmetric',
      'kms-like',
    ]);
  });
});
