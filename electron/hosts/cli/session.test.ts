import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';
import { fileBelow, naming, skippedLines } from './session.ts';

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

test('with --verbose all links are named, with --quiet none, and what could not be read always', () => {
  const all = [...skipped('symlink', 47), ...skipped('no-ciphertext', 1), ...skipped('unreadable', 2)];
  expect(skippedLines(all, { quiet: false, verbose: true })).toHaveLength(50);
  expect(skippedLines(all, { quiet: true, verbose: false })).toEqual([
    'unreadable-0: Not read.',
    'unreadable-1: Not read.',
  ]);
});

test.each([
  ['/nope', 'nope', '/nope'],
  ['../vault', 'vault/a/b.bin', '../vault/a/b.bin'],
  ['../vault/', 'vault/a.bin', '../vault/a.bin'],
  ['.', './a.bin', './a.bin'],
  ['/', '/a.bin', '/a.bin'],
  ['b.tgz', 'b.tgz › app/x', 'b.tgz › app/x'],
  ['x/vault', 'vault', 'x/vault'],
])('a skipped file under %s, shown as %s, is %s', (root, display, named) => {
  expect(fileBelow(root, display.replaceAll('/', sep)).replaceAll(sep, '/')).toBe(named);
});

test('files have the names that a person gave, through links and for ten thousand of them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rewrap-named-'));
  try {
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'), 'junction');
    const link = join(folder, 'link');
    expect(naming([link])(join(realpathSync(folder), 'real', 'a.bin'))).toBe(join(link, 'a.bin'));
    expect(naming(['a.tgz'])(`${resolve('a.tgz')} › x`)).toBe('a.tgz › x');
    expect(naming(['.'])(resolve('a/b.bin'))).toBe(`.${sep}${join('a', 'b.bin')}`);
    const many = Array.from({ length: 10_000 }, (_, i) => `f${i}`);
    const named = naming(many);
    for (const name of many) expect(named(resolve(name))).toBe(name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
