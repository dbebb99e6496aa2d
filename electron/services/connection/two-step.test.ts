import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fault } from '#shared/model/fault.ts';
import type { RunRequest } from '#shared/model/run.ts';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import type { ChildStarter } from '../../core/children/index.ts';
import { startFromSource } from '../../core/two-step/child.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';

const FAR = 'eu-west-1';
let folder = '';
let practice: PracticeKms;
let farKey = '';
const engines: Engine[] = [];
let children = 0;
let gone = 0;

const counted: ChildStarter = () => {
  const child = startFromSource();
  children++;
  child.onEnd(() => gone++);
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
  const engine = engineAt(join(folder, 'home'), { host: 'loopback' }, startChild);
  engines.push(engine);
  const through = client(engine);
  await through.page.connection.use({ kind: 'practice' });
  return through;
}

async function blobIn({ page, host }: Client, name: string, plaintext: Buffer) {
  mkdirSync(join(folder, 'files'), { recursive: true });
  const path = join(folder, 'files', name);
  writeFileSync(path, await encrypted(practice, 'alias/payments', plaintext));
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
  return { path, id: rows.find((row) => row.file === name)?.id ?? '' };
}

const request = (id: string, more: Partial<RunRequest> = {}): RunRequest =>
  inPlace([id], {
    destination: { keyId: farKey, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    method: 'decrypt-encrypt',
    ...more,
  });

async function ran({ page }: Client, input: RunRequest) {
  const { runId } = await page.runs.start(input);
  const run = await ended(page, runId);
  const { items } = await page.runs.items({ runId, offset: 0, limit: 10, only: 'all' });
  return { run, items };
}

it.each(['cn-north-1', 'us-gov-west-1'])(
  'says of a key in %s that it is of another partition',
  async (region) => {
    const { page } = await engineWith(counted);
    const partition = region.startsWith('cn-') ? 'aws-cn' : 'aws-us-gov';
    const keyId = `arn:${partition}:kms:${region}:111122223333:key/11111111-1111-4111-8111-111111111111`;
    const fault = await page.keys.describe({ keyId }).then(
      () => null,
      (error: { fault: Fault }) => error.fault,
    );
    expect(fault?.message).toContain(`is of the partition ${partition}, and this connection is of aws`);
    expect(fault?.remedy).toContain(`Connect with credentials of ${partition}`);
  },
);

it('finds a key of another Region by its ARN, moves a blob there, learns both materials, ends the child', async () => {
  const through = await engineWith(counted);
  expect(await through.page.keys.describe({ keyId: farKey })).toMatchObject({
    arn: farKey,
    unfitAsDestination: null,
  });
  const plaintext = randomBytes(32);
  const { path, id } = await blobIn(through, 'there.bin', plaintext);
  const { run, items } = await ran(through, request(id));
  expect(run).toMatchObject({ method: 'decrypt-encrypt', status: 'finished', counts: { succeeded: 1 } });
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
  await expect.poll(() => [children, gone]).toEqual([1, 1]);
  const { keyGroups } = await through.page.keyGroups.list({});
  const evidence = keyGroups.flatMap(({ keys }) => keys).find((key) => key.keyArn === farKey)?.evidence;
  expect(evidence).toBe(`reply of Encrypt, request ${item?.requestId}`);
});

it('a preflight on this way changes nothing and ends its child too', async () => {
  const through = await engineWith(counted);
  const { path, id } = await blobIn(through, 'tried.bin', randomBytes(32));
  const before = readFileSync(path);
  const { items } = await ran(through, request(id, { dryRun: true }));
  expect(items).toMatchObject([{ state: 'would-succeed', fault: null }]);
  expect(readFileSync(path)).toEqual(before);
  await expect.poll(() => children - gone).toBe(0);
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

it('one that failed is tried again', async () => {
  const through = await engineWith(counted);
  const { path, id } = await blobIn(through, 'again.bin', randomBytes(32));
  const before = readFileSync(path);
  await practice.call('DisableKey', { KeyId: farKey }, { region: FAR });
  const { run } = await ran(through, request(id));
  expect(run).toMatchObject({ counts: { failed: 1 }, retry: { failed: 1, missed: 0 } });
  await practice.call('EnableKey', { KeyId: farKey }, { region: FAR });
  const { runId } = await through.page.runs.retry({ runId: run.id });
  await ended(through.page, runId);
  expect(await through.page.runs.get({ runId })).toMatchObject({
    method: 'decrypt-encrypt',
    counts: { succeeded: 1 },
  });
  expect(readFileSync(path)).not.toEqual(before);
  await expect.poll(() => children - gone).toBe(0);
});

it('one that was cut off goes on over the same two sides', async () => {
  const slow = [{ kind: 'latency', ms: 400, operations: ['Encrypt'] }];
  process.env.REWRAP_PRACTICE_FAULTS = JSON.stringify(slow);
  const through = await engineWith(counted).finally(() => delete process.env.REWRAP_PRACTICE_FAULTS);
  const files: { path: string; id: string }[] = [];
  for (const name of ['1.bin', '2.bin', '3.bin'])
    files.push(await blobIn(through, `cut-${name}`, randomBytes(32)));
  const before = files.map(({ path }) => readFileSync(path));
  const changed = () =>
    files.filter(({ path }, i) => !readFileSync(path).equals(before[i] ?? Buffer.alloc(0))).length;
  const { runId } = await through.page.runs.start({
    ...request(''),
    blobIds: files.map(({ id }) => id),
    output: { mode: 'in-place', backup: true },
    pace: { concurrency: 1, perSecond: null },
  });
  const started = async () => (await through.page.runs.get({ runId })).counts.running;
  await expect.poll(started).toBe(1);
  await engines.pop()?.close();
  expect(changed()).toBeLessThan(3);

  const next = await engineWith(counted);
  const unfinished = await next.page.runs.get({ runId });
  expect(unfinished).toMatchObject({ status: 'unfinished', resume: { blobs: 3 - changed() } });
  const resume = () => next.page.runs.resume({ runId });
  // The way is opened first: whatever else is asked meanwhile is refused.
  const [one, ...others] = await Promise.allSettled([
    resume(),
    resume(),
    next.page.runs.cancel({ runId }),
    next.page.runs.undo({ runId }),
  ]);
  expect(one.status).toBe('fulfilled');
  for (const other of others)
    expect(other).toMatchObject({ status: 'rejected', reason: { fault: { code: 'RunBusy' } } });
  await ended(next.page, runId);
  expect(changed()).toBe(3);
  await next.page.runs.undo({ runId });
  expect(changed()).toBe(0);
  await expect.poll(() => children - gone).toBe(0);
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
  const { source, destination, grantTokens, method } = request(id);
  const pinned = { ...source, keyId: 'alias/payments' };
  const ask = (way: RunRequest['method']) =>
    through.page.preflight.permissions({
      blobIds: [id],
      source: pinned,
      destination,
      grantTokens,
      method: way,
      verify: true,
    });
  expect(await ask(method)).toMatchObject({
    checks: [
      { step: 'reencrypt', answer: 'allowed', ignoredDryRun: false },
      { step: 'verify', answer: 'allowed', ignoredDryRun: false },
    ],
  });
  await expect.poll(() => children - gone).toBe(0);
  // ReEncrypt reaches no key of another Region: the same question on the other way has another answer.
  expect((await ask('reencrypt')).checks[0]?.answer).not.toBe('allowed');
});
