import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { sightings } from '../../../e2e/support/canary.ts';
import {
  PRACTICE_IDENTITIES,
  type PracticeKms,
  seedPractice,
  startPracticeKms,
} from '../../practice-kms/index.ts';
import type { ChildChannel } from '../children/index.ts';
import { connect, type KmsConnection, type ReEncryptInput } from '../kms/index.ts';
import { startFromSource } from './child.test-help.ts';
import { TwoStepKms } from './index.ts';

const FAR = 'eu-west-1';
const context = { app: 'payments' };
let folder = '';
let practice: PracticeKms;
let near: KmsConnection;
let far: KmsConnection;
let farKey = '';
const open: TwoStepKms[] = [];
/** From here to there, for the tests that do nothing to the child. */
let kms: TwoStepKms;

const access = (region: string, accessKeyId = practice.accessKeyId) => ({
  endpoint: practice.endpoint,
  region,
  accessKeyId,
  secretAccessKey: 'any',
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-two-step-'));
  practice = await startPracticeKms({ stateDir: folder });
  await seedPractice(practice);
  near = await connect({ kind: 'practice' }, access('us-east-1'));
  far = await connect({ kind: 'practice' }, access(FAR));
  const { KeyMetadata } = await practice.call('CreateKey', {}, { region: FAR });
  farKey = (KeyMetadata as { Arn: string }).Arn;
  kms = await TwoStepKms.open({ source: () => near, destination: () => far, startChild: startFromSource });
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((kms) => kms.close()));
  practice.faults.clear();
});

afterAll(async () => {
  await kms.close();
  near.close();
  far.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

async function sealed(plaintext: Uint8Array, keyId = 'alias/payments'): Promise<Buffer> {
  const { CiphertextBlob } = await practice.call('Encrypt', {
    KeyId: keyId,
    Plaintext: Buffer.from(plaintext).toString('base64'),
    EncryptionContext: context,
  });
  return Buffer.from(String(CiphertextBlob), 'base64');
}

async function opened(
  blob: Uint8Array,
  encryptionContext: Record<string, string> = context,
): Promise<Buffer> {
  const { Plaintext } = await practice.call(
    'Decrypt',
    { CiphertextBlob: Buffer.from(blob).toString('base64'), EncryptionContext: encryptionContext },
    { region: FAR },
  );
  return Buffer.from(String(Plaintext), 'base64');
}

function input(blob: Uint8Array, more: Partial<ReEncryptInput> = {}): ReEncryptInput {
  return {
    blob,
    sourceKeyId: null,
    sourceAlgorithm: 'SYMMETRIC_DEFAULT',
    sourceContext: context,
    destinationKeyId: farKey,
    destinationAlgorithm: 'SYMMETRIC_DEFAULT',
    destinationContext: context,
    grantTokens: [],
    ...more,
  };
}

async function twoStep(
  sides: { source?: KmsConnection; destination?: KmsConnection } = {},
): Promise<{ kms: TwoStepKms; children: (ChildChannel & { pid: number | undefined })[] }> {
  const children: (ChildChannel & { pid: number | undefined })[] = [];
  const kms = await TwoStepKms.open({
    source: () => sides.source ?? near,
    destination: () => sides.destination ?? far,
    startChild: () => {
      const child = startFromSource();
      children.push(child);
      return child;
    },
  });
  open.push(kms);
  return { kms, children };
}

const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof FaultError ? error.fault : error),
  );

const alive = (pid: number | undefined) => pid !== undefined && existsSync(`/proc/${pid}`);

