import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { randomLooking } from './random.test-help.ts';
import { randomness } from './statistics.ts';

const SIZES = [256, 384, 512];

test('random bytes pass', () => {
  for (const size of SIZES)
    for (let i = 0; i < 20_000; i++) expect(randomness(randomBytes(size)).failed).toBeNull();
});

test('the measures of random bytes are near what they are said to be', () => {
  for (const size of SIZES) {
    const runs = Array.from({ length: 2000 }, () => randomness(randomBytes(size)));
    const mean = (pick: (one: (typeof runs)[number]) => number) =>
      runs.reduce((sum, one) => sum + pick(one), 0) / runs.length;
    expect(mean((one) => one.chiSquare)).toBeGreaterThan(250);
    expect(mean((one) => one.chiSquare)).toBeLessThan(260);
    expect(Math.abs(mean((one) => one.ones) - 0.5)).toBeLessThan(0.005);
  }
});

test.each([
  ['base64', Buffer.from(randomBytes(192).toString('base64'))],
  ['hex', Buffer.from(randomBytes(128).toString('hex'))],
  ['text', Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(6).slice(0, 256))],
  ['zeros', Buffer.alloc(256)],
  ['a table', Buffer.concat(Array.from({ length: 64 }, (_, i) => Buffer.from([0, 0, 1, i])))],
  [
    'ECB of a table',
    Buffer.concat(Array.from({ length: 16 }, () => Buffer.from('0123456789abcdef0123456789abcdef', 'hex'))),
  ],
  ['a counter', Buffer.from(Array.from({ length: 256 }, (_, i) => i >> 3))],
])('%s does not', (_, bytes) => {
  expect(randomness(bytes).failed).not.toBeNull();
});

test('too short to tell is said', () => {
  expect(randomness(randomBytes(15)).failed).toContain('too short');
  expect(randomness(new Uint8Array()).failed).not.toBeNull();
});

test('compressed data passes: the test cannot tell, and does not claim to', () => {
  // Not fresh ones: deflate's output is a little less than random, and would fail once in a while.
  const random = randomLooking('words');
  const words = Array.from({ length: 4000 }, () => random(2).toString('hex')).join(' ');
  expect(randomness(deflateRawSync(Buffer.from(words)).subarray(100, 356)).failed).toBeNull();
});
