import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identify } from '../../../inspect/index.ts';
import { diskHere } from '../../../intake/index.ts';
import type { KnownKeys } from '../../index.ts';
import { keysSeen } from '../../journal/figures.ts';
import { FakeKms, KEY, kmsFault, madeUpBlob, OLD_KEY } from '../../testing/fake-kms.ts';
import { base64, RunHarness } from '../../testing/run-harness.ts';
import { resumeRun } from '../start.ts';

let harness: RunHarness;
let kms: FakeKms;
beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(() => harness.remove());

const destination = { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } } as const;
const toRsa = { keyId: KEY, algorithm: 'RSAES_OAEP_SHA_256', context: { mode: 'same' } } as const;
const OTHER = 'arn:aws:kms:us-east-1:111122223333:key/ffffffff-0000-4000-8000-00000000000f';
const REPLICA = (region: string) =>
  `arn:aws:kms:${region}:111122223333:key/mrk-0123456789abcdef0123456789abcdef`;
const material = (letter: string) => letter.repeat(64);
const fingerprint = (key: string): string => identify(madeUpBlob(key)).keyFingerprint ?? '';

/** The old blob with other bytes at its end: what an endpoint that holds no key can make. */
function tampered(blob: Uint8Array): Uint8Array {
  return Buffer.concat([blob.subarray(0, -30), randomBytes(30)]);
}

/** What KMS said before: `[key of the made-up blob, ARN, key material]`. */
function knows(...said: [made: string, keyArn: string, keyMaterialId: string | null][]): KnownKeys {
  const all = said.map(([made, keyArn, keyMaterialId]) => ({
    fingerprint: fingerprint(made),
    keyArn,
    keyMaterialId,
    evidence: 'reply of ReEncrypt, request req-before',
  }));
  return {
    of: (print) => all.filter((one) => one.fingerprint === print),
    under: (arn) => all.filter(({ keyArn }) => keyArn === arn),
    all: () => all,
  };
}

/** Files `0.b64`, `1.b64`, … of one old blob each. */
async function filesOf(count: number, key = OLD_KEY): Promise<void> {
  for (let i = 0; i < count; i++) await harness.add(`${i}.b64`, base64(madeUpBlob(key)));
}

type Start = Parameters<RunHarness['start']>;
async function outcomes(request: Start[1], options: Start[3] = {}) {
  const run = await harness.start(
    kms,
    request,
    { mode: 'in-place', backup: false },
    { concurrency: 1, ...options },
  );
  await run.done;
  return { run, codes: run.items().map(({ fault }) => fault?.code ?? null) };
}

/** Every blob is refused so, no file is touched and nothing lies beside one; what was said of keys is not learned. */
async function refuses(code: string, words: RegExp, request: Start[1], options: Start[3] = {}) {
  const before = await harness.snapshot();
  const { run, codes } = await outcomes(request, options);
  expect(codes[0]).toBe(code);
  const [first] = run.items();
  expect(`${first?.fault?.message} ${first?.fault?.detail}`).toMatch(words);
  expect(first?.fault?.remedy).toContain('The file was left as it is');
  expect(await harness.snapshot()).toBe(before);
  expect(run.summary().counts.succeeded).toBe(0);
  const seen = await keysSeen(harness.journal.record(harness.journal.runOf(run.id)?.no ?? -1));
  expect(seen.filter(({ fingerprint: print }) => print === fingerprint(OLD_KEY))).toEqual([]);
  return run;
}

