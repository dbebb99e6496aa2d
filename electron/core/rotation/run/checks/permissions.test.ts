import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRequest } from '#shared/model/run.ts';
import { PRACTICE_IDENTITIES, type PracticeKms, startPracticeKms } from '../../../../practice-kms/index.ts';
import { type FoundBlob, scan } from '../../../intake/index.ts';
import { connect, type Kms } from '../../../kms/index.ts';
import { AdaptiveLimiter } from '../../scheduler/adaptive-limiter.ts';
import { RequestScheduler } from '../../scheduler/request-scheduler.ts';
import { FakeKms, KEY, kmsFault, madeUpBlob } from '../../testing/fake-kms.ts';
import { checkPermissions, type PermissionInput } from './permissions.ts';

const found = (encryptionContext: Record<string, string> | null = null): FoundBlob => {
  const [blob] = scan(madeUpBlob('k'), 'a.bin').blobs;
  if (blob === undefined) throw new Error('no blob');
  return { ...blob, declared: { ...blob.declared, encryptionContext } };
};
const request = (over: Partial<RunRequest> = {}): PermissionInput['request'] => ({
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: 'alias/to', algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  grantTokens: [],
  method: 'reencrypt',
  verify: false,
  ...over,
});

/** As a run sends it, less the waiting. */
const sendTo = (kms: Kms) => {
  const retry = { halted: new AbortController().signal, sleep: async () => undefined, random: () => 0 };
  const limiter = new AdaptiveLimiter(4, { sleep: async () => undefined });
  return new RequestScheduler({
    kms: () => kms,
    limiter,
    perSecond: () => null,
    failurePolicy: 'end',
    retry,
    changed: () => {},
  }).send;
};

describe('what is asked', () => {
  test('once for each source key and pair of contexts, the most frequent first; the order of pairs is none', async () => {
    const kms = new FakeKms();
    const a = { a: '1', b: '2' };
    const reply = await checkPermissions({
      send: sendTo(kms),
      request: request(),
      blobs: [found(), found(a), found({ b: '2', a: '1' }), found(a)],
      sourceKeyOf: () => ({ keyId: 'k1', by: 'kms' }),
    });
    expect(kms.rights.map(({ sourceKeyId, sourceContext }) => [sourceKeyId, sourceContext])).toEqual([
      ['k1', a],
      ['k1', null],
    ]);
    expect(reply.checks.map(({ blobs, answer, sourceKnownBy }) => [blobs, answer, sourceKnownBy])).toEqual([
      [3, 'allowed', 'kms'],
      [1, 'allowed', 'kms'],
    ]);
    expect(kms.triedOut).toEqual([]);
  });

  test('blobs of which no one named the key are counted, not guessed', async () => {
    const kms = new FakeKms();
    const reply = await checkPermissions({
      send: sendTo(kms),
      request: request(),
      blobs: [found()],
      sourceKeyOf: () => null,
    });
    expect(reply).toEqual({ checks: [], withoutKey: 1, unasked: 0 });
    expect(kms.rights).toEqual([]);
  });

  test('a pinned key stands above what was learned', async () => {
    const kms = new FakeKms();
    const { checks } = await checkPermissions({
      send: sendTo(kms),
      request: request({ source: { ...request().source, keyId: 'pinned' } }),
      blobs: [found()],
      sourceKeyOf: () => ({ keyId: 'learned', by: 'kms' }),
    });
    expect(checks[0]).toMatchObject({ sourceKeyId: 'pinned', sourceKnownBy: 'pinned' });
  });

  test('too many pairs of contexts are said, not asked', async () => {
    const kms = new FakeKms();
    const blobs = Array.from({ length: 60 }, (_, i) => found({ n: String(i) }));
    const reply = await checkPermissions({
      send: sendTo(kms),
      request: request(),
      blobs,
      sourceKeyOf: () => ({ keyId: 'k', by: 'declared' }),
    });
    expect(kms.rights).toHaveLength(40);
    expect(reply.unasked).toBe(20);
  });

  test('the verification too, once for each context of the destination, with the key that it will pin', async () => {
    const kms = new FakeKms();
    kms.onRights = ({ sourceKeyId, destinationContext }) => {
      if (sourceKeyId === KEY && destinationContext?.a === '1') throw kmsFault('AccessDeniedException');
      return { outcome: 'would-succeed', requestId: 'r' };
    };
    const { checks, unasked } = await checkPermissions({
      send: sendTo(kms),
      request: request({ verify: true }),
      blobs: [found({ a: '1' }), found({ a: '1' }), found({ a: '2' })],
      sourceKeyOf: (blob) => (blob.declared.encryptionContext?.a === '2' ? null : { keyId: 'k', by: 'kms' }),
    });
    expect(checks).toMatchObject([
      { step: 'reencrypt', sourceKeyId: 'k', blobs: 2, answer: 'allowed' },
      {
        step: 'verify',
        sourceKeyId: KEY,
        sourceKnownBy: null,
        blobs: 2,
        answer: 'refused',
        fault: { code: 'VerifyNotPermitted', raw: { name: 'AccessDeniedException' } },
      },
      { step: 'verify', sourceKeyId: KEY, blobs: 1, answer: 'allowed' },
    ]);
    expect(unasked).toBe(0);
    expect(kms.rights.at(-1)).toMatchObject({ sourceContext: { a: '2' }, destinationKeyId: KEY });
  });

  test('throttling and an endpoint without the modifier tell nothing; a denial does; an ignored dry run is said', async () => {
    const kms = new FakeKms();
    const faults: Record<string, string> = {
      1: 'ThrottlingException',
      2: 'ValidationException',
      3: 'AccessDeniedException',
    };
    kms.onRights = ({ sourceContext }) => {
      const name = faults[sourceContext?.n ?? ''];
      if (name) throw kmsFault(name);
      return { outcome: 'ignored', requestId: null };
    };
    const { checks } = await checkPermissions({
      send: sendTo(kms),
      request: request(),
      blobs: ['1', '2', '3', '4'].map((n) => found({ n })),
      sourceKeyOf: () => ({ keyId: 'k', by: 'kms' }),
    });
    expect(checks.map(({ answer, ignoredDryRun }) => [answer, ignoredDryRun])).toEqual([
      ['cannot-tell', false],
      ['cannot-tell', false],
      ['refused', false],
      ['allowed', true],
    ]);
  });
});

