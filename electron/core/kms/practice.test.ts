import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultError } from '#shared/model/fault.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import { connect } from './index.ts';
import type { KmsConnection, ReEncryptInput } from './types.ts';

// Over HTTP with the real SDK, against the practice KMS.
let folder: string;
let practice: PracticeKms;
let kms: KmsConnection;

interface Made {
  readonly id: string;
  readonly arn: string;
}

const makeKey = async (members: Record<string, unknown> = {}): Promise<Made> => {
  const { KeyMetadata } = await practice.call('CreateKey', members);
  const { KeyId, Arn } = KeyMetadata as { KeyId: string; Arn: string };
  return { id: KeyId, arn: Arn };
};

const encrypt = async (key: Made, members: Record<string, unknown> = {}, plaintext = randomBytes(32)) => {
  const { CiphertextBlob } = await practice.call('Encrypt', {
    KeyId: key.arn,
    Plaintext: plaintext.toString('base64'),
    ...members,
  });
  return { plaintext, blob: new Uint8Array(Buffer.from(String(CiphertextBlob), 'base64')) };
};

const decrypt = async (blob: Uint8Array, members: Record<string, unknown> = {}): Promise<Buffer> => {
  const out = await practice.call('Decrypt', {
    CiphertextBlob: Buffer.from(blob).toString('base64'),
    ...members,
  });
  return Buffer.from(String(out.Plaintext), 'base64');
};

const faultOf = async (work: Promise<unknown>) => {
  const error: FaultError | null = await work.then(
    () => null,
    (e) => e,
  );
  if (error?.name !== 'FaultError') throw new Error(`no fault: ${String(error)}`);
  expect(JSON.stringify(error.fault)).not.toContain(practice.secretAccessKey);
  expect(error.fault.remedy).not.toBe('');
  expect(error.fault.raw?.requestId).toBeTruthy();
  return error.fault;
};

let a: Made;
let b: Made;
let rsa: Made;
const plain = (blob: Uint8Array, over: Partial<ReEncryptInput> = {}): ReEncryptInput => ({
  blob,
  sourceKeyId: null,
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  sourceContext: null,
  destinationKeyId: b.arn,
  destinationAlgorithm: 'SYMMETRIC_DEFAULT',
  destinationContext: null,
  grantTokens: [],
  ...over,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewrap-kms-'));
  practice = await startPracticeKms({ stateDir: folder });
  kms = await connect({ kind: 'practice' }, practice);
  a = await makeKey({ Description: 'A' });
  b = await makeKey({ Description: 'B' });
  rsa = await makeKey({ KeySpec: 'RSA_4096', KeyUsage: 'ENCRYPT_DECRYPT' });
  await practice.call('CreateAlias', { AliasName: 'alias/b', TargetKeyId: b.id });
});

afterAll(async () => {
  kms?.close();
  await practice?.close();
  await rm(folder, { recursive: true, force: true });
});

test('says who it is', async () => {
  expect((await kms.whoAmI()).account).toBe(practice.accountId);
});

describe('keys', () => {
  test('are listed with aliases, spec and fitness', async () => {
    const signing = await makeKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }).catch(() => null);
    const off = await makeKey();
    await practice.call('DisableKey', { KeyId: off.id });
    const doomed = await makeKey();
    await practice.call('ScheduleKeyDeletion', { KeyId: doomed.id, PendingWindowInDays: 7 });
    const { keys, gaps } = await kms.listKeys();
    expect(gaps).toEqual([]);
    const by = (made: Made) => keys.find((key) => key.keyId === made.id);
    expect(by(b)).toMatchObject({
      aliases: ['alias/b'],
      spec: 'SYMMETRIC_DEFAULT',
      algorithms: ['SYMMETRIC_DEFAULT'],
      unfitAsDestination: null,
      unfitAsSource: null,
      gaps: [],
    });
    expect(by(rsa)?.algorithms).toEqual(['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']);
    expect(by(off)?.unfitAsDestination).toContain('disabled');
    expect(by(doomed)?.unfitAsSource).toMatch(/pending deletion, to be deleted on \d{4}-\d\d-\d\d/);
    if (signing !== null) expect(by(signing)?.unfitAsDestination).toContain('SIGN_VERIFY');
  });

  test('one is described by id, ARN and alias, with its aliases', async () => {
    for (const name of [b.id, b.arn, 'alias/b', b.arn.replace(/key\/.*/, 'alias/b')])
      expect(await kms.describeKey(name)).toMatchObject({ arn: b.arn, aliases: ['alias/b'] });
  });

  test('one is described in detail; what the endpoint refuses is a gap', async () => {
    const key = await kms.keyDetail('alias/b');
    expect(key).toMatchObject({ arn: b.arn, aliases: ['alias/b'] });
    const unanswered = [key.rotation, key.tags, key.lastUse].filter((detail) => detail === null).length;
    expect(key.gaps.length).toBeGreaterThanOrEqual(unanswered);
  });

  test('one that does not exist is a fault', async () => {
    const fault = await faultOf(kms.describeKey('alias/nothing'));
    expect(fault.code).toBe('NotFoundException');
    expect(fault.message).toContain('alias/nothing');
  });
});

