import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { Intake } from './intake.ts';
import { Workspace } from './workspace.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-rescan-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what came into a folder is added, what is gone leaves the list, what stayed keeps its ids', async () => {
  const put = (name: string) => writeFileSync(join(folder, name), assemble({ layout: 'v2' }));
  mkdirSync(join(folder, 'sub'));
  for (const name of ['a.bin', 'b.bin', 'sub/c.bin']) put(name);
  const workspace = new Workspace(
    () => undefined,
    () => undefined,
  );
  const intake = new Intake({
    workspace,
    plans: { isPlan: () => false, openFile: () => '' },
    busy: () => false,
  });
  await intake.add([folder], 'picked');
  const ids = () => workspace.list.places(0, 100).map(({ id, path }) => [path.slice(folder.length + 1), id]);
  const before = new Map(ids() as [string, string][]);
  rmSync(join(folder, 'b.bin'));
  put('sub/d.bin');
  expect(await intake.rescan()).toMatchObject({ gone: 1, skippedFiles: [] });
  const after = new Map(ids() as [string, string][]);
  expect([...after.keys()].sort()).toEqual(['a.bin', 'sub/c.bin', 'sub/d.bin']);
  expect(after.get('a.bin')).toBe(before.get('a.bin'));
  expect(after.get('sub/c.bin')).toBe(before.get('sub/c.bin'));
});
