import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Words that a plain sentence, or the field's own name for a thing, replaces: in code, comments and on screen. */
const AVOIDED = new Set([
  ...['told', 'whose', 'somebody', 'nobody', 'whoever', 'mend', 'mends', 'mended', 'mending'],
  ...[
    'oddity',
    'oddities',
    'witness',
    'witnesses',
    'lesson',
    'lessons',
    'ordeal',
    'ordeals',
    'ledger',
    'ledgers',
  ],
]);

const FOLDERS = ['renderer', 'shared', 'tools', 'e2e', 'electron'];
/** Not looked at: this list. */
const LEFT_OUT = [
  'tools/words.test.ts',
  'tools/docs/docs.test.ts',
  'tools/screen-words.ts',
  'tools/screen-words.test.ts',
];

/** Words of a text, those inside an identifier too: "whoMends", "who_mends" and "WHO_MENDS" hold "mends". */
const wordsOf = (line: string): string[] =>
  (line.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []).map((word) => word.toLowerCase());

const avoided = (line: string): string[] => wordsOf(line).filter((word) => AVOIDED.has(word));

test.each(FOLDERS)('%s/ uses plain words', (folder) => {
  const found = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .filter(
      (name) => /\.(?:[cm]?[jt]sx?|css|html)$/.test(name) && !LEFT_OUT.some((path) => name.startsWith(path)),
    )
    .flatMap((name) =>
      readFileSync(join(root, name), 'utf8')
        .split('\n')
        .flatMap((line, i) => avoided(line).map((word) => `${name}:${i + 1} "${word}"`)),
    );
  expect(found).toEqual([]);
});

test('an avoided word is found wherever it stands', () => {
  for (const line of ['// told', "say('Nobody')", 'const whoMends = 1', 'const WHO_MENDS = 1', '.told-row {'])
    expect(avoided(line), line).toHaveLength(1);
  expect(avoided('recommend, amended, toldo, ledgered')).toEqual([]);
});
