import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manyRuns } from '../../../../tools/many-runs.ts';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, nextBlob } from '../formats/envelopes/envelope.test-help.ts';
import { rewrite, scan } from '../index.ts';

/** What stands between two pieces of a string, with white space in each place where a program may have some. */
interface Manner {
  readonly open: string;
  readonly close: string;
  readonly between: (a: string, b: string, eol: string) => string;
}

const MANNERS: readonly Manner[] = [
  { open: 'x = "', close: '";\n', between: (a, b, eol) => `"${a}+${eol}${b}"` },
  { open: 'x = "', close: '";\n', between: (a, b, eol) => `"${eol}${a}+${b}"` },
  { open: "$x = '", close: "';\n", between: (a, b, eol) => `'${a}.${eol}${b}'` },
  { open: 'x = ("', close: '")\n', between: (a, b, eol) => `"${a}${eol}${b}"` },
  { open: 'x = "', close: '"\n', between: (a, b, eol) => `"${a}\\${eol}${b}"` },
  { open: 'x = "', close: '"\n', between: (a, b, eol) => `"${a}& _${eol}${b}"` },
  { open: 'x = concat!("', close: '");\n', between: (a, b, eol) => `",${a}${eol}${b}"` },
  { open: 'x = "', close: '"\n', between: (a, b, eol) => `"${eol}${a}x +=${b}"` },
  { open: 'sb.append("', close: '");\n', between: (a, b, eol) => `")${a}${eol}${b}.append("` },
  { open: 'X="', close: '"\n', between: (a, b, eol) => `"${a};${eol}${b}X="\${X}` },
  { open: 'see ', close: '\n', between: (a, b, eol) => `${a}${eol}${b}` },
  { open: '<p>', close: '</p>\n', between: (a, b, eol) => `${a}<br/>${eol}${b}` },
];

const space = fc
  .array(fc.constantFrom(' ', '\t'), { maxLength: 60 })
  .map((signs) => signs.join(''))
  .chain((text) => fc.constantFrom(text, text.padEnd(190), ''));

test('pieces are one blob whatever white space stands between them, and each place keeps its own', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...MANNERS),
      space,
      space,
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 32, max: 100 }),
      ({ open, close, between }, a, b, eol, size) => {
        const [old, next] = [madeUpBlob(32), madeUpBlob(32)];
        const written = (blob: Uint8Array): Buffer => {
          const pieces = base64(blob).match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
          return Buffer.from(open + pieces.join(between(a, b, eol)) + close);
        };
        const file = new Uint8Array(written(old));
        const found = scan(file, 'x');
        expect(found.blobs.map(({ bytes }) => base64(bytes))).toEqual([base64(old)]);
        const [one] = found.blobs;
        if (one === undefined) return;
        expect(one.notPutBack).toBeUndefined();
        expect(Buffer.from(rewrite(file, found, [{ found: one, next: nextBlob(next) }])).toString()).toBe(
          written(next).toString(),
        );
      },
    ),
    { numRuns: manyRuns(1000, 200) },
  );
});

test.each([
  ['a piece', 'x = "', '" +\n  "', '"\n'],
  ['a line', '', '\n', '\n'],
])('padding alone in %s belongs to the blob before it', (_, open, joint, close) => {
  // Letters that both alphabets have: that it is padded says which one it is.
  const plain = () => {
    for (;;) {
      const blob = madeUpBlob(32);
      if (!/[+/]/.test(base64(blob))) return blob;
    }
  };
  const written = (blob: Uint8Array) =>
    open + (base64(blob).match(/[^=]{1,41}|=+/g) ?? []).join(joint) + close;
  const [old, next] = [plain(), madeUpBlob(32)];
  expect(base64(old).indexOf('=') % 41).toBe(0);
  const file = new TextEncoder().encode(written(old));
  const found = scan(file, 'x');
  const [one] = found.blobs;
  if (one === undefined) throw new Error('no blob');
  expect(Buffer.from(rewrite(file, found, [{ found: one, next: nextBlob(next) }])).toString()).toBe(
    written(next),
  );
});
