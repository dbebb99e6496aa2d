import { describe, expect, test } from 'vitest';
import { isTooLarge, MOST_MESSAGE_BYTES } from './message-size.ts';

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

describe('a message is too large', () => {
  test.each<[string, unknown, boolean]>([
    ['nothing', undefined, false],
    ['the longest paste', { text: 'x'.repeat(32_000_000) }, false],
    ['a longer text', { text: 'x'.repeat(MOST_MESSAGE_BYTES) }, true],
    ['two halves', ['x'.repeat(MOST_MESSAGE_BYTES / 2), 'y'.repeat(MOST_MESSAGE_BYTES / 2)], true],
    ['a long key', { ['k'.repeat(MOST_MESSAGE_BYTES)]: 1 }, true],
    ['a hundred thousand ids', { blobIds: Array(100_000).fill('b1000.12') }, false],
    ['seven million numbers', Array(7_000_000).fill(0), true],
    ['bytes', new Uint8Array(MOST_MESSAGE_BYTES), true],
    ['the deepest request', nested(64), false],
    ['a deeper one', nested(65), true],
    ['one so deep that a function would overflow', nested(1_000_000), true],
  ])('%s', (_what, message, expected) => {
    expect(isTooLarge(message)).toBe(expected);
  });

  test('one that holds itself', () => {
    const ring: Record<string, unknown> = {};
    ring.ring = ring;
    expect(isTooLarge(ring)).toBe(true);
  });
});
