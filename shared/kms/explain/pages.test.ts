import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pageCodes, pageOf } from './pages.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Codes that faults are made with, in all that is shipped: `fault('Code', …)` and `code: 'Code'` with a message. */
function codesOfSource(): Map<string, string> {
  const files = execFileSync('git', ['ls-files', 'electron', 'shared', 'renderer'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((name) => /\.tsx?$/.test(name) && !/\.test|test-help|test-kit|fake|\/testing\//.test(name))
    // What the practice KMS answers comes through as KMS's errors, which the catalogue has.
    .filter(
      (name) => !name.startsWith('electron/practice-kms/operations') && !name.includes('practice-kms/'),
    );
  const found = new Map<string, string>();
  for (const name of files) {
    const text = readFileSync(join(ROOT, name), 'utf8');
    for (const pattern of [
      /\b(?:fault|explainOwn|faultOfCatalogue|refuse|failure)\(\s*'([A-Z][A-Za-z]+)'/g,
      /\bcode: '([A-Z][A-Za-z]+)',\s*message:/g,
    ])
      for (const [, code = ''] of text.matchAll(pattern)) found.set(code, name);
  }
  return found;
}

describe('every code that can be shown has a page', () => {
  test('codes of faults in the source', () => {
    const found = codesOfSource();
    // The scan would find nothing if faults were made in another way.
    expect(found.size).toBeGreaterThan(100);
    // A code without a page needs an entry in application.ts, plans.ts or files.ts beside this test.
    expect([...found].filter(([code]) => pageOf(code) === null)).toEqual([]);
  });

  test.each(pageCodes())('%s', (code) => {
    const page = pageOf(code);
    expect(page).toMatchObject({ code });
    for (const text of [page?.what, page?.who, page?.remedy]) expect(text?.trim()).not.toBe('');
    expect(JSON.stringify(page)).not.toMatch(/undefined|\{[a-z]+\}/);
    for (const { statement } of page?.copy ?? [])
      expect(JSON.parse(statement)).toMatchObject({ Effect: 'Allow' });
  });
});

test('a code is found in upper and lower case, and an unknown one is not', () => {
  expect(pageOf('accessdeniedexception')?.code).toBe('AccessDeniedException');
  expect(pageOf('constructor')).toBeNull();
  expect(pageOf('')).toBeNull();
});

test('a refused permission offers the statements for both keys and both policies', () => {
  expect(pageOf('AccessDeniedException')?.copy.map(({ place }) => place)).toEqual([
    'identity',
    'identity',
    'key',
    'key',
  ]);
});
