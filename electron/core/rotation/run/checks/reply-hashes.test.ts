import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ReplyHashes } from './reply-hashes.ts';

test('says of each new blob which item was given it first, however many there are', () => {
  const replies = new ReplyHashes();
  const of = (n: number): string => hash('sha256', String(n));
  const ITEMS = 100_000;
  for (let item = 0; item < ITEMS; item++) expect(replies.firstOf(of(item), item)).toBe(item);
  for (let item = 0; item < ITEMS; item += 97) expect(replies.firstOf(of(item), ITEMS + item)).toBe(item);
  // Alike in a half alone, they are two.
  const ends = '0'.repeat(48);
  expect(replies.firstOf(`${'0'.repeat(16)}${ends}`, 7)).toBe(7);
  expect(replies.firstOf(`${'0'.repeat(15)}1${ends}`, 8)).toBe(8);
  expect(replies.firstOf(`00000001${'0'.repeat(8)}${ends}`, 9)).toBe(9);
  expect(replies.firstOf(`${'0'.repeat(16)}${ends}`, 10)).toBe(7);
});
