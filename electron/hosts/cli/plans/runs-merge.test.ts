import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { mergedFolders } from './runs-merge.ts';

let top: string;
const at = (name: string): string => join(top, name);

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'rewrap-merge-'));
  for (const [name, file] of [
    ['shards', 'shards.json'],
    ['shards/state', 'state.json'],
    ['others', 'shards.json'],
    ['state', 'state.json'],
    ['second', 'state.json'],
    ['nothing', 'notes.txt'],
    ['both', 'shards.json'],
    ['both', 'state.json'],
    ['twice', 'shards.json'],
    ['twice', 'state.json'],
    ['twice/state', 'state.json'],
  ] as const) {
    mkdirSync(at(name), { recursive: true });
    writeFileSync(join(at(name), file), '{}');
  }
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

function places(...folders: readonly string[]): unknown {
  try {
    return mergedFolders(folders.map(at), undefined);
  } catch (error) {
    return error instanceof FaultError ? error.fault.message : error;
  }
}

test('shards and their state are found in whatever order they are named', () => {
  expect(places('shards')).toEqual({ folder: at('shards'), state: at('shards/state') });
  expect(places('state', 'shards')).toEqual({ folder: at('shards'), state: at('state') });
  expect(places('shards', 'state', 'state')).toEqual({ folder: at('shards'), state: at('state') });
  expect(places('shards/state')).toEqual({ folder: at('shards'), state: at('shards/state') });
  expect(mergedFolders([at('shards')], at('state'))).toEqual({ folder: at('shards'), state: at('state') });
  expect(places('both')).toEqual({ folder: at('both'), state: at('both') });
  expect(mergedFolders([at('both')], at('state'))).toEqual({ folder: at('both'), state: at('state') });
});

test.each([
  [['shards', 'missing'], /missing is neither a folder of shards nor one of their state/],
  [['shards', 'nothing'], /nothing is neither/],
  [['shards', 'others'], /two folders of shards/],
  [['shards', 'state', 'second'], /two folders of state/],
  [['both', 'state'], /two folders of state/],
  [['twice'], /two folders of state/],
  [['state'], /The folder of its shards is missing/],
])('none is passed over: %s', (folders, words) => expect(places(...folders)).toMatch(words));
