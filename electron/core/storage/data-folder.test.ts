import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { chooseDataDir, chosenDataDir, dataDir, dataFolderFacts, usualDataDir } from './data-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'rewrap-data-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let env: Record<string, string> = {};
let usual = '';
beforeEach(() => {
  env = { XDG_CONFIG_HOME: mkdtempSync(join(root, 'config-')) };
  usual = usualDataDir(env, 'linux');
});

test('the usual folder is that of the system, and REWRAP_HOME outranks every choice', () => {
  expect(usual).toBe(join(env.XDG_CONFIG_HOME ?? '', 'Rewrap'));
  expect(usualDataDir({}, 'linux')).toBe(join(homedir(), '.config', 'Rewrap'));
  expect(usualDataDir({ APPDATA: join(root, 'Roaming') }, 'win32')).toBe(join(root, 'Roaming', 'Rewrap'));
  expect(dataDir(env, 'linux')).toBe(usual);
  chooseDataDir(usual, root);
  expect(dataDir({ ...env, REWRAP_HOME: join(root, 'mine') }, 'linux')).toBe(join(root, 'mine'));
});

test('a chosen folder gets one of its own in it, private, and what stands beside it keeps its mode', () => {
  const chosen = mkdtempSync(join(root, 'chosen-'));
  writeFileSync(join(chosen, 'mine.txt'), 'x', { mode: 0o644 });
  const mode = statSync(join(chosen, 'mine.txt')).mode;
  expect(chooseDataDir(usual, chosen)).toBe(join(chosen, 'Rewrap'));
  expect(dataDir(env, 'linux')).toBe(join(chosen, 'Rewrap'));
  expect(statSync(join(chosen, 'Rewrap')).mode & 0o777).toBe(0o700);
  expect(statSync(join(chosen, 'mine.txt')).mode).toBe(mode);
  // Chosen again by its own name, it is not nested.
  expect(chooseDataDir(usual, join(chosen, 'Rewrap'))).toBe(join(chosen, 'Rewrap'));
  expect(chooseDataDir(usual, null)).toBe(usual);
  expect(dataDir(env, 'linux')).toBe(usual);
  expect(existsSync(join(chosen, 'Rewrap'))).toBe(true);
});

test('a chosen folder that is gone is no reason to begin another one', () => {
  const chosen = mkdtempSync(join(root, 'disk-'));
  const folder = chooseDataDir(usual, chosen);
  rmSync(chosen, { recursive: true });
  expect(() => chosenDataDir(usual)).toThrow(`The data folder ${folder} is not there.`);
  expect(existsSync(chosen)).toBe(false);
});

test('a pointer that cannot be read is no reason to begin another folder', () => {
  mkdirSync(usual, { recursive: true });
  const pointer = join(usual, 'data-folder.json');
  for (const text of [
    '',
    '{',
    'null',
    '{}',
    '{"version":1,"folder":"relative"}',
    '{"version":2,"folder":"/tmp"}',
  ]) {
    writeFileSync(pointer, text);
    expect(() => dataDir(env, 'linux'), text).toThrow(`${pointer} does not say where the data folder is.`);
  }
  rmSync(pointer);
  mkdirSync(pointer);
  expect(() => dataDir(env, 'linux')).toThrow('does not say where');
  rmSync(pointer, { recursive: true });
  expect(dataDir(env, 'linux')).toBe(usual);
});

test('choosing the usual folder itself takes the choice back', () => {
  chooseDataDir(usual, mkdtempSync(join(root, 'other-')));
  expect(JSON.parse(readFileSync(join(usual, 'data-folder.json'), 'utf8')).version).toBe(1);
  expect(chooseDataDir(usual, env.XDG_CONFIG_HOME ?? '')).toBe(usual);
  expect(chosenDataDir(usual)).toBeNull();
});

test('the page learns what is in use, what comes next, and whether a choice would hold', () => {
  const chosen = mkdtempSync(join(root, 'next-'));
  if (process.platform !== 'linux') return;
  chooseDataDir(usual, chosen);
  expect(dataFolderFacts(usual, env)).toEqual({
    path: usual,
    next: join(chosen, 'Rewrap'),
    usual,
    fixed: false,
  });
  expect(dataFolderFacts('/home', { ...env, REWRAP_HOME: '/home' })).toMatchObject({
    next: '/home',
    fixed: true,
  });
});
