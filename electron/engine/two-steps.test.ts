import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunRequest } from '#shared/model/run.ts';
import type { Engine } from '../bridge/index.ts';
import { type Client, client } from '../cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../practice-kms/index.ts';
import { startFromSource } from '../two-step/child.test-help.ts';
import type { ChildStarter } from '../two-step/index.ts';
import { createEngine } from './index.ts';

const FAR = 'eu-west-1';
let folder = '';
let practice: PracticeKms;
let farKey = '';
const engines: Engine[] = [];
let children = 0;
let ended = 0;

const counted: ChildStarter = () => {
  const child = startFromSource();
  children++;
  child.onEnd(() => ended++);
  return child;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-two-steps-'));
  practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
  const { KeyMetadata } = await practice.call('CreateKey', {}, { region: FAR });
  farKey = (KeyMetadata as { Arn: string }).Arn;
});

afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

async function engineWith(startChild?: ChildStarter): Promise<Client> {
  const engine = createEngine(
    {
      host: 'cli',
      version: '0',
      can: {
        chooseFiles: false,
        chooseFolder: false,
        readClipboard: false,
        reveal: false,
        openBrowser: false,
        download: false,
      },
      dataDir: join(folder, 'home'),
      outputFolders: [],
      connection: null,
    },
    startChild,
  );
  engines.push(engine);
  const through = client(engine);
  await through.page.connection.use({ kind: 'practice' });
  return through;
}

async function blobIn({ page, host }: Client, name: string, plaintext: Buffer) {
  const { CiphertextBlob } = await practice.call('Encrypt', {
    KeyId: 'alias/payments',
    Plaintext: plaintext.toString('base64'),
  });
  mkdirSync(join(folder, 'files'), { recursive: true });
  const path = join(folder, 'files', name);
  writeFileSync(path, Buffer.from(String(CiphertextBlob), 'base64'));
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
  return { path, id: rows.find((row) => row.file === name)?.id ?? '' };
}

function request(id: string, more: Partial<RunRequest> = {}): RunRequest {
  return {
    blobIds: [id],
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: farKey, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    grantTokens: [],
    output: { mode: 'in-place', backup: false },
    route: 'decrypt-encrypt',
    verify: true,
    dryRun: false,
    ...more,
  };
}

async function ran({ page }: Client, input: RunRequest) {
  const { runId } = await page.runs.start(input);
  await expect
    .poll(async () => (await page.runs.get({ runId })).finishedAt, { timeout: 20_000 })
    .not.toBeNull();
  const { items } = await page.runs.items({ runId, offset: 0, limit: 10, only: 'all' });
  return { run: await page.runs.get({ runId }), items };
}

it('finds a key of another Region by its ARN, moves a blob there, learns both materials, ends the child', async () => {
  const through = await engineWith(counted);
  expect(await through.page.keys.describe({ keyId: farKey })).toMatchObject({
    arn: farKey,
    unfitAsDestination: null,
  });
  const plaintext = randomBytes(32);
  const { path, id } = await blobIn(through, 'there.bin', plaintext);
  const { run, items } = await ran(through, request(id));
  expect(run).toMatchObject({ route: 'decrypt-encrypt', status: 'finished', counts: { succeeded: 1 } });
  expect(run.connection).toMatch(/us-east-1 .* → eu-west-1$/);
  const [item] = items;
  expect(item).toMatchObject({ state: 'reencrypted', destinationKeyArn: farKey });
  expect(item?.decryptRequestId).not.toBe(item?.requestId);
  const { Plaintext } = await practice.call(
    'Decrypt',
    { CiphertextBlob: readFileSync(path).toString('base64') },
    { region: FAR },
  );
  expect(Buffer.from(String(Plaintext), 'base64')).toEqual(plaintext);
  await expect.poll(() => [children, ended]).toEqual([1, 1]);
  const { clusters } = await through.page.clusters.list({});
  const evidence = clusters.flatMap(({ keys }) => keys).find((key) => key.keyArn === farKey)?.evidence;
  expect(evidence).toBe(`reply of Encrypt, request ${item?.requestId}`);
});

it('a preflight on this way changes nothing and ends its child too', async () => {
  const through = await engineWith(counted);
  const { path, id } = await blobIn(through, 'tried.bin', randomBytes(32));
  const before = readFileSync(path);
  const { items } = await ran(through, request(id, { dryRun: true }));
  expect(items).toMatchObject([{ state: 'would-succeed', fault: null }]);
  expect(readFileSync(path)).toEqual(before);
  await expect.poll(() => children - ended).toBe(0);
});

it('verification that is not permitted says which right it needs on this way', async () => {
  const through = await engineWith(counted);
  const { path, id } = await blobIn(through, 'unverified.bin', randomBytes(32));
  const before = readFileSync(path);
  // The partner's key lets this account encrypt, and decrypt nothing.
  const to = {
    keyId: 'alias/shared-with-practice',
    algorithm: 'SYMMETRIC_DEFAULT',
    context: { mode: 'same' },
  } as const;
  const { KeyMetadata } = await practice.call(
    'DescribeKey',
    { KeyId: to.keyId },
    { accessKeyId: 'AKIAPRACTICEPARTNERX' },
  );
  const keyId = (KeyMetadata as { Arn: string }).Arn;
  const { items } = await ran(through, request(id, { destination: { ...to, keyId } }));
  expect(items).toMatchObject([
    {
      state: 'failed',
      fault: { code: 'VerifyNotPermitted', remedy: expect.stringContaining('kms:Decrypt') },
    },
  ]);
  expect(readFileSync(path)).toEqual(before);
});

it('a host that starts no children says so', async () => {
  const through = await engineWith();
  const { id } = await blobIn(through, 'nowhere.bin', randomBytes(32));
  const { items } = await ran(through, request(id));
  expect(items).toMatchObject([{ state: 'failed', fault: { code: 'TwoStepUnavailable' } }]);
});

it('permissions are asked as the way needs them: Decrypt here and Encrypt there, and the child ends', async () => {
  const through = await engineWith(counted);
  const { id } = await blobIn(through, 'rights.bin', randomBytes(32));
  const { source, destination, grantTokens, route } = request(id);
  const pinned = { ...source, keyId: 'alias/payments' };
  const ask = (way: RunRequest['route']) =>
    through.page.preflight.permissions({
      blobIds: [id],
      source: pinned,
      destination,
      grantTokens,
      route: way,
    });
  expect(await ask(route)).toMatchObject({ checks: [{ answer: 'allowed', ignoredDryRun: false }] });
  await expect.poll(() => children - ended).toBe(0);
  // ReEncrypt reaches no key of another Region: the same question on the other way has another answer.
  expect((await ask('reencrypt')).checks[0]?.answer).not.toBe('allowed');
});