describe('across Regions', () => {
  it('moves a blob that ReEncrypt cannot, and says both keys and both request ids', async () => {
    const plaintext = randomBytes(100);
    const blob = await sealed(plaintext);
    expect(await faultOf(near.reEncrypt(input(blob)))).toMatchObject({ code: 'NotFoundException' });
    const out = await kms.reEncrypt(input(blob, { destinationContext: { other: 'context' } }));
    expect(await opened(out.blob, { other: 'context' })).toEqual(plaintext);
    expect(out.destinationKeyArn).toBe(farKey);
    expect(out.sourceKeyArn).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\//);
    expect(out).toMatchObject({
      sourceAlgorithm: 'SYMMETRIC_DEFAULT',
      destinationAlgorithm: 'SYMMETRIC_DEFAULT',
    });
    expect(out.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(out.decryptRequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(out.requestId).not.toBe(out.decryptRequestId);
    expect(
      await kms.tryOpen(input(out.blob, { sourceKeyId: farKey, sourceContext: { other: 'context' } })),
    ).toMatchObject({
      outcome: 'would-succeed',
    });
  });

  it.each([1, 2, 3, 4096])('keeps a plaintext of %i bytes exactly', async (length) => {
    const plaintext = randomBytes(length);
    const out = await kms.reEncrypt(input(await sealed(plaintext)));
    expect(await opened(out.blob)).toEqual(plaintext);
  });

  it('moves many at a time, each to its own', async () => {
    const plaintexts = Array.from({ length: 40 }, (_, i) => randomBytes(10 + i));
    const blobs = await Promise.all(plaintexts.map((plaintext) => sealed(plaintext)));
    const { kms, children } = await twoStep();
    const outs = await Promise.all(blobs.map((blob) => kms.reEncrypt(input(blob))));
    expect(await Promise.all(outs.map((out) => opened(out.blob)))).toEqual(plaintexts);
    expect(children).toHaveLength(1);
  });

  it('goes from RSA to symmetric and back', async () => {
    const plaintext = randomBytes(64);
    const rsa = { keyId: 'alias/partner-rsa', algorithm: 'RSAES_OAEP_SHA_256' } as const;
    const there = (await twoStep({ source: near, destination: near })).kms;
    const out = await there.reEncrypt(
      input(await sealed(plaintext), { destinationKeyId: rsa.keyId, destinationAlgorithm: rsa.algorithm }),
    );
    expect(out.blob).toHaveLength(512);
    const back = input(out.blob, { sourceKeyId: rsa.keyId, sourceAlgorithm: rsa.algorithm });
    expect(await kms.dryRun(back)).toMatchObject({ outcome: 'would-succeed' });
    expect(await opened((await kms.reEncrypt(back)).blob)).toEqual(plaintext);
  });
});

describe('a preflight', () => {
  it('succeeds without decrypting, and names what will fail on each side', async () => {
    const blob = await sealed(randomBytes(32));
    expect(await kms.dryRun(input(blob))).toMatchObject({ outcome: 'would-succeed' });
    expect(await faultOf(kms.dryRun(input(blob, { sourceContext: { app: 'x' } })))).toMatchObject({
      code: 'InvalidCiphertextException',
    });
    expect(await faultOf(kms.dryRun(input(blob, { destinationKeyId: 'alias/none' })))).toMatchObject({
      code: 'NotFoundException',
      message: expect.stringContaining(FAR),
    });
  });

  it('sends zeros of the exact length, so that a plaintext that does not fit is found', async () => {
    const { kms } = await twoStep({ source: near, destination: near });
    const rsa = {
      destinationKeyId: 'alias/partner-rsa',
      destinationAlgorithm: 'RSAES_OAEP_SHA_256',
    } as const;
    expect(await kms.dryRun(input(await sealed(randomBytes(446)), rsa))).toMatchObject({
      outcome: 'would-succeed',
    });
    expect(await faultOf(kms.dryRun(input(await sealed(randomBytes(447)), rsa)))).toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining('446 bytes'),
    });
  });

  it('says of an endpoint that it ignores DryRun', async () => {
    practice.faults.set([{ kind: 'ignore-dry-run' }]);
    expect(await kms.dryRun(input(await sealed(randomBytes(32))))).toMatchObject({ outcome: 'ignored' });
  });
});