describe('an endpoint that says yes to every dry run', () => {
  test.each([
    ['the old blob with other bytes', {}, /fingerprint .* The old one is of .*eeeeeeee/],
    ['the same, naming no source key', { sourceKeyArn: null }, /names no source key/],
    [
      'the same, naming the destination as the source, with new key material',
      { sourceKeyArn: KEY },
      /names two key materials/,
    ],
  ])('%s', async (_, said, words) => {
    await filesOf(1);
    kms.onReEncrypt = ({ blob }) => ({ blob: tampered(blob), ...said });
    await refuses('KeyUnchanged', words, { destination });
    expect(kms.triedOut).toHaveLength(0);
  });

  test('the old blob with other bytes, of a key that the request names, or that KMS named before', async () => {
    await filesOf(1);
    kms.onReEncrypt = ({ blob }) => ({
      blob: tampered(blob),
      sourceKeyArn: KEY,
      sourceKeyMaterialId: material('b'),
    });
    const source = { keyId: OLD_KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } } as const;
    await refuses('KeyUnchanged', /eeeeeeee/, { destination, source });
    await refuses('KeyUnchanged', /eeeeeeee/, { destination }, { known: knows([OLD_KEY, OLD_KEY, null]) });
  });

  test('another key ARN', async () => {
    await filesOf(1);
    kms.onReEncrypt = () => ({ destinationKeyArn: OTHER });
    await refuses('ReplyUnexpected', /encrypted under .*ffffffff/, { destination });
  });

  test('another key ARN than DescribeKey gives for the alias', async () => {
    await filesOf(1);
    kms.onReEncrypt = () => ({ destinationKeyArn: OTHER });
    await refuses('KeyMaterialMismatch', /names .*ffffffff.* alias\/to is .*dddddddd/, {
      destination: { ...destination, keyId: 'alias/to' },
    });
  });

  test('another length of plaintext', async () => {
    await filesOf(1);
    kms.onReEncrypt = () => ({ blob: madeUpBlob(KEY, 33) });
    await refuses('ReplyUnexpected', /33 bytes long, and was 32/, { destination });
  });

  test('something that is no blob: text of the length of one', async () => {
    await filesOf(1);
    kms.onReEncrypt = ({ blob }) => ({ blob: Buffer.alloc(blob.length, 'plaintext ') });
    const before = await harness.snapshot();
    const { codes } = await outcomes({ destination });
    expect(codes).toEqual(['PutBackMismatch']);
    expect(await harness.snapshot()).toBe(before);
  });

  test('the fingerprint of a key that KMS named before, under another name', async () => {
    await filesOf(1);
    kms.onReEncrypt = () => ({ blob: madeUpBlob('other') });
    await refuses(
      'KeyMaterialMismatch',
      /is that of .*ffffffff.*, confirmed by KMS \(reply of ReEncrypt, request req-before\)/,
      { destination },
      { known: knows(['other', OTHER, null]) },
    );
  });

  test('one fingerprint under two names of key material', async () => {
    await filesOf(1);
    await refuses(
      'KeyMaterialMismatch',
      /names its key material bbbb.* KMS named it cccc/,
      { destination },
      { known: knows([KEY, KEY, material('c')]) },
    );
  });

  test('key material that it calls the same, with another fingerprint', async () => {
    await filesOf(1);
    kms.onReEncrypt = () => ({ sourceKeyArn: KEY, sourceKeyMaterialId: material('b') });
    await refuses('KeyMaterialMismatch', /as the key material of both blobs/, { destination });
  });

  test('one reply twice: the second is refused', async () => {
    await filesOf(2);
    const blob = madeUpBlob(KEY);
    kms.onReEncrypt = () => ({ blob });
    const { codes } = await outcomes({ destination });
    expect(codes.sort()).toEqual(['ReplyUnexpected', null]);
  });

  test('two replies swapped: not seen, as SECURITY.md says; the compare of plaintexts would', async () => {
    await filesOf(2);
    const [a, b] = [madeUpBlob(KEY), madeUpBlob(KEY)];
    kms.onReEncrypt = (_, nth) => ({ blob: nth === 1 ? b : a });
    expect((await outcomes({ destination })).codes).toEqual([null, null]);
  });

  test('ciphertext of another length than that of an RSA key, or than before', async () => {
    await filesOf(2);
    kms.onReEncrypt = () => ({ blob: randomBytes(500) });
    await refuses('ReplyUnexpected', /500 bytes long/, { destination: toRsa });
    kms.onDescribe = () => ({ spec: 'RSA_2048' });
    kms.onReEncrypt = () => ({ blob: randomBytes(512) });
    await refuses('ReplyUnexpected', /512 bytes long, and ciphertext of an RSA_2048 key has 256/, {
      destination: toRsa,
    });
    kms.onDescribe = () => ({});
    kms.asked.length = 0;
    kms.onReEncrypt = (_, nth) => ({ blob: randomBytes(nth === 1 ? 256 : 384) });
    expect((await outcomes({ destination: toRsa })).codes).toEqual([null, 'ReplyUnexpected']);
  });

  test('some replies alone: the others stand', async () => {
    await filesOf(4);
    kms.onReEncrypt = ({ blob }, nth) => (nth % 2 === 0 ? { blob: tampered(blob) } : {});
    const untouched = [await readFile(harness.path('1.b64')), await readFile(harness.path('3.b64'))];
    expect((await outcomes({ destination })).codes).toEqual([null, 'KeyUnchanged', null, 'KeyUnchanged']);
    expect([await readFile(harness.path('1.b64')), await readFile(harness.path('3.b64'))]).toEqual(untouched);
  });
});