describe('against the practice KMS', () => {
  let state = '';
  let practice: PracticeKms;
  let operator: Kms;
  let keys: { from: string; to: string };

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'rewrap-rights-'));
    practice = await startPracticeKms({ stateDir: state });
    const make = async () =>
      ((await practice.call('CreateKey', {})).KeyMetadata as { Arn: string; KeyId: string }).Arn;
    keys = { from: await make(), to: await make() };
    operator = await connect(
      { kind: 'practice' },
      { ...practice, accessKeyId: PRACTICE_IDENTITIES.operator.accessKeyId },
    );
  });
  afterAll(async () => {
    operator.close();
    await practice.close();
    await rm(state, { recursive: true, force: true });
  });

  const ask = (kms: Kms, to = keys.to) =>
    checkPermissions({
      send: sendTo(kms),
      request: request({ destination: { ...request().destination, keyId: to } }),
      // Bytes that KMS would refuse: they are not looked at.
      blobs: [{ ...found(), bytes: randomBytes(20) }],
      sourceKeyOf: () => ({ keyId: keys.from, by: 'kms' }),
    });

  test('both rights are there', async () => {
    expect((await ask(operator)).checks).toEqual([
      {
        step: 'reencrypt',
        sourceKeyId: keys.from,
        sourceKnownBy: 'kms',
        blobs: 1,
        answer: 'allowed',
        ignoredDryRun: false,
        fault: null,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ]);
  });

  test('a missing right is named with its side and the statement that gives it', async () => {
    const auditor = await connect(
      { kind: 'practice' },
      { ...practice, accessKeyId: PRACTICE_IDENTITIES.auditor.accessKeyId },
    );
    const [check] = (await ask(auditor)).checks;
    auditor.close();
    expect(check).toMatchObject({ answer: 'refused', fault: { code: 'AccessDeniedException' } });
    expect(check?.fault?.message).toContain(`kms:ReEncryptFrom on the source key ${keys.from}`);
    expect(JSON.parse(check?.fault?.policies?.[0]?.statement ?? '{}')).toMatchObject({
      Action: 'kms:ReEncryptFrom',
      Resource: keys.from,
    });
  });

  test('an endpoint that ignores DryRun is recognised', async () => {
    practice.faults.set([{ kind: 'ignore-dry-run', operations: ['ReEncrypt'] }]);
    const [check] = (await ask(operator)).checks;
    practice.faults.clear();
    // It works on nothing, so it refuses the missing blob: no proof of a right.
    expect(check?.answer).toBe('cannot-tell');
  });
});
