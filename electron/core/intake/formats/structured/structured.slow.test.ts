import { expect, test } from 'vitest';
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

/** Processor time, in microseconds, of the cheapest of five scans of a text. */
function cost(text: string): number {
  const file = Buffer.from(text);
  const costs = Array.from({ length: 5 }, () => {
    const before = process.threadCpuUsage();
    scan(file, 'x');
    return process.threadCpuUsage(before).user;
  });
  return Math.min(...costs);
}

test('white space behind a piece costs as much in one place as in many', () => {
  /** As many spaces and tabs in all, so many of them on each side of a line's end that joins no pieces. */
  const spaced = (width: number): string => {
    const space = ' \t'.repeat(width / 2);
    return `x: "AQECAHi${'A'.repeat(40)}"${space}\r\n${space}!\n`.repeat(80_000 / (2 * width));
  };
  cost(spaced(20));
  // Tried in every way that signs may share it, it costs by its square at least: forty times as much.
  expect(cost(spaced(198)) / cost(spaced(20))).toBeLessThan(4);
});
