import { describe, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, NEW, nextBlob, OLD } from '../formats/envelopes/envelope.test-help.ts';
import { rewrite, type Scan, scan } from '../index.ts';

const OLD_BLOB = base64(madeUpBlob(32));
const wrapped = (blob: string, start: string) =>
  (blob.match(/.{1,64}/g) ?? []).map((line) => `${start}${line}`).join('\n');
const read = (text: string): [Uint8Array, Scan] => {
  const file = new Uint8Array(Buffer.from(text));
  return [file, scan(file, 'x.patch')];
};
const put = (text: string, next: Uint8Array): string => {
  const [file, found] = read(text);
  return Buffer.from(
    rewrite(
      file,
      found,
      found.blobs.map((one) => ({ found: one, next: nextBlob(next) })),
    ),
  ).toString();
};
const head = '--- a/x.yml\n+++ b/x.yml\n';
const reasons = (text: string) =>
  read(text)[1].blobs.map(({ notPutBack }) => notPutBack?.includes('of a patch'));

describe('a blob in lines that the patched file must have', () => {
  test.each([
    ['context', `${head}@@ -1,2 +1,3 @@\n enc: ${OLD_BLOB}\n+a: 1\n b: 2\n`],
    ['a removed line', `${head}@@ -1,2 +1 @@\n-enc: ${OLD_BLOB}\n b: 2\n`],
    ['context of several lines', `${head}@@ -1,5 +1,6 @@\n enc: |\n${wrapped(OLD_BLOB, '   ')}\n+a: 1\n`],
    ['quoted', `> ${head.replace('\n', '\n> ')}> @@ -1,2 +1,3 @@\n>  enc: ${OLD_BLOB}\n> +a: 1\n>  b: 2\n`],
    ['Windows lines', `${head}@@ -1,2 +1,3 @@\n enc: ${OLD_BLOB}\n+a: 1\n b: 2\n`.replaceAll('\n', '\r\n')],
    ['a fence', `# x\n\n\`\`\`diff\n@@ -1,2 +1,3 @@ f()\n enc: ${OLD_BLOB}\n+a: 1\n b: 2\n\`\`\`\n`],
    ['a second hunk', `${head}@@ -1 +1 @@\n-a\n+b\n@@ -9,2 +9,3 @@\n enc: ${OLD_BLOB}\n+a: 1\n b: 2\n`],
    ['a hunk with a wrong count', `${head}@@ -1,1 +1,1 @@\n a: 1\n-enc: ${OLD_BLOB}\n`],
  ])('%s: is read, and not put back', (_, text) => {
    expect(reasons(text)).toEqual([true]);
  });

  test('or with its label in such lines: is not put back either', () => {
    const text = `${head}@@ -1,3 +1,3 @@\n {\n-"CiphertextBlob": "x",\n+"CiphertextBlob": "${OLD_BLOB}",\n "KeyId": "${OLD}"\n }\n`;
    expect(reasons(text)).toEqual([true]);
  });
});

test('a removed line stays as it is, and the added one is put back with its label', () => {
  const added = base64(madeUpBlob(32));
  const text = `${head}@@ -1,2 +1,2 @@\n-enc: ${OLD_BLOB}\n+enc: ${added}\n b: 2\n`;
  expect(reasons(text)).toEqual([true, undefined]);
  const [file, found] = read(text);
  const one = found.blobs[1];
  if (one === undefined) throw new Error('no blob');
  const made = madeUpBlob(40);
  expect(Buffer.from(rewrite(file, found, [{ found: one, next: nextBlob(made) }])).toString()).toBe(
    text.replace(added, base64(made)),
  );
  const sops = `sops:\n    kms:\n        - arn: ${OLD}\n          enc: ${OLD_BLOB}\n    mac: ENC[y]\n    version: 3.8.1\n`;
  expect(put(`${head}@@ -0,0 +1,6 @@\n${sops.replaceAll(/^(?=.)/gm, '+')}`, made)).toContain(
    `+        - arn: ${NEW}\n`,
  );
});

