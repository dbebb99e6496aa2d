import { randomBytes } from 'node:crypto';
import { describe, test } from 'vitest';
import { assemble } from '../../../inspect/assemble.test-help.ts';
import { expectLinear } from '../../../inspect/linear.test-help.ts';
import { openInput } from '../format.ts';
import { base64, text } from './envelope.test-help.ts';
import { binaryEnvelope, textEnvelopes } from './index.ts';

const credstashItem = (blob: Uint8Array) => ({
  name: { S: 'db' },
  version: { S: '0000000000000000001' },
  digest: { S: 'SHA256' },
  key: { S: base64(blob) },
  contents: { S: base64(randomBytes(20)) },
  hmac: { B: base64(randomBytes(64)) },
});

describe('linear time', () => {
  const size = 2_000_000;
  const blob = base64(assemble({ layout: 'v2' }));
  const items = Array.from({ length: 4000 }, () => credstashItem(assemble({ layout: 'v2' })));
  const hostile = (n: number): [string, string][] => [
    ['nested maps', '{"masterKey":'.repeat(n / 13)],
    ['values', `{"v":[${'{"value":"AAAA"},'.repeat(n / 17)}{}]}`],
    ['marks', `{cipher}(${'{cipher}('.repeat(n / 9)}`],
    ['marks before blobs', `{cipher}(${blob} `.repeat(n / 260)],
    ['shush names', 'KMS_ENCRYPTED_'.repeat(n / 14)],
    ['runs', 'AQICAHh '.repeat(n / 8)],
    ['one run', `KMS_ENCRYPTED_A=AQICAHh${'A'.repeat(n)}`],
    ['many secrets', `secure:${blob}\n`.repeat(n / 260)],
    [
      'many items',
      JSON.stringify({
        Items: items.slice(0, n / 500),
      }),
    ],
    ['base64', 'CgAAAAAA'.repeat(n / 8)],
  ];
  test.each(hostile(8).map(([name], i) => [name, i] as const))('%s', (name, i) => {
    expectLinear(
      (n) => {
        const content = text(hostile(n)[i]?.[1] ?? '');
        return () => textEnvelopes.read(openInput(content, 'x'));
      },
      size,
      name,
    );
  });

  test('binary', () => {
    for (const head of [
      [0x0a, 1, 0],
      [0x12, 1, 0],
      [0, 0, 0, 150, 1, 2],
      [1, 0x80, 3, 0x78],
      [5, 0, 0, 0, 0],
    ]) {
      expectLinear(
        (n) => {
          const bytes = new Uint8Array(n).fill(0);
          for (let i = 0; i + head.length <= n; i += head.length) bytes.set(head, i);
          return () => [
            binaryEnvelope.read(openInput(bytes, 'x')),
            textEnvelopes.read(openInput(bytes, 'x')),
          ];
        },
        size,
        head.join(' '),
      );
    }
  });
});