describe('new blobs of one run', () => {
  test('share one fingerprint: another one stops the run', async () => {
    await filesOf(4);
    kms.onReEncrypt = (_, nth) => (nth === 2 ? { blob: madeUpBlob('other') } : {});
    const { run, codes } = await outcomes({ destination });
    expect(codes).toEqual([null, 'KeyMaterialMismatch', 'RunStopped', 'RunStopped']);
    expect(run.summary()).toMatchObject({ status: 'failed', fault: { code: 'KeyMaterialMismatch' } });
    expect(kms.described).toBe(1);
  });

  test('may have a second one after a rotation that DescribeKey confirms', async () => {
    await filesOf(4);
    kms.onDescribe = () => ({ currentKeyMaterialId: material('c') });
    kms.onReEncrypt = (_, nth) =>
      nth >= 3 ? { blob: madeUpBlob('rotated'), destinationKeyMaterialId: material('c') } : {};
    expect((await outcomes({ destination })).codes).toEqual([null, null, null, null]);
    expect(kms.described).toBe(1);
  });

  test('are under one key, also where it was named by an alias that may not be described', async () => {
    await filesOf(2);
    kms.onDescribe = () => {
      throw kmsFault('AccessDeniedException');
    };
    kms.onReEncrypt = (_, nth) => (nth === 2 ? { destinationKeyArn: OTHER, blob: madeUpBlob('other') } : {});
    const { codes } = await outcomes({ destination: { ...destination, keyId: 'alias/to' } });
    expect(codes).toEqual([null, 'KeyMaterialMismatch']);
  });

  test('agree with those before the run was cut off', async () => {
    await filesOf(3);
    const second = Promise.withResolvers<void>();
    kms.onReEncrypt = async (_, nth) => {
      if (nth === 2) {
        second.resolve();
        await new Promise(() => undefined);
      }
      return {};
    };
    const run = await harness.start(kms, { destination }, undefined, {
      concurrency: 1,
      failurePolicy: 'wait',
    });
    await second.promise;
    run.suspend();
    run.cut();
    await run.done;
    const no = harness.journal.runOf(run.id)?.no ?? -1;
    const again = new FakeKms();
    again.onReEncrypt = () => ({ blob: madeUpBlob('other') });
    const resumed = await resumeRun(
      no,
      { kms: again },
      { journal: harness.journal, onProgress: () => {}, disk: diskHere() },
    );
    await resumed.done;
    const codes = resumed.items().map(({ fault }) => fault?.code ?? null);
    expect(codes[0]).toBeNull();
    expect(codes.slice(1)).toContain('KeyMaterialMismatch');
    expect(resumed.summary().counts.succeeded).toBe(1);
  });
});

describe('what earlier runs know of the destination', () => {
  const known = knows(['before', KEY, material('a')]);

  test('another fingerprint is asked about with DescribeKey, and refused where that does not explain it', async () => {
    await filesOf(1);
    for (const current of [null, material('a'), material('c')]) {
      kms.onDescribe = () => ({ currentKeyMaterialId: current });
      await refuses('KeyMaterialMismatch', /Earlier runs have/, { destination }, { known });
    }
  });

  test('and taken where the key was rotated since', async () => {
    await filesOf(2);
    kms.onDescribe = () => ({ currentKeyMaterialId: material('b') });
    expect((await outcomes({ destination }, { known })).codes).toEqual([null, null]);
    expect(kms.described).toBe(1);
  });

  test('the same fingerprint asks nothing', async () => {
    await filesOf(2);
    const codes = (await outcomes({ destination }, { known: knows([KEY, KEY, material('b')]) })).codes;
    expect(codes).toEqual([null, null]);
    expect(kms.described).toBe(0);
  });
});

describe('nothing is refused that is right', () => {
  test('between replicas of one multi-Region key, which share their key material', async () => {
    await filesOf(1, 'replicas');
    kms.onReEncrypt = () => ({
      blob: madeUpBlob('replicas'),
      sourceKeyArn: REPLICA('us-east-1'),
      destinationKeyArn: REPLICA('eu-west-1'),
    });
    const keyId = REPLICA('eu-west-1');
    const known = knows(['replicas', REPLICA('us-east-1'), material('b')]);
    expect((await outcomes({ destination: { ...destination, keyId } }, { known })).codes).toEqual([null]);
  });

  test('to the same key with its key material unchanged', async () => {
    await filesOf(2, KEY);
    kms.onReEncrypt = () => ({ sourceKeyArn: KEY, sourceKeyMaterialId: material('b') });
    expect((await outcomes({ destination })).codes).toEqual([null, null]);
  });
});

describe('the two-step way: Encrypt names no key material', () => {
  const twoStep = { destination, method: 'decrypt-encrypt' } as const;

  test('the old blob with other bytes', async () => {
    await filesOf(1);
    kms.onReEncrypt = ({ blob }) => ({ blob: tampered(blob), destinationKeyMaterialId: null });
    await refuses('KeyUnchanged', /eeeeeeee/, twoStep);
  });

  test('a second fingerprint: right after a rotation alone', async () => {
    await filesOf(3);
    kms.onReEncrypt = (_, nth) => ({
      destinationKeyMaterialId: null,
      ...(nth === 3 ? { blob: madeUpBlob('rotated') } : {}),
    });
    kms.onDescribe = () => ({ currentKeyMaterialId: material('b') });
    expect((await outcomes(twoStep)).codes).toEqual([null, null, 'KeyMaterialMismatch']);
  });

  test('which DescribeKey confirms', async () => {
    await filesOf(3);
    kms.onReEncrypt = (_, nth) => ({
      destinationKeyMaterialId: null,
      ...(nth === 3 ? { blob: madeUpBlob('rotated') } : {}),
    });
    kms.onDescribe = () => ({ currentKeyMaterialId: material(kms.asked.length >= 3 ? 'c' : 'b') });
    expect((await outcomes(twoStep)).codes).toEqual([null, null, null]);
  });
});
