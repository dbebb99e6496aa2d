import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { RunSummary } from '#shared/model/run.ts';
import { openDatabase } from '../../storage/database.ts';
import { sha256 } from '../../storage/hash.ts';
import type { RunInput } from '../index.ts';
import { FakeKms, KEY, kmsFault, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { GroupCommit, LogFile } from './group-commit.ts';
import { prepareSchema } from './schema.ts';

let harness: RunHarness;
let kms: FakeKms;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(async () => {
  for (const summary of harness.reports) expect(RunSummary.parse(summary)).toEqual(summary);
  await harness.remove();
});

const inputOf = (more: Partial<RunInput> = {}, request: Partial<RunInput['request']> = {}) =>
  harness.input(kms, request, more);

const lines = (count: number) =>
  `${Array.from({ length: count }, () => base64(madeUpBlob(OLD_KEY))).join('\n')}\n`;
const until = async (yes: () => boolean) => {
  while (!yes()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('a journal of a newer Rewrap is left as it is, with what to do', () => {
  const db = new DatabaseSync(':memory:');
  db.exec('PRAGMA user_version = 99');
  expect(() => prepareSchema(db)).toThrow(
    expect.objectContaining({ fault: expect.objectContaining({ code: 'MadeByNewer' }) }),
  );
  expect(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n).toBe(0);
  db.close();
});

test('a commit that is waited for carries no spare write; a flush and the next lazy commit do', async () => {
  const path = join(harness.folder, 'a.sqlite');
  const db = openDatabase(path);
  db.exec('CREATE TABLE t (v TEXT)');
  const commit = new GroupCommit(db, new LogFile(path), () => undefined);
  const put = (value: string) => () => void db.prepare('INSERT INTO t VALUES (?)').run(value);
  const values = () =>
    db
      .prepare('SELECT v FROM t')
      .all()
      .map(({ v }) => v);
  commit.writeSpare(put('spare'));
  commit.write(put('needed'));
  await commit.durable();
  expect(values()).toEqual(['needed']);
  commit.write(put('more'));
  commit.flush();
  expect(values()).toEqual(['needed', 'more', 'spare']);
  commit.writeSpare(put('later'));
  await commit.durable();
  await expect.poll(values).toContain('later');
  commit.writeSpare(put('last'));
  commit.close();
  expect(values()).toContain('last');
  db.close();
});

test('a run of which the plan did not get into the journal whole has begun nothing, and is gone at the next start', async () => {
  const plan = await harness.add('a.txt', lines(2));
  let readings = 0;
  const files = {
    totals: { files: 2, blobs: 4, bytes: 400, done: 0 },
    async *lots() {
      yield [plan];
      // What was read for the locks has changed when it is read for the journal.
      if (++readings > 1) throw new FaultError(explainOwn('FileChanged'));
    },
  };
  const manager = harness.manager();
  const run = await manager.start(inputOf({ files, job: 'job' }));
  await run.done;
  // Its figures are those of the plan, not of the part that was written.
  expect(run.summary()).toMatchObject({
    status: 'failed',
    fault: { code: 'FileChanged' },
    counts: { total: 4, waiting: 4 },
    retry: null,
  });
  // It is none of its job: there is nothing of it to go on with, and nothing to close.
  const job = { id: 'job', lasts: true };
  const output = { mode: 'in-place', backup: true } as const;
  expect(await manager.job(job, [plan], output)).toMatchObject({ open: [], resume: null });
  const next = await manager.start(inputOf({ job: 'job' }));
  await next.done;
  expect(next.summary().counts.succeeded).toBe(2);
  await manager.close();
  expect((await harness.manager().list()).map(({ id }) => id)).toEqual([next.id]);
});

describe('undo', () => {
  test('restores every file from its backup, and leaves what changed since', async () => {
    await harness.add('a.txt', lines(2));
    await harness.add('b.txt', lines(1));
    const before = await harness.snapshot();
    const manager = harness.manager();
    const run = await manager.start(inputOf());
    await run.done;
    expect(run.summary().undo).toEqual({ blobs: 3, files: 2 });
    await writeFile(harness.path('b.txt'), 'changed since');
    const first = await manager.undo(run.id);
    expect(first.restored).toEqual({ blobs: 2, files: 1 });
    expect(first.left).toMatchObject([{ file: 'b.txt', fault: { code: 'ChangedSince' } }]);
    expect(await manager.summary(run.id)).toMatchObject({ status: 'finished', undo: { blobs: 1, files: 1 } });
    expect(await readFile(harness.path('b.txt'), 'utf8')).toBe('changed since');
    expect(before).toContain(sha256(await readFile(harness.path('a.txt'))));
  });

  test('is complete and refused a second time', async () => {
    await harness.add('a.txt', lines(3));
    const before = await harness.snapshot();
    const manager = harness.manager();
    const run = await manager.start(inputOf());
    await run.done;
    await manager.undo(run.id);
    expect(await harness.snapshot()).toBe(before);
    expect(await manager.summary(run.id)).toMatchObject({
      status: 'undone',
      undo: null,
      counts: { restored: 3, succeeded: 0 },
    });
    await expect(manager.undo(run.id)).rejects.toMatchObject({ fault: { code: 'CannotUndo' } });
  });

  test('without backups is refused', async () => {
    await harness.add('a.txt', lines(1));
    const manager = harness.manager();
    const run = await manager.start(inputOf({ output: { mode: 'in-place', backup: false } }));
    await run.done;
    await expect(manager.undo(run.id)).rejects.toMatchObject({ fault: { code: 'CannotUndo' } });
  });
});

describe('between starts', () => {
  test('a run that was suspended is unfinished, and is gone on with; what was done is not sent again', async () => {
    for (let i = 0; i < 6; i++) await harness.add(`${i}.txt`, lines(2));
    const manager = harness.manager();
    const run = await manager.start(inputOf({}, { pace: { concurrency: 1, perSecond: null } }));
    kms.onReEncrypt = (_, nth) => {
      if (nth === 5) run.suspend();
      return {};
    };
    await run.done;
    await manager.close();
    const sent = kms.asked.length;
    const next = harness.manager();
    const [found] = await next.list();
    expect(found).toMatchObject({ status: 'unfinished', elsewhere: null });
    expect(found?.resume?.blobs).toBeGreaterThan(0);
    const again = await next.resume(run.id, { kms, target: 'test' });
    await again.done;
    expect(again.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 12, total: 12 } });
    expect(kms.asked.length).toBeLessThanOrEqual(sent + 12 - sent + 1);
    expect(
      next.recorded
        .items(run.id, { offset: 0, limit: 100, only: 'all' })
        .items.every((i) => i.state === 'reencrypted'),
    ).toBe(true);
  });

  test('expired credentials hold it back; put off, it keeps its place, with verifications under way', async () => {
    for (let i = 0; i < 6; i++) await harness.add(`${i}.txt`, lines(1));
    const manager = harness.manager();
    const run = await manager.start(inputOf({ failurePolicy: 'network' }, { verify: true }));
    let verified = 0;
    kms.onDryRun = () => {
      verified += 1;
      if (verified > 2) throw kmsFault('ExpiredTokenException');
      return { outcome: 'would-succeed', requestId: 'req-dry' };
    };
    await until(() => run.summary().status === 'paused');
    expect(run.summary().fault?.code).toBe('ExpiredTokenException');
    await manager.close();
    const next = harness.manager();
    expect(await next.list()).toMatchObject([{ status: 'unfinished', counts: { failed: 0, skipped: 0 } }]);
    kms.onDryRun = () => ({ outcome: 'would-succeed', requestId: 'req-dry' });
    const again = await next.resume(run.id, { kms, target: 'test' });
    await again.done;
    expect(again.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 6, total: 6 } });
  });

  test('over another connection it is not gone on with', async () => {
    await harness.add('a.txt', lines(1));
    const manager = harness.manager();
    const run = await manager.start(inputOf());
    run.suspend();
    await run.done;
    await manager.close();
    await expect(harness.manager().resume(run.id, { kms, target: 'other' })).rejects.toThrow(
      /another account, Region or endpoint/,
    );
  });
});

