import { isAbsolute, posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numbered, safeSegments } from './safe-path.ts';

const piece = fc.oneof(
  fc.constantFrom('..', '.', '', '/', '\\', '\0', 'CON', 'nul.txt', 'a:b', 'x. ', '...', 'C:'),
  fc.string({ unit: 'binary', maxLength: 300 }),
);
const anyPath = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('/'));

describe('safeSegments', () => {
  it.each([
    ['linux', posix],
    ['win32', win32],
  ])('never leaves the folder it is put in, whatever the path (%s)', (platform, path) => {
    fc.assert(
      fc.property(anyPath, (given) => {
        const segments = safeSegments(given, platform);
        if (segments === null) return;
        const root = platform === 'win32' ? 'C:\\inbox' : '/inbox';
        const inside = path.relative(root, path.join(root, ...segments));
        expect(inside).toBe(segments.join(path.sep));
        expect(isAbsolute(inside)).toBe(false);
        for (const segment of segments) {
          expect(['', '.', '..']).not.toContain(segment);
          expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(240);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be gone.
          expect(segment).not.toMatch(/[\u0000-\u001f\u007f/\\]/);
          if (platform === 'win32') expect(segment).not.toMatch(/[<>:"|?*]|[. ]$|^(con|nul|com1)(\.|$)/i);
        }
      }),
    );
  });

  it.each([
    ['vault/db/prod.b64', ['vault', 'db', 'prod.b64']],
    ['../../x', ['x']],
    ['', null],
    ['..', null],
    [`${'d/'.repeat(63)}x`, [...Array<string>(63).fill('d'), 'x']],
    [`${'d/'.repeat(64)}x`, null],
    [`${'ü'.repeat(300)}.json`, [`${'ü'.repeat(97)}.json`]],
  ])('%j', (given, kept) => {
    expect(safeSegments(given, 'linux')).toEqual(kept);
  });
});

it.each([
  ['a.json', 'a (2).json'],
  ['v/a.tar.gz', 'v/a.tar (2).gz'],
  ['plain', 'plain (2)'],
  ['.env', '.env (2)'],
])('numbered keeps the extension: %s', (name, second) => {
  expect(numbered(name, 2)).toBe(second);
});
