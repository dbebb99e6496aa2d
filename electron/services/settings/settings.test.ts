import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FIRST_TABLE_LOOK } from '#shared/model/choices.ts';
import type { Look, TableLook } from '#shared/model/preferences.ts';
import { SettingsFile } from './settings.ts';

const root = mkdtempSync(join(tmpdir(), 'rewrap-settings-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DARK: Look = { theme: 'dark', density: 'comfortable', textSize: 150, inspectorWidth: 500.5 };
const AWS = {
  kind: 'aws',
  profile: 'one',
  region: null,
  endpointUrl: null,
  fips: null,
  dualStack: null,
} as const;

function home(text?: string): { file: string; settings: SettingsFile } {
  const dir = mkdtempSync(join(root, 'home-'));
  const file = join(dir, 'settings.json');
  if (text !== undefined) writeFileSync(file, text);
  return { file, settings: new SettingsFile(dir) };
}

test('what is remembered is there at the next start, and neither takes the other away', () => {
  const { file, settings } = home();
  settings.rememberConnection(AWS);
  settings.rememberLook(DARK);
  expect(new SettingsFile(join(file, '..')).read()).toMatchObject({ connection: AWS, look: DARK });
  expect(JSON.parse(readFileSync(file, 'utf8')).version).toBe(1);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('how the list is arranged is remembered; an arrangement that does not fit is forgotten alone', () => {
  const { file, settings } = home();
  const table: TableLook = {
    ...FIRST_TABLE_LOOK,
    group: 'folder',
    columns: { order: ['state'], hidden: ['kind'], shown: [], widths: { state: 12.5 } },
    filters: [
      { name: 'Failed', terms: ['prod'], state: 'Failed', kind: null, finding: null, repository: null },
    ],
  };
  settings.rememberLook(DARK);
  settings.rememberTable(table);
  expect(new SettingsFile(join(file, '..')).read()).toMatchObject({ look: DARK, table });
  writeFileSync(file, JSON.stringify({ version: 1, look: DARK, table: { ...table, group: 'moon' } }));
  expect(settings.read()).toMatchObject({ look: DARK, table: FIRST_TABLE_LOOK });
});

test('a file from before there were looks keeps its connection', () => {
  const { settings } = home(JSON.stringify({ version: 1, connection: AWS }));
  expect(settings.read()).toMatchObject({ connection: AWS, look: { theme: 'system' } });
});

test.each(['', '{', '[]', '{"version":1,"connection":{"kind":"odd"},"look":{"theme":"pink"}}'])(
  'an unreadable file (%s) counts as none',
  (text) => {
    expect(home(text).settings.read()).toMatchObject({
      connection: { kind: 'practice' },
      look: { theme: 'system', density: 'compact', textSize: 100 },
    });
  },
);

test('a bad member is forgotten alone', () => {
  const { settings } = home(JSON.stringify({ version: 1, connection: AWS, look: { ...DARK, textSize: 7 } }));
  expect(settings.read()).toMatchObject({ connection: AWS, look: { textSize: 100 } });
});

test('a file of a later version is read as far as it is known, and left as it is', () => {
  const text = JSON.stringify({ version: 2, connection: AWS, more: true });
  const { file, settings } = home(text);
  settings.rememberLook(DARK);
  expect(settings.read().connection).toEqual(AWS);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('what runs begin with is kept; a value that does not fit leaves the safe ones', () => {
  const { settings } = home();
  const preferences = {
    backup: false,
    perSecond: 50,
    region: 'eu-west-1',
    accounts: { '111122223333': { colour: 3, dryRunFirst: true } },
  };
  settings.rememberPreferences(preferences);
  expect(settings.read().preferences).toEqual(preferences);
  for (const wrong of [
    { backup: 'no' },
    { ...preferences, accounts: { x: {} } },
    { ...preferences, perSecond: 0 },
  ])
    expect(home(JSON.stringify({ version: 1, preferences: wrong })).settings.read().preferences).toEqual({
      backup: true,
      perSecond: null,
      region: null,
      accounts: {},
    });
});
