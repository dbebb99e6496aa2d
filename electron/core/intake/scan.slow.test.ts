import { test } from 'vitest';
import { assemble } from '../inspect/assemble.test-help.ts';
import { expectLinear } from '../inspect/linear.test-help.ts';
import { type Neighbour, plaintextNeighbours, scan } from './index.ts';

const read = (text: string) => scan(Buffer.from(text), 'file');

test('long hostile text takes linear time', () => {
  const texts = (n: number): string[] => [
    ' '.repeat(n),
    'A '.repeat(n / 2),
    'a'.repeat(n),
    '"'.repeat(n),
    `${' '.repeat(n)}x`,
    '\\n'.repeat(n / 2),
    '[1,'.repeat(n / 4),
    `{"CiphertextBlob":"${' '.repeat(n)}`,
    `["CiphertextBlob",${'['.repeat(n)}`,
    '01'.repeat(n / 2),
    `{"CiphertextBlob":"${'\\n '.repeat(n / 4)}x${' '.repeat(n / 4)}"}`,
    'AQIC'.repeat(n / 4),
    `AQIC${'\n'.repeat(n)}AQIC`,
  ];
  for (const i of texts(8).keys())
    expectLinear(
      (n) => {
        const text = texts(n)[i] ?? '';
        return () => read(text);
      },
      4_000_000,
      texts(800)[i]?.slice(0, 30) ?? '',
    );
});

test('blobs of one name take linear time', () => {
  const line = `A=${Buffer.from(assemble({ layout: 'v2' })).toString('base64')}`;
  expectLinear(
    (size) => {
      const file = Buffer.from(Array.from({ length: size }, () => line).join('\n'));
      return () => scan(file, '.env');
    },
    2000,
    'blobs of one name',
  );
});

test('many files in one folder take linear time', () => {
  expectLinear(
    (n) => {
      const files = Array.from(
        { length: n },
        (_, i): Neighbour =>
          i % 2 === 0
            ? { file: `d/k${i}.enc`, mode: 0o600, blobPlaintextBytes: [32], keyBytes: null }
            : { file: `d/k${i - 1}`, mode: 0o600, blobPlaintextBytes: [], keyBytes: 32 },
      );
      return () => plaintextNeighbours(files);
    },
    5000,
    'files of one folder',
  );
});

test('parts of text that begin and do not end take linear time around many blobs', () => {
  const blob = Buffer.from(assemble({ layout: 'v2' })).toString('base64');
  const parts: readonly ((i: number) => string)[] = [
    (i) => `cat <<E${i}\n{"kms":"${blob}","x":{`,
    () => `{"a":{"b":[{"KeyId": "${blob}"`,
    () => `\`{"kms":"${blob}","x":"`,
    () => `log {"CiphertextBlob":"${blob}","kms":{"x":"${'y'.repeat(200)}`,
    (i) => `${'>'.repeat(1 + (i % 6))} {"kms":"${blob}","x":{`,
    () => `"{\\"kms\\":\\"${blob}\\",\\"x\\":{`,
  ];
  for (const [which, part] of parts.entries())
    expectLinear(
      (size) => {
        const file = Buffer.from(Array.from({ length: size }, (_, i) => part(i)).join('\n'));
        return () => scan(file, 'notes.txt');
      },
      500,
      `unended part ${which}`,
    );
});