describe('faults are explained for their side', () => {
  it('a wrong source key', async () => {
    const wrong = input(await sealed(randomBytes(32)), { sourceKeyId: 'alias/legacy' });
    expect(await faultOf(kms.reEncrypt(wrong))).toMatchObject({
      code: 'IncorrectKeyException',
      message: expect.stringContaining('alias/legacy'),
    });
  });

  it('Decrypt denied on the source, Encrypt denied on the destination', async () => {
    const operator = await connect(
      { kind: 'practice' },
      access('us-east-1', PRACTICE_IDENTITIES.operator.accessKeyId),
    );
    const blob = await sealed(randomBytes(32));
    const first = await twoStep({ source: operator });
    expect(await faultOf(first.kms.reEncrypt(input(blob, { sourceKeyId: 'alias/payments' })))).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringMatching(/kms:Decrypt on the source key/),
    });
    const second = await twoStep({ destination: operator });
    const to = input(blob, { destinationKeyId: 'alias/payments-2027' });
    expect(await faultOf(second.kms.reEncrypt(to))).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringMatching(/kms:Encrypt on the destination key/),
    });
    operator.close();
  });

  it('a disabled destination, throttling, a reply cut off', async () => {
    const { kms } = await twoStep({ destination: near });
    const blob = await sealed(randomBytes(32));
    expect(await faultOf(kms.reEncrypt(input(blob, { destinationKeyId: 'alias/retired' })))).toMatchObject({
      code: 'DisabledException',
      message: expect.stringMatching(/^The destination key .* is disabled/),
    });
    practice.faults.set([{ kind: 'throttling', operations: ['Encrypt'] }]);
    const to = input(blob, { destinationKeyId: 'alias/payments-2027' });
    expect(await faultOf(kms.reEncrypt(to))).toMatchObject({ code: 'ThrottlingException', retryable: true });
    practice.faults.set([{ kind: 'truncate', operations: ['Decrypt'] }]);
    expect(await faultOf(kms.reEncrypt(to))).toMatchObject({ code: 'ECONNRESET', retryable: true });
    practice.faults.set([{ kind: 'internal', operations: ['Decrypt'] }]);
    expect(await faultOf(kms.reEncrypt(to))).toMatchObject({ code: 'KMSInternalException' });
  });

  it('an endpoint where nothing answers', async () => {
    const nowhere = await connect({ kind: 'practice' }, { ...access(FAR), endpoint: 'http://127.0.0.1:9' });
    const { kms } = await twoStep({ destination: nowhere });
    expect(await faultOf(kms.reEncrypt(input(await sealed(randomBytes(32)))))).toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringContaining('127.0.0.1:9'),
    });
    nowhere.close();
  });
});

it('nothing that comes out of the child has the plaintext in it, in any form', async () => {
  const canary = Buffer.from(`canary-${randomBytes(12).toString('hex')}`);
  const heard: Buffer[] = [];
  const spied = await TwoStepKms.open({
    source: () => near,
    destination: () => far,
    startChild: () => {
      const child = startFromSource();
      return {
        ...child,
        onMessage: (listener) =>
          child.onMessage((message) => {
            heard.push(serialize(message));
            listener(message);
          }),
      };
    },
  });
  open.push(spied);
  const blob = await sealed(canary);
  await spied.dryRun(input(blob));
  const out = await spied.reEncrypt(input(blob));
  await faultOf(spied.reEncrypt(input(blob, { destinationKeyId: 'alias/none' })));
  practice.faults.set([{ kind: 'ignore-dry-run' }]);
  await spied.dryRun(input(blob));
  expect(heard).toHaveLength(6);
  expect(heard.flatMap((bytes) => sightings('a message', bytes, [canary]))).toEqual([]);
  expect(await opened(out.blob)).toEqual(canary);
});

it('plaintext is sent to no other machine in clear', async () => {
  const choice = { kind: 'aws', profile: null, region: FAR, fips: null, dualStack: null } as const;
  const clear = await connect({ ...choice, endpointUrl: 'http://kms.example' }, null);
  const sides = { source: () => near, destination: () => clear, startChild: startFromSource };
  await expect(TwoStepKms.open(sides)).rejects.toThrow(/kms\.example.* in clear/);
  clear.close();
});

