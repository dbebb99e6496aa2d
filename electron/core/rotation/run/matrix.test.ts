import { randomBytes } from 'node:crypto';
import * as nodeFs from 'node:fs/promises';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { RunItem } from '#shared/model/run.ts';
import { type PracticeKms, startPracticeKms } from '../../../practice-kms/index.ts';
import type { PutBackFs } from '../../intake/index.ts';
import { connect, type Kms } from '../../kms/index.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';

// The main job over HTTP with the real SDK, against the practice KMS, on real files.
interface Made {
  readonly id: string;
  readonly arn: string;
}
let state: string;
let practice: PracticeKms;
let kms: Kms;
let harness: RunHarness;
let a: Made;
let b: Made;
let rsa: Made;

const makeKey = async (members: Record<string, unknown> = {}): Promise<Made> => {
  const { KeyMetadata } = await practice.call('CreateKey', members);
  const { KeyId, Arn } = KeyMetadata as { KeyId: string; Arn: string };
  return { id: KeyId, arn: Arn };
};

const encrypt = async (key: Made, plaintext: Buffer, context?: EncryptionContext): Promise<Buffer> => {
  const { CiphertextBlob } = await practice.call('Encrypt', {
    KeyId: key.arn,
    Plaintext: plaintext.toString('base64'),
    ...(context ? { EncryptionContext: context } : {}),
  });
  return Buffer.from(String(CiphertextBlob), 'base64');
};

const decrypt = async (blob: Uint8Array, members: Record<string, unknown> = {}): Promise<Buffer> => {
  const out = await practice.call('Decrypt', { CiphertextBlob: base64(blob), ...members });
  return Buffer.from(String(out.Plaintext), 'base64');
};

const given = (context: EncryptionContext) => ({ mode: 'given', context }) as const;
const symmetric = (context: EncryptionContext = {}, keyId: string | null = null) =>
  ({ keyId, algorithm: 'SYMMETRIC_DEFAULT', context: given(context) }) as const;
const to = (key: Made, context: EncryptionContext = {}) =>
  ({ keyId: key.arn, algorithm: 'SYMMETRIC_DEFAULT', context: given(context) }) as const;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'rewrap-matrix-'));
  practice = await startPracticeKms({ stateDir: state });
  kms = await connect({ kind: 'practice' }, practice);
  a = await makeKey();
  b = await makeKey();
  rsa = await makeKey({ KeySpec: 'RSA_4096', KeyUsage: 'ENCRYPT_DECRYPT' });
});

afterAll(async () => {
  kms?.close();
  await practice?.close();
  await rm(state, { recursive: true, force: true });
});

beforeEach(async () => {
  harness = await RunHarness.make();
});

afterEach(() => harness.remove());