describe('ReEncrypt', () => {
  test('symmetric to symmetric, context changed', async () => {
    const { blob, plaintext } = await encrypt(a, { EncryptionContext: { app: 'x' } });
    const out = await kms.reEncrypt(
      plain(blob, {
        sourceContext: { app: 'x' },
        destinationContext: { app: 'y' },
        destinationKeyId: 'alias/b',
      }),
    );
    expect(out).toMatchObject({ sourceKeyArn: a.arn, destinationKeyArn: b.arn });
    expect(out.destinationKeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
    expect(out.requestId).toBeTruthy();
    expect(await decrypt(out.blob, { EncryptionContext: { app: 'y' } })).toEqual(plaintext);
  });

  test('symmetric to RSA-4096 OAEP-SHA-256 and back', async () => {
    const { blob, plaintext } = await encrypt(a);
    const there = await kms.reEncrypt(
      plain(blob, { destinationKeyId: rsa.arn, destinationAlgorithm: 'RSAES_OAEP_SHA_256' }),
    );
    expect(there.blob).toHaveLength(512);
    const back = await kms.reEncrypt(
      plain(there.blob, { sourceKeyId: rsa.arn, sourceAlgorithm: 'RSAES_OAEP_SHA_256' }),
    );
    expect(await decrypt(back.blob)).toEqual(plaintext);
  });

  test('a dry run says that it would succeed, and is honest about what would not', async () => {
    const { blob } = await encrypt(a);
    expect((await kms.dryRun(plain(blob))).outcome).toBe('would-succeed');
    expect((await faultOf(kms.dryRun(plain(blob, { sourceContext: { no: 'no' } })))).code).toBe(
      'InvalidCiphertextException',
    );
  });

  test('each failure is explained', async () => {
    const { blob } = await encrypt(a, { EncryptionContext: { app: 'x' } });
    const context = { sourceContext: { app: 'x' } };
    expect((await faultOf(kms.reEncrypt(plain(blob)))).detail).toContain('context is probably missing');
    const wrongKey = await faultOf(kms.reEncrypt(plain(blob, { ...context, sourceKeyId: b.arn })));
    expect(wrongKey).toMatchObject({ code: 'IncorrectKeyException' });
    expect(wrongKey.message).toContain(b.arn);
    const flipped = Uint8Array.from(blob);
    flipped[flipped.length - 3] = (flipped[flipped.length - 3] ?? 0) ^ 1;
    expect((await faultOf(kms.reEncrypt(plain(flipped, context)))).code).toBe('InvalidCiphertextException');
    const off = await makeKey();
    await practice.call('DisableKey', { KeyId: off.id });
    const disabled = await faultOf(kms.reEncrypt(plain(blob, { ...context, destinationKeyId: off.arn })));
    expect(disabled.message).toBe(`The destination key ${off.arn} is disabled.`);
    const doomed = await makeKey();
    await practice.call('ScheduleKeyDeletion', { KeyId: doomed.id, PendingWindowInDays: 7 });
    const pending = await faultOf(kms.reEncrypt(plain(blob, { ...context, destinationKeyId: doomed.arn })));
    expect(pending).toMatchObject({
      code: 'KMSInvalidStateException',
      remedy: 'Choose another destination key.',
    });
    const usage = await faultOf(kms.reEncrypt(plain(blob, { ...context, destinationKeyId: rsa.arn })));
    expect(usage.code).toBe('InvalidKeyUsageException');
    const token = await faultOf(kms.reEncrypt(plain(blob, { ...context, grantTokens: ['not-a-token'] })));
    expect(token.code).toBe('InvalidGrantTokenException');
    const far = b.arn.replace('us-east-1', 'eu-west-1');
    const region = await faultOf(kms.reEncrypt(plain(blob, { ...context, destinationKeyId: far })));
    expect(region.message).toContain('another Region');
  });
});