describe('the child', () => {
  it('starts with the first request and is gone after close', async () => {
    const { kms, children } = await twoStep();
    expect(children).toHaveLength(0);
    await kms.dryRun(input(await sealed(randomBytes(32))));
    const [child] = children;
    expect(alive(child?.pid)).toBe(true);
    await kms.close();
    expect(alive(child?.pid)).toBe(false);
    expect(await faultOf(kms.reEncrypt(input(await sealed(randomBytes(32)))))).toMatchObject({
      code: 'TwoStepChildEnded',
    });
  });

  it('killed with requests under way: each ends with the same fault, and none hangs', async () => {
    practice.faults.set([{ kind: 'latency', ms: 5_000, operations: ['Encrypt'] }]);
    const { kms, children } = await twoStep();
    const blobs = await Promise.all(Array.from({ length: 3 }, () => sealed(randomBytes(32))));
    const faults = Promise.all(blobs.map((blob) => faultOf(kms.reEncrypt(input(blob)))));
    await expect.poll(() => practice.faults.list()[0]?.hits).toBe(3);
    children[0]?.kill();
    for (const fault of await faults) expect(fault).toMatchObject({ code: 'TwoStepChildEnded' });
  });

  it('killed: the next request starts another one, by which the work goes on', async () => {
    const { kms, children } = await twoStep();
    const blob = await sealed(randomBytes(32));
    await kms.dryRun(input(blob));
    children[0]?.kill();
    await expect.poll(() => alive(children[0]?.pid)).toBe(false);
    await expect.poll(() => faultOf(kms.dryRun(input(blob))), { timeout: 20_000 }).toBeNull();
    expect(children).toHaveLength(2);
  });

  it('held back between Decrypt and Encrypt: the Encrypt does not leave', async () => {
    const { kms } = await twoStep();
    const blob = await sealed(randomBytes(32));
    await kms.dryRun(input(blob));
    practice.faults.set([
      { kind: 'latency', ms: 500, operations: ['Decrypt'] },
      { kind: 'latency', ms: 1, operations: ['Encrypt'] },
    ]);
    const hold = new AbortController();
    const moved = faultOf(kms.reEncrypt(input(blob), { hold: hold.signal }));
    await expect.poll(() => practice.faults.list()[0]?.hits).toBe(1);
    hold.abort();
    expect(await moved).toMatchObject({ name: 'NotSent' });
    expect(practice.faults.list()[1]?.hits).toBe(0);
    expect(await faultOf(kms.reEncrypt(input(blob), { hold: hold.signal }))).toMatchObject({
      name: 'NotSent',
    });
    expect(practice.faults.list()[0]?.hits).toBe(1);
  });

  it('a connection that was made anew is used from the next request on, by a child that knows its way', async () => {
    const other = await connect(
      { kind: 'practice' },
      { ...access('us-east-1'), endpoint: 'http://127.0.0.1:9' },
    );
    let source: KmsConnection = other;
    const children: ChildChannel[] = [];
    const kms = await TwoStepKms.open({
      source: () => source,
      destination: () => far,
      startChild: () => {
        const child = startFromSource();
        children.push(child);
        return child;
      },
    });
    open.push(kms);
    const blob = await sealed(randomBytes(32));
    expect(await faultOf(kms.reEncrypt(input(blob)))).toMatchObject({ code: 'ECONNREFUSED' });
    source = near;
    expect(await faultOf(kms.reEncrypt(input(blob)))).toBeNull();
    expect(children).toHaveLength(2);
    other.close();
  });

  it.skipIf(process.platform !== 'linux')(
    'has no secret in its arguments or environment, may open no other file, and leaves no core',
    async () => {
      const { kms, children } = await twoStep();
      await kms.dryRun(input(await sealed(randomBytes(32))));
      const at = `/proc/${children[0]?.pid}`;
      const [line, environment] = ['cmdline', 'environ'].map((name) =>
        readFileSync(join(at, name), 'latin1'),
      );
      expect(line).toContain('--permission');
      expect(`${line}${environment}`).not.toContain(practice.accessKeyId);
      expect(environment?.split('\0').map((pair) => pair.split('=')[0])).not.toContain('NODE_OPTIONS');
      expect(readFileSync(join(at, 'limits'), 'utf8')).toMatch(/Max core file size +0 +0/);
    },
  );
});
