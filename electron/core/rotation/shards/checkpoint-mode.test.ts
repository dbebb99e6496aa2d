import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../storage/database.ts';
import { copyRecords } from './checkpoint.ts';

test.skipIf(process.platform === 'win32')('copies of records are for their owner alone', async () => {
  const top = mkdtempSync(join(tmpdir(), 'rewrap-checkpoint-'));
  const [local, shared] = [join(top, 'local'), join(top, 'shared')];
  for (const folder of [local, shared]) mkdirSync(folder);
  openDatabase(join(local, 'runs.sqlite')).close();
  await copyRecords(local, shared);
  expect(statSync(join(shared, 'runs.sqlite')).mode & 0o777).toBe(0o600);
  rmSync(top, { recursive: true });
});
