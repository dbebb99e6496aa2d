import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PutBackFs } from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';
import type { FileRow } from '../journal/rows.ts';
import { settleFile } from './recover.ts';

test.each([
  ['confirms', null],
  ['does not confirm', /EIO/],
])('what a process renamed that died counts once the disk %s it', async (how, note) => {
  const folder = mkdtempSync(join(tmpdir(), 'rewrap-recover-'));
  const target = join(folder, 'a');
  writeFileSync(target, 'new');
  const seen: unknown[] = [];
  const fs: PutBackFs = {
    ...nodeFs,
    open: async (path, flags, mode) => {
      seen.push(path);
      if (how === 'confirms') return nodeFs.open(path, flags, mode);
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    },
  };
  const file = { index: 1, target, after: sha256('new'), before: sha256('old') } as FileRow;
  const record = { setFile: (...said: unknown[]) => seen.push(said), unstage: () => {} };
  expect(await settleFile(record, file, { mode: 'in-place', backup: false }, fs)).toBe('new');
  expect(seen).toEqual([folder, [1, 'replaced', note === null ? null : expect.stringMatching(note), true]]);
  rmSync(folder, { recursive: true });
});
