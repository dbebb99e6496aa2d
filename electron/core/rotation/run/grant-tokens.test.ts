import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunInput, RunManager } from '../index.ts';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';

const TOKEN = 'grant-token-canary-4f1d';
let rig: RunHarness;
let kms: FakeKms;
let books: RunManager[];

beforeEach(async () => {
  rig = await RunHarness.make();
  kms = new FakeKms();
  books = [];
  await rig.add('a.b64', base64(madeUpBlob(OLD_KEY)));
});
afterEach(async () => {
  for (const book of books) await book.close();
  await rig.remove();
});

function bookOf(): RunManager {
  const book = new RunManager(rig.home, () => {}, { sleep: async () => undefined });
  books.push(book);
  return book;
}

const input = (dryRun = false): RunInput => ({
  request: {
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    grantTokens: [TOKEN, `${TOKEN}-${'x'.repeat(5000)}`],
    route: 'reencrypt',
    verify: true,
    dryRun,
  },
  output: { mode: 'in-place', backup: true },
  files: rig.files,
  kms,
  connection: 'test',
  target: 'test',
});

/** Files of the data folder in whose bytes the token stands. */
const holding = (): string[] =>
  readdirSync(rig.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(TOKEN))
    .map(({ name }) => name);

test.each([
  ['a run', false],
  ['a dry run', true],
])('%s has its tokens while it lasts, and no file does afterwards', async (_, dryRun) => {
  const book = bookOf();
  let during: string[] = [];
  kms.onReEncrypt = () => {
    during = holding();
    return {};
  };
  kms.onDryRun = () => {
    if (dryRun) during = holding();
    return { outcome: 'would-succeed', requestId: 'req' };
  };
  const run = await book.start(input(dryRun));
  await run.done;
  expect(during).not.toEqual([]);
  expect(kms.asked[0]?.grantTokens ?? kms.triedOut[0]?.grantTokens).toHaveLength(2);
  expect(holding()).toEqual([]);
  const { request } = book.asked(run.id);
  expect(request.grantTokens).toEqual([]);
  expect(request.tokensDeleted).toBe(2);
});

test('a run that is cut off keeps them for its resume, and loses them when it is closed', async () => {
  const book = bookOf();
  const sent = Promise.withResolvers<void>();
  kms.onReEncrypt = () => {
    sent.resolve();
    return new Promise(() => undefined);
  };
  const run = await book.start(input());
  await sent.promise;
  run.suspend();
  run.cut();
  await run.done;
  await book.close();
  books = [];
  expect(holding()).toEqual(['runs.sqlite']);
  const next = bookOf();
  expect(next.asked(run.id).request.grantTokens).toHaveLength(2);
  await next.abandon(run.id);
  expect(holding()).toEqual([]);
});
