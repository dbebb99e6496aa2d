import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { listProfiles, watchProfiles } from '../index.ts';
import { type OwnHome, ownHome } from '../own-home.test-help.ts';

let home: OwnHome;
beforeEach(async () => {
  home = await ownHome();
});
afterEach(() => home.end());

const until = (condition: () => boolean) => expect.poll(condition).toBe(true);

test('tells of files that are written, replaced and made later, once for several steps, until ended', async () => {
  const later = join(home.folder, 'later');
  vi.stubEnv('AWS_CONFIG_FILE', join(later, 'config'));
  let calls = 0;
  const end = watchProfiles(() => calls++);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(calls).toBe(0);
  await mkdir(later);
  await writeFile(join(later, 'config'), '[profile a]\nregion = us-east-1\n');
  await home.credentials('[b]\naws_access_key_id = x\n');
  await until(() => calls > 0);
  expect((await listProfiles()).profiles.map(({ name }) => name)).toEqual(['a', 'b']);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const before = calls;
  // Of three steps; a busy machine puts them further apart than what counts as one change.
  expect(before).toBeLessThanOrEqual(3);
  await writeFile(join(later, 'new'), '[profile c]\nregion = us-east-1\n');
  await rename(join(later, 'new'), join(later, 'config'));
  await until(() => calls > before);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  end();
  const ended = calls;
  await home.credentials('[d]\naws_access_key_id = xyz\n');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(calls).toBe(ended);
});
