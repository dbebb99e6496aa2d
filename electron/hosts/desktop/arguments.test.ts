import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { fileArguments } from './arguments.ts';
import { folder } from './testing/boot.ts';

const dir = folder();

test('takes existing paths, absolute or relative to the given folder, and reports the others', () => {
  const found = fileArguments(['rewrap', 'one.bin', join(dir, 'two.bin'), 'data', 'nope.bin'], dir, false);
  expect(found.paths).toEqual([join(dir, 'one.bin'), join(dir, 'two.bin'), join(dir, 'data')]);
  expect(found.missing).toEqual(['nope.bin']);
});

test('ignores switches, wherever Chromium puts them', () => {
  const argv = [
    'rewrap',
    '--no-sandbox',
    '--original-process-start-time=1',
    '-psn_0_1',
    'one.bin',
    '--inspect=0',
    '',
  ];
  expect(fileArguments(argv, dir, false)).toEqual({ paths: [join(dir, 'one.bin')], missing: [] });
});

test('drops the application path of an unpackaged start, also after switches', () => {
  const argv = ['electron', '--no-sandbox', 'data', 'one.bin'];
  expect(fileArguments(argv, dir, true).paths).toEqual([join(dir, 'one.bin')]);
  expect(fileArguments(argv, dir, false).paths).toEqual([join(dir, 'data'), join(dir, 'one.bin')]);
});

test('takes what follows -- as paths even with a dash', () => {
  expect(fileArguments(['rewrap', '--', '-x', '--', 'one.bin'], dir, false)).toEqual({
    paths: [join(dir, 'one.bin')],
    missing: ['-x', '--'],
  });
});

test('reads file: addresses as the paths they are, also with blanks in them', () => {
  const named = join(dir, 'with blank.bin');
  writeFileSync(named, '1');
  expect(fileArguments(['rewrap', String(pathToFileURL(named)), 'file:nope%ZZ'], dir, false)).toEqual({
    paths: [named],
    missing: ['file:nope%ZZ'],
  });
});

test('finds nothing in a bare start', () => {
  expect(fileArguments(['rewrap'], dir, false)).toEqual({ paths: [], missing: [] });
  expect(fileArguments(['electron', '.'], dir, true)).toEqual({ paths: [], missing: [] });
});
