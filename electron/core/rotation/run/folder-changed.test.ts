import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskHere, realFolder } from '../../intake/index.ts';
import type { PlanFile } from '../index.ts';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { resumeRun } from './start.ts';
import { undoRun } from './undo.ts';

let harness: RunHarness;
let kms: FakeKms;
const destination = { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } } as const;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(() => harness.remove());

/** A file in `sub`, as intake knows it, and a folder with the same file that belongs to someone else. */
async function fileInFolder(): Promise<PlanFile> {
  const content = base64(madeUpBlob(OLD_KEY));
  for (const folder of ['sub', 'other']) await mkdir(harness.path(folder));
  await writeFile(harness.path('other/a.b64'), content);
  const file = await harness.add('sub/a.b64', content);
  Object.assign(file, { folder: realFolder(harness.path('sub/a.b64')) });
  return file;
}

async function swap(): Promise<void> {
  await rename(harness.path('sub'), harness.path('sub-before'));
  await symlink(harness.path('other'), harness.path('sub'), 'junction');
}

const contents = () =>
  Promise.all(['other/a.b64', 'sub-before/a.b64'].map((name) => readFile(harness.path(name), 'utf8')));

describe.each([true, false])('a folder that was swapped for a link (backup: %s)', (backup) => {
  const output = { mode: 'in-place', backup } as const;

  test('between intake and run: nothing is sent, and neither file is touched', async () => {
    await fileInFolder();
    await swap();
    const before = await contents();
    const run = await harness.start(kms, { destination }, output);
    await run.done;
    const [item] = run.items();
    expect(item?.fault).toMatchObject({
      code: 'FolderChanged',
      message: expect.stringContaining('leads to another place'),
      remedy: expect.stringContaining('add the file again'),
    });
    expect(kms.asked).toHaveLength(0);
    expect(await contents()).toEqual(before);
  });

  test('while KMS answers: neither file is touched, and nothing lies beside them', async () => {
    await fileInFolder();
    kms.onDryRun = async () => {
      await swap();
      return { outcome: 'would-succeed', requestId: 'req' };
    };
    const before = await readFile(harness.path('other/a.b64'), 'utf8');
    const run = await harness.start(kms, { destination }, output);
    await run.done;
    expect(run.items()[0]?.fault?.code).toBe('FolderChanged');
    expect(await contents()).toEqual([before, before]);
    expect(await readdir(harness.path('other'))).toEqual(['a.b64']);
    expect(await readdir(harness.path('sub-before'))).toEqual(['a.b64']);
  });

  test('while Rewrap was closed: a resumed run knows where the file was', async () => {
    const file = await fileInFolder();
    const second = Promise.withResolvers<void>();
    kms.onReEncrypt = () => {
      second.resolve();
      return new Promise(() => undefined);
    };
    const run = await harness.start(kms, { destination }, output);
    await second.promise;
    run.suspend();
    run.cut();
    await run.done;
    const no = harness.journal.runOf(run.id)?.no ?? -1;
    expect((await harness.journal.record(no).files())[0]?.folder).toBe(file.folder);
    await swap();
    const before = await contents();
    const again = await resumeRun(
      no,
      { kms: new FakeKms() },
      { journal: harness.journal, onProgress: () => {}, disk: diskHere() },
    );
    await again.done;
    expect(again.items()[0]?.fault?.code).toBe('FolderChanged');
    expect(await contents()).toEqual(before);
  });
});

test('a link that stood on the way all the time is followed', async () => {
  await mkdir(harness.path('real'));
  await symlink(harness.path('real'), harness.path('way'), 'junction');
  await harness.add('way/a.b64', base64(madeUpBlob(OLD_KEY)));
  const run = await harness.start(kms, { destination });
  await run.done;
  expect(run.items()[0]?.state).toBe('reencrypted');
  expect(await harness.blobs(join(harness.path('real'), 'a.b64'))).toHaveLength(1);
});

test('a folder that was swapped for a link after the run: undoing leaves it, and says so', async () => {
  await fileInFolder();
  const run = await harness.start(kms, { destination }, { mode: 'in-place', backup: true });
  await run.done;
  expect(run.summary().counts.succeeded).toBe(1);
  // The other folder has the same file and the same backup: nothing but its place tells it from the first.
  for (const name of await readdir(harness.path('sub')))
    await writeFile(harness.path(`other/${name}`), await readFile(harness.path(`sub/${name}`)));
  await swap();
  const before = await contents();
  const no = harness.journal.runOf(run.id)?.no ?? -1;
  const undone = await undoRun(harness.journal, no, () => {}, diskHere());
  expect(undone).toMatchObject({ restored: { files: 0 }, left: [{ fault: { code: 'FolderChanged' } }] });
  expect(await contents()).toEqual(before);
});