describe('two Rewraps', () => {
  test('cannot work on the same files, and see each other’s runs', async () => {
    await harness.add('a.txt', lines(1));
    const [one, two] = [harness.manager(), harness.manager()];
    let release = () => {};
    kms.onReEncrypt = () => new Promise((resolve) => (release = () => resolve({})));
    const run = await one.start(inputOf());
    await until(() => kms.asked.length === 1);
    const input = inputOf();
    await expect(two.start(input)).rejects.toThrow(/being worked on/);
    expect((await two.summary(run.id)).elsewhere).toMatchObject({ pid: process.pid });
    await expect(two.resume(run.id, { kms, target: 'test' })).rejects.toThrow(/Another Rewrap/);
    release();
    await run.done;
    kms.onReEncrypt = () => ({});
  });
});

describe('holding back', () => {
  test('expired credentials pause the run; a renewed connection goes on with it', async () => {
    for (let i = 0; i < 4; i++) await harness.add(`${i}.txt`, lines(1));
    let expired = true;
    kms.onReEncrypt = () => {
      if (expired) throw kmsFault('ExpiredTokenException');
      return {};
    };
    const manager = harness.manager();
    const run = await manager.start(inputOf());
    await until(() => run.summary().status === 'paused');
    expect(run.summary().fault?.code).toBe('ExpiredTokenException');
    expired = false;
    manager.renew('other', kms);
    expect(run.summary().status).toBe('paused');
    manager.renew('test', kms);
    await run.done;
    expect(run.summary()).toMatchObject({ status: 'finished', fault: null, counts: { succeeded: 4 } });
  });

  test('a network that is gone is waited for', async () => {
    await harness.add('a.txt', lines(1));
    kms.onReEncrypt = (_, nth) => {
      if (nth < 20) throw kmsFault('ECONNREFUSED');
      return {};
    };
    const run = await harness.manager().start(inputOf());
    await run.done;
    expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 1 } });
  });
});

