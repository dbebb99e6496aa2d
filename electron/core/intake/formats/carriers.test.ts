import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../inspect/assemble.test-help.ts';
import { sdkMessage } from '../../inspect/look-alikes.test-help.ts';
import { scan } from '../scan.ts';
import { encode } from '../text/encoding.ts';

const KEY = 'arn:aws:kms:us-west-2:658956600833:key/b3537ef1-1111-4111-8111-111111111111';
/** How often each carrier is tried: `+` and `/` stand elsewhere every time. */
const ROUNDS = Number(process.env.CARRIER_ROUNDS ?? 4);

const pieces = (text: string, length: number): string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, i) => text.slice(i * length, (i + 1) * length));
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const escaped = (text: string, how: (hex: string) => string): string =>
  text.replace(/[+/=]/g, (char) => how(char.charCodeAt(0).toString(16)));
const url = encodeURIComponent;

/** A file that holds a base64 text, by the ways in which people and tools write one down. */
const CARRIERS: Readonly<Record<string, (text: string) => string>> = {
  'plain.json': (text) => JSON.stringify({ a: text }),
  'slashes.json': (text) => JSON.stringify({ a: text }).replaceAll('/', '\\/'),
  'escapes.json': (text) => escaped(JSON.stringify({ a: text }), (hex) => `\\u00${hex}`),
  'upper.json': (text) => escaped(JSON.stringify({ a: text }), (hex) => `\\u00${hex.toUpperCase()}`),
  'inner.json': (text) => JSON.stringify({ a: JSON.stringify({ a: text }) }),
  'slashes.js': (text) => `const a = "${text.replaceAll('/', '\\/')}";\n`,
  'escapes.js': (text) => `const a = "${escaped(text, (hex) => `\\u00${hex}`)}";\n`,
  'bytes.js': (text) => `const a = "${escaped(text, (hex) => `\\x${hex}`)}";\n`,
  'url.txt': (text) => `https://x/y?m=${url(text)}&b=1\n`,
  'url.json': (text) => JSON.stringify({ u: `https://x/y?m=${url(text)}` }),
  'url.env': (text) => `M=${url(text)}\n`,
  'url.yaml': (text) => `m: ${url(text)}\n`,
  'url.html': (text) => `<a href="x?m=${url(text)}&amp;b=1">x</a>\n`,
  'form.txt': (text) => `a=1&m=${url(text).replace(/%../g, (one) => one.toLowerCase())}&c=2`,
  'twice.txt': base64,
  'twice.json': (text) => JSON.stringify({ s: base64(text) }),
  'twice.yaml': (text) => `kind: Secret\ndata:\n  a: ${base64(text)}\n`,
  'twice.py': (text) => `a = "${base64(text)}"\n`,
  'twice.sh': (text) => `aws x --blob ${base64(text)} --out y\n`,
  'lines.py': (text) =>
    `A = (\n${pieces(text, 64)
      .map((one) => `    "${one}"`)
      .join('\n')}\n)\n`,
  'short.py': (text) =>
    `A = (\n${pieces(text, 30)
      .map((one) => `    "${one}"`)
      .join('\n')}\n)\n`,
  'tiny.py': (text) =>
    `A = (\n${pieces(text, 20)
      .map((one) => `    '${one}'`)
      .join('\n')}\n)\n`,
  'bytes.py': (text) =>
    `A = (\n${pieces(text, 60)
      .map((one) => `    b'${one}'`)
      .join('\n')}\n)\n`,
  'line.py': (text) =>
    `A = ${pieces(text, 60)
      .map((one) => `'${one}'`)
      .join(' ')}\n`,
  'bytes-line.py': (text) =>
    `f(a=${pieces(text, 60)
      .map((one) => `b"${one}"`)
      .join(' ')}, b=1)\n`,
  'continued.py': (text) =>
    `A = ${pieces(text, 60)
      .map((one) => `"${one}"`)
      .join(' \\\n    ')}\n`,
  'sum.py': (text) =>
    `A = ${pieces(text, 60)
      .map((one) => `"${one}"`)
      .join(' + ')}\n`,
  'sum.js': (text) =>
    `const A =\n  ${pieces(text, 60)
      .map((one) => `"${one}"`)
      .join(' +\n  ')};\n`,
  'sum.java': (text) =>
    `String A = ${pieces(text, 60)
      .map((one) => `"${one}"`)
      .join('\n    + ')};\n`,
  'uneven.py': (text) =>
    `A = (\n  "${text.slice(0, 40)}"\n  "${text.slice(40, 160)}"\n  "${text.slice(160)}"\n)\n`,
  'dots.php': (text) =>
    `<?php $a = ${pieces(text, 60)
      .map((one) => `'${one}'`)
      .join(' . ')};\n`,
  'pieces.c': (text) =>
    `char *A =\n${pieces(text, 60)
      .map((one) => `  "${one}"`)
      .join('\n')};\n`,
  'long.py': (text) => `A = """\\\n${pieces(text, 60).join('\\\n')}"""\n`,
  'value.xml': (text) => `<a>${text}</a>\n`,
  'row.csv': (text) => `a,b\n1,${text}\n`,
  'insert.sql': (text) => `INSERT INTO t VALUES ('${text}');\n`,
  'back.go': (text) => `var a = \`${text}\`\n`,
  'log.log': (text) => `2024-01-01 INFO message=${text} done\n`,
  'folded.yaml': (text) =>
    `a: >-\n${pieces(text, 60)
      .map((one) => `  ${one}`)
      .join('\n')}\n`,
  'data.txt': (text) => `data:application/octet-stream;base64,${text}\n`,
};

describe('in every carrier', () => {
  it.each(Object.keys(CARRIERS))('a blob and a message of the Encryption SDK are found: %s', (name) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const blob = Buffer.from(assemble({ layout: 'v2', fingerprint: randomBytes(32) }));
      const info = 'x'.repeat(round % 3);
      for (const version of [1, 2] as const) {
        const message = sdkMessage(version, [['aws-kms', KEY, blob]], { a: info });
        const text = CARRIERS[name]?.(message.toString('base64')) ?? '';
        const { blobs } = scan(Buffer.from(text), name);
        expect(
          blobs.map(({ identification }) => identification.kind),
          text,
        ).toEqual(['encryption-sdk-message', 'kms-symmetric']);
        expect(blobs[1]?.declared.keyArn, text).toBe(KEY);
        expect(Buffer.from(blobs[0]?.bytes ?? []).equals(message), text).toBe(true);
      }
      const text = CARRIERS[name]?.(blob.toString('base64')) ?? '';
      const { blobs } = scan(Buffer.from(text), name);
      expect(
        blobs.map(({ identification }) => identification.kind),
        text,
      ).toEqual(['kms-symmetric']);
      const [found] = blobs;
      if (found === undefined || found.within !== undefined) continue;
      expect(Buffer.from(found.bytes).equals(blob), text).toBe(true);
      expect(Buffer.from(encode(found.encoding, found.bytes)).toString(), name).toBe(
        text.slice(found.range.start, found.range.end),
      );
    }
  });

  it('two blobs beside each other stay two', () => {
    const blobs = [1, 2].map(() =>
      Buffer.from(assemble({ layout: 'v2', fingerprint: randomBytes(32) })).toString('base64'),
    );
    for (const between of ['" "', '",\n"', '"\n"', "' 'x' '", '" + "'])
      expect(scan(Buffer.from(`a = ["${blobs.join(between)}"]\n`), 'a.py').blobs, between).toHaveLength(2);
  });
});
