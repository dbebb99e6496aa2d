import { expect, test } from 'vitest';
import { skippedLines } from './session.ts';

const PLAIN = { quiet: false, verbose: false };
const skipped = (code: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ file: `${code}-${i}`, code, message: 'Not read.' }));

test('links are counted after the first three; every file that could not be read is named', () => {
  const lines = skippedLines([...skipped('symlink', 47), ...skipped('unreadable', 30)], PLAIN);
  expect(lines).toHaveLength(3 + 1 + 30);
  expect(lines[3]).toBe('… and 44 more of this kind');
  expect(lines[33]).toBe('unreadable-29: Not read.');
});

test('four of a kind are all named', () => {
  expect(skippedLines(skipped('symlink', 4), PLAIN)).toHaveLength(4);
});

test('a name cannot move the cursor of the terminal', () => {
  expect(
    skippedLines([{ file: 'a\u001b[2Jb', code: 'symlink', message: 'Not read.' }], PLAIN)[0],
  ).not.toContain('\u001b');
});