test('a hunk keeps its number of lines, or the new blob is not written', () => {
  const text = (blob: string) => `${head}@@ -1 +1,6 @@\n a: 1\n+enc: |\n${wrapped(blob, '+  ')}\n`;
  const same = madeUpBlob(32);
  expect(put(text(OLD_BLOB), same)).toBe(text(base64(same)));
  expect(() => put(text(OLD_BLOB), madeUpBlob(300))).toThrow('more or fewer lines');
});

test('lines behind the last hunk are no part of it', () => {
  expect(reasons(`${head}@@ -1 +1 @@\n-a\n+b\nSee also:\n enc: ${OLD_BLOB}\n`)).toEqual([undefined]);
});

describe('patches of other forms: lines that are added are put back, others are not', () => {
  const added = base64(madeUpBlob(32));
  const esc = '\x1b';
  const coloured = (sign: string, line: string) =>
    sign === '+' ? `${esc}[32m+${esc}[m${esc}[32m${line}${esc}[m` : `${esc}[31m${sign}${line}${esc}[m`;
  test.each([
    [
      'context diff',
      `*** a/x.yml\t2024\n--- b/x.yml\t2024\n***************\n*** 1,2 ****\n! enc: ${OLD_BLOB}\n  b: 2\n--- 1,2 ----\n! enc: ${added}\n  b: 2\n`,
      [true, undefined],
    ],
    [
      'context diff that only adds',
      `***************\n*** 1,2 ****\n--- 1,3 ----\n  enc: ${OLD_BLOB}\n+ new: ${added}\n  b: 2\n`,
      [true, undefined],
    ],
    [
      'context diff that removes',
      `***************\n*** 1,3 ****\n  a: 1\n- enc: ${OLD_BLOB}\n  b: 2\n--- 1,2 ----\n`,
      [true],
    ],
    ['normal diff', `1c1\n< enc: ${OLD_BLOB}\n---\n> enc: ${added}\n`, [true, undefined]],
    ['normal diff that deletes', `3,4d2\n< enc: ${OLD_BLOB}\n< b: 2\n`, [true]],
    ['normal diff that adds', `0a1\n> enc: ${added}\n`, [undefined]],
    [
      'combined diff',
      `@@@ -1,3 -1,3 +1,3 @@@\n  a: 1\n- enc: ${OLD_BLOB}\n++enc: ${added}\n  b: 2\n`,
      [true, undefined],
    ],
    [
      'combined diff, added beside one parent alone',
      `@@@ -1,2 -1,3 +1,3 @@@\n  a: 1\n+ enc: ${OLD_BLOB}\n  b: 2\n`,
      [true],
    ],
    [
      'coloured diff',
      `${esc}[1m--- a/x.yml${esc}[m\n${esc}[36m@@ -1,3 +1,3 @@${esc}[m\n a: 1\n${coloured('-', `enc: ${OLD_BLOB}`)}\n${coloured('+', `enc: ${added}`)}\n b: 2\n`,
      [true, undefined],
    ],
    [
      'coloured context',
      `${esc}[36m@@ -1,2 +1,3 @@${esc}[m\n enc: ${OLD_BLOB}\n${coloured('+', 'a: 1')}\n b: 2\n`,
      [true],
    ],
  ])('%s', (_, text, expected) => {
    expect(reasons(text)).toEqual(expected);
    const [file, found] = read(text);
    const made = madeUpBlob(32);
    const wanted = found.blobs.filter(({ notPutBack }) => notPutBack === undefined);
    const next = rewrite(
      file,
      found,
      wanted.map((one) => ({ found: one, next: nextBlob(made) })),
    );
    expect(Buffer.from(next).toString()).toBe(text.replace(added, base64(made)));
  });

  test('words that look like a head are none', () => {
    expect(reasons(`5d3 is a move in chess\n> enc: ${OLD_BLOB}\n`)).toEqual([undefined]);
    expect(reasons(`***************\nenc: ${OLD_BLOB}\n`)).toEqual([undefined]);
    expect(reasons(`12a13\nenc: ${OLD_BLOB}\n`)).toEqual([undefined]);
  });
});
