import { test } from 'vitest';
import { expectLinear } from '../../../inspect/linear.test-help.ts';
import { madeUpBlob } from '../../blob.test-help.ts';
import { scan } from '../../index.ts';

const base64 = (blob: Uint8Array) => Buffer.from(blob).toString('base64');

test('hostile text takes linear time', () => {
  const size = 2_000_000;
  const run = base64(madeUpBlob()).slice(0, 64);
  const spiced = (text: string): string => `kms ${text}`;
  const texts = (n: number): string[] => [
    spiced('AQICAHg'.repeat(n / 7)),
    spiced(`${run}\n`.repeat(n / 65)),
    spiced(`${run}\n${`${'A'.repeat(64)}\n`.repeat(n / 65)}`),
    spiced(`${run}${'\\n'.repeat(n / 2)}`),
    spiced(`${run}${'\\/'.repeat(n / 2)}`),
    spiced(`AQICAHg${' \n'.repeat(n / 2)}`),
    spiced('CiA'.repeat(n / 3)),
    spiced('a: '.repeat(n / 3)),
    spiced('"'.repeat(n)),
    `kms: "${'\\n'.repeat(n / 2)}"`,
    `kms: "${'A '.repeat(n / 2)}"`,
  ];
  for (const i of texts(8).keys())
    expectLinear(
      (n) => {
        const file = Buffer.from(texts(n)[i] ?? '');
        return () => scan(file, 'x');
      },
      size,
      texts(800)[i]?.slice(0, 60) ?? '',
    );
});