test('by choice, a file takes the good ones; what failed can be tried again over the new file', async () => {
  await harness.add('a.txt', lines(3));
  kms.onReEncrypt = (_, nth) => {
    if (nth === 1) throw kmsFault('IncorrectKeyException');
    if (nth === 2) throw kmsFault('DisabledException');
    return {};
  };
  const manager = harness.manager();
  const one = { pace: { concurrency: 1, perSecond: null }, onFailure: 'take-good' } as const;
  const run = await manager.start(inputOf({}, one));
  await run.done;
  expect(run.summary()).toMatchObject({
    counts: { succeeded: 1, failed: 2 },
    // A blob of another key is of another key each time.
    retry: { failed: 1, missed: 0 },
  });
  kms.onReEncrypt = () => ({});
  const { row, files } = await manager.again(run.id);
  const second = await manager.start(inputOf({ files }, row.request));
  await second.done;
  expect(second.summary()).toMatchObject({ status: 'finished', counts: { total: 1, succeeded: 1 } });
});

test('a file that holds back is tried again whole, and not at all where one of its blobs cannot work', async () => {
  for (const name of ['a.txt', 'b.txt', 'c.txt']) await harness.add(name, lines(2));
  const causes = [
    'DisabledException',
    null,
    'IncorrectKeyException',
    null,
    'IncorrectKeyException',
    'DisabledException',
  ];
  kms.onReEncrypt = (_, nth) => {
    const cause = causes[nth - 1] ?? null;
    if (cause !== null) throw kmsFault(cause);
    return {};
  };
  const manager = harness.manager();
  const run = await manager.start(inputOf({}, { pace: { concurrency: 1, perSecond: null } }));
  await run.done;
  const retry = { failed: 2, missed: 0 };
  expect(run.summary()).toMatchObject({ counts: { failed: 6 }, retry });
  // Another start counts the same from the journal.
  expect(await harness.manager().summary(run.id)).toMatchObject({ retry });
  const { files } = await manager.again(run.id);
  expect(files.map(({ display, blobs }) => [display.endsWith('a.txt'), blobs.length])).toEqual([[true, 2]]);
});

test('what fails each time is not tried again', async () => {
  await harness.add('a.txt', lines(2));
  kms.onReEncrypt = () => {
    throw kmsFault('InvalidCiphertextException');
  };
  const manager = harness.manager();
  const run = await manager.start(inputOf());
  await run.done;
  expect(run.summary()).toMatchObject({ counts: { failed: 2 }, retry: null });
  await expect(manager.again(run.id)).rejects.toMatchObject({ fault: { code: 'NothingToRetry' } });
});

test('ciphertext of an RSA key gets a record beside it, in which its hash, key and algorithm stand; undo takes it back', async () => {
  await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
  const before = await harness.snapshot();
  kms.onDescribe = () => ({ spec: 'RSA_4096' });
  const destination = { keyId: KEY, algorithm: 'RSAES_OAEP_SHA_256', context: { mode: 'same' } } as const;
  const manager = harness.manager();
  const run = await manager.start(inputOf({}, { destination }));
  await run.done;
  const [item] = run.items();
  const record = JSON.parse(await readFile(harness.path('a.b64.rewrap.json'), 'utf8'));
  expect(record.blobs).toMatchObject([
    { sha256: item?.sha256After, keyArn: KEY, algorithm: 'RSAES_OAEP_SHA_256' },
  ]);
  await manager.undo(run.id);
  expect(await harness.snapshot()).toBe(before);
});

test('the journal holds no content of a file but the ciphertext', async () => {
  await mkdir(join(harness.folder, 'x'));
  await harness.add('x/app.env', `PASSWORD=do-not-keep-me\nKEY=${base64(madeUpBlob(OLD_KEY))}\n`);
  const manager = harness.manager();
  await (await manager.start(inputOf())).done;
  await manager.close();
  for (const name of await readdir(harness.home))
    if (name.startsWith('runs.'))
      expect((await readFile(join(harness.home, name))).includes('do-not-keep-me')).toBe(false);
});
