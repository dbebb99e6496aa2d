import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeKms, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';

const TOKEN = 'grant-token-canary-4f1d';
let harness: RunHarness;
let kms: FakeKms;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
  await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
});
afterEach(() => harness.remove());

const input = (dryRun = false) =>
  harness.input(kms, { grantTokens: [TOKEN, `${TOKEN}-${'x'.repeat(5000)}`], verify: true, dryRun });

/** Names of the files of the data folder that hold the token. */
const holding = (): string[] =>
  readdirSync(harness.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(TOKEN))
    .map(({ name }) => name);

test.each([
  ['a run', false],
  ['a dry run', true],
])('%s has its tokens while it lasts, and no file does afterwards', async (_, dryRun) => {
  const manager = harness.manager();
  let during: string[] = [];
  kms.onReEncrypt = () => {
    during = holding();
    return {};
  };
  kms.onDryRun = () => {
    if (dryRun) during = holding();
    return { outcome: 'would-succeed', requestId: 'req' };
  };
  const run = await manager.start(input(dryRun));
  await run.done;
  expect(during).not.toEqual([]);
  expect(kms.asked[0]?.grantTokens ?? kms.triedOut[0]?.grantTokens).toHaveLength(2);
  expect(holding()).toEqual([]);
  const { request } = manager.asked(run.id);
  expect(request.grantTokens).toEqual([]);
  expect(request.tokensDeleted).toBe(2);
});

/** A run that ended while its first request was under way. */
async function cutOff() {
  const manager = harness.manager();
  const sent = Promise.withResolvers<void>();
  kms.onReEncrypt = () => {
    sent.resolve();
    return new Promise(() => undefined);
  };
  const run = await manager.start(input());
  await sent.promise;
  run.suspend();
  run.cut();
  await run.done;
  await manager.close();
  return run;
}

test('a run that is cut off keeps them for its resume, and loses them when it is closed', async () => {
  const run = await cutOff();
  expect(holding()).toEqual(['runs.sqlite']);
  const next = harness.manager();
  expect(next.asked(run.id).request.grantTokens).toHaveLength(2);
  await next.abandon(run.id);
  expect(holding()).toEqual([]);
});

test('a run that was cut off is sent with the tokens that it is given before it goes on', async () => {
  const run = await cutOff();
  const next = harness.manager();
  next.setGrantTokens(run.id, ['given-anew']);
  kms.onReEncrypt = () => ({});
  const again = await next.resume(run.id, { kms, target: 'test' });
  await again.done;
  expect(again.summary().counts.succeeded).toBe(1);
  expect(kms.asked.at(-1)?.grantTokens).toEqual(['given-anew']);
  expect(next.asked(run.id).request).toMatchObject({ grantTokens: [], tokensDeleted: 1 });
  expect(holding()).toEqual([]);
});

test('a journal of before tokens were deleted: none stands in its file once it was opened', async () => {
  const first = harness.manager();
  const run = await first.start(input());
  await run.done;
  await first.close();
  // As an older version left it: tokens in a run that ended, and in pages of runs that went.
  const db = new DatabaseSync(join(harness.home, 'runs.sqlite'));
  db.exec('PRAGMA secure_delete = OFF; ALTER TABLE files DROP COLUMN folder; PRAGMA user_version = 5');
  const request = JSON.stringify({ ...input().request, grantTokens: [TOKEN] });
  db.prepare('UPDATE runs SET request = ?').run(request);
  db.prepare("INSERT INTO words (word) VALUES (? || printf('%.*c', 20000, 'x'))").run(TOKEN);
  db.exec("DELETE FROM words WHERE word LIKE 'grant-token%'");
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  expect(holding()).not.toEqual([]);
  harness.manager();
  expect(holding()).toEqual([]);
});