describe('works', () => {
  test('symmetric to symmetric with another context, in place, verified', async () => {
    const plaintext = randomBytes(40);
    await harness.add('secret.b64', `${base64(await encrypt(a, plaintext, { app: 'old' }))}\n`);
    const run = await harness.start(kms, {
      source: symmetric({ app: 'old' }, a.arn),
      destination: to(b, { app: 'new' }),
    });
    await run.done;
    expect(run.items()[0]).toMatchObject({
      state: 'reencrypted',
      sourceKeyArn: a.arn,
      destinationKeyArn: b.arn,
    });
    const [now] = await harness.blobs(harness.path('secret.b64'));
    expect(await decrypt(now ?? Buffer.of(), { EncryptionContext: { app: 'new' } })).toEqual(plaintext);
  });

  test('symmetric to RSA-4096 OAEP-SHA-256 and back', async () => {
    const plaintext = randomBytes(446);
    await harness.add('secret.b64', base64(await encrypt(a, plaintext, { app: 'x' })));
    const there = await harness.start(kms, {
      source: symmetric({ app: 'x' }),
      destination: { keyId: rsa.arn, algorithm: 'RSAES_OAEP_SHA_256', context: { mode: 'same' } },
    });
    await there.done;
    expect(there.items()[0]).toMatchObject({ state: 'reencrypted', destinationKeyArn: rsa.arn });
    const [middle] = await harness.blobs(harness.path('secret.b64'));
    expect(middle).toHaveLength(512);

    const second = await RunHarness.make();
    try {
      await second.add('secret.b64', await readFile(harness.path('secret.b64')));
      const back = await second.start(kms, {
        source: { keyId: rsa.arn, algorithm: 'RSAES_OAEP_SHA_256', context: { mode: 'declared' } },
        destination: to(b, { app: 'y' }),
      });
      await back.done;
      expect(back.items()[0]).toMatchObject({ state: 'reencrypted', sourceKeyArn: rsa.arn });
      const [now] = await second.blobs(second.path('secret.b64'));
      expect(await decrypt(now ?? Buffer.of(), { EncryptionContext: { app: 'y' } })).toEqual(plaintext);
    } finally {
      await second.remove();
    }
  });

  test('the destination by alias; CLI JSON gets its new key id', async () => {
    await practice.call('CreateAlias', { AliasName: 'alias/matrix', TargetKeyId: b.id });
    const made = await practice.call('GenerateDataKeyWithoutPlaintext', { KeyId: a.arn, KeySpec: 'AES_256' });
    await harness.add('key.json', JSON.stringify(made, null, 4));
    const run = await harness.start(kms, {
      source: symmetric(),
      destination: { keyId: 'alias/matrix', algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    });
    await run.done;
    expect(run.items()[0]?.state).toBe('reencrypted');
    const now = JSON.parse(await readFile(harness.path('key.json'), 'utf8'));
    expect(now.KeyId).toBe(b.arn);
    expect(await decrypt(Buffer.from(now.CiphertextBlob, 'base64'))).toHaveLength(32);
  });

  test('200 files, each once, and a dry run before changes nothing', async () => {
    const plaintexts = new Map<string, Buffer>();
    for (let i = 0; i < 200; i++) {
      const plaintext = randomBytes(16);
      plaintexts.set(`f${i}.bin`, plaintext);
      await harness.add(`f${i}.bin`, await encrypt(a, plaintext));
    }
    const before = await harness.snapshot();
    const dry = await harness.start(kms, { source: symmetric(), destination: to(b), dryRun: true });
    await dry.done;
    expect(dry.summary().counts).toMatchObject({ total: 200, succeeded: 200 });
    expect(await harness.snapshot()).toBe(before);
    const run = await harness.start(kms, { source: symmetric(), destination: to(b) });
    await run.done;
    expect(run.summary()).toMatchObject({ status: 'finished', counts: { total: 200, succeeded: 200 } });
    for (const [name, plaintext] of plaintexts)
      expect(await decrypt(await readFile(harness.path(name)), { KeyId: b.arn })).toEqual(plaintext);
  });
});

describe('fails, and the original is intact', () => {
  const context = { app: 'x' };

  /** Runs; expects one failed item with this code, all files as before. */
  const fails = async (run: () => ReturnType<RunHarness['start']>, code: string): Promise<RunItem> => {
    const before = await harness.snapshot();
    const started = await run();
    await started.done;
    const [item] = started.items();
    if (item === undefined) throw new Error('no item');
    expect(item).toMatchObject({ state: 'failed', fault: { code } });
    expect(item.fault?.remedy).not.toBe('');
    expect(item.fault?.detail).not.toBe('');
    expect(await harness.snapshot()).toBe(before);
    return item;
  };
  const add = async () => harness.add('secret.bin', await encrypt(a, randomBytes(32), context));

  test.each([
    ['none', {}, 'probably missing'],
    ['another value', { app: 'y' }, '"app"'],
    ['another case', { App: 'x' }, 'upper and lower case'],
  ])('wrong context: %s', async (_, wrong, words) => {
    await add();
    const item = await fails(
      () => harness.start(kms, { source: symmetric(wrong), destination: to(b) }),
      'InvalidCiphertextException',
    );
    expect(item.fault?.detail).toContain(words);
    expect(item.fault?.remedy).toContain('context');
  });

  test('disabled destination', async () => {
    const off = await makeKey();
    await practice.call('DisableKey', { KeyId: off.id });
    await add();
    const item = await fails(
      () => harness.start(kms, { source: symmetric(context), destination: to(off) }),
      'DisabledException',
    );
    expect(item.fault?.message).toBe(`The destination key ${off.arn} is disabled.`);
    expect(item.fault?.remedy).toContain('EnableKey');
  });

  test('disabled source', async () => {
    const off = await makeKey();
    await harness.add('secret.bin', await encrypt(off, randomBytes(32)));
    await practice.call('DisableKey', { KeyId: off.id });
    const item = await fails(
      () => harness.start(kms, { source: symmetric(), destination: to(b) }),
      'DisabledException',
    );
    expect(item.fault?.message).toBe(`The source key ${off.arn} is disabled.`);
  });

  test('one flipped byte, in the tag', async () => {
    const blob = await encrypt(a, randomBytes(32), context);
    blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
    await harness.add('secret.bin', blob);
    const item = await fails(
      () => harness.start(kms, { source: symmetric(context), destination: to(b) }),
      'InvalidCiphertextException',
    );
    expect(item.fault?.detail).toContain('corrupted');
  });

  test('one flipped byte, in the structure', async () => {
    const blob = await encrypt(a, randomBytes(32), context);
    blob[60] = (blob[60] ?? 0) ^ 1;
    await harness.add('secret.bin', blob);
    const item = await fails(
      () => harness.start(kms, { source: symmetric(context), destination: to(b) }),
      'InvalidCiphertextException',
    );
    expect(item.fault?.detail).toContain('not laid out as KMS blobs are');
  });

  test('the pinned source key is another', async () => {
    await add();
    const item = await fails(
      () => harness.start(kms, { source: symmetric(context, b.arn), destination: to(b) }),
      'IncorrectKeyException',
    );
    expect(item.fault?.message).toContain(b.arn);
  });

  test('RSA with the other algorithm', async () => {
    const { CiphertextBlob } = await practice.call('Encrypt', {
      KeyId: rsa.arn,
      Plaintext: randomBytes(20).toString('base64'),
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
    await harness.add('secret.bin', Buffer.from(String(CiphertextBlob), 'base64'));
    const source = { keyId: rsa.arn, algorithm: 'RSAES_OAEP_SHA_1', context: { mode: 'declared' } } as const;
    const item = await fails(
      () => harness.start(kms, { source, destination: to(b) }),
      'InvalidCiphertextException',
    );
    expect(item.fault?.detail).toContain('another algorithm than RSAES_OAEP_SHA_1');
  });

  test('a plaintext one byte too long for RSA-4096', async () => {
    await harness.add('secret.bin', await encrypt(a, randomBytes(447)));
    const destination = {
      keyId: rsa.arn,
      algorithm: 'RSAES_OAEP_SHA_256',
      context: { mode: 'same' },
    } as const;
    await fails(() => harness.start(kms, { source: symmetric(), destination }), 'PlaintextTooLong');
  });

  test('a key of another practice KMS: the four meanings of one sentence', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'rewrap-other-'));
    const other = await startPracticeKms({ stateDir: elsewhere });
    const { KeyMetadata } = await other.call('CreateKey', {});
    const { CiphertextBlob } = await other.call('Encrypt', {
      KeyId: (KeyMetadata as { KeyId: string }).KeyId,
      Plaintext: 'AAAA',
    });
    await other.close();
    await rm(elsewhere, { recursive: true });
    await harness.add('secret.bin', Buffer.from(String(CiphertextBlob), 'base64'));
    const item = await fails(
      () => harness.start(kms, { source: symmetric(), destination: to(b) }),
      'AccessDeniedException',
    );
    expect(item.fault?.detail).toContain('kms:ReEncryptFrom');
  });

  /** A disk on which each new file takes half of its bytes, then none. */
  const fullDisk: PutBackFs = {
    ...nodeFs,
    open: async (path, flags, mode) => {
      const handle = await nodeFs.open(path, flags, mode);
      if ((Number(flags) & nodeFs.constants.O_CREAT) === 0) return handle;
      handle.writeFile = async (data) => {
        const bytes = data as Uint8Array;
        await handle.write(bytes.subarray(0, bytes.length >> 1));
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      };
      return handle;
    },
  };

  test('a full disk, in place and into a folder', async () => {
    await add();
    const run = { source: symmetric(context), destination: to(b) };
    for (const backup of [false, true]) {
      const item = await fails(
        () => harness.start(kms, run, { mode: 'in-place', backup }, { fs: fullDisk }),
        'DiskFull',
      );
      expect(item.fault?.remedy).toContain('space');
      expect(item.destinationKeyArn).toBe(b.arn);
    }
    const folder = harness.path('out');
    await nodeFs.mkdir(folder);
    await fails(() => harness.start(kms, run, { mode: 'folder', folder }, { fs: fullDisk }), 'DiskFull');
  });

  test('a rename that fails', async () => {
    await add();
    const fs: PutBackFs = {
      ...nodeFs,
      rename: () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' })),
    };
    const run = { source: symmetric(context), destination: to(b) };
    await fails(() => harness.start(kms, run, { mode: 'in-place', backup: true }, { fs }), 'NotWritable');
  });

  test('no KMS at all stops the run', async () => {
    const gone = await connect(
      { kind: 'practice' },
      { endpoint: 'http://127.0.0.1:9', region: 'us-east-1', accessKeyId: 'x', secretAccessKey: 'y' },
    );
    await add();
    const item = await fails(
      () => harness.start(gone, { source: symmetric(context), destination: to(b) }),
      'ECONNREFUSED',
    );
    expect(item.fault?.message).toContain('127.0.0.1:9');
    gone.close();
  });
});
