import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FaultError } from '#shared/model/fault.ts';
import { type FakeAnswer, type FakeRequest, fakeEndpoint } from './fake-endpoint.ts';
import { connect } from './index.ts';
import type { Kms, ReEncryptInput } from './types.ts';

const SECRET = 'CANARYsecretCANARYsecretCANARYsecret1234';
const KEY_A = 'arn:aws:kms:us-east-1:111122223333:key/aaaaaaaa-0000-4000-8000-000000000001';
const KEY_B = 'arn:aws:kms:us-east-1:111122223333:key/bbbbbbbb-0000-4000-8000-000000000002';

const closers: (() => unknown)[] = [];
let answer: (request: FakeRequest) => FakeAnswer;

/** A connection to a fake endpoint that answers with `answer`. */
async function connected(): Promise<{ kms: Kms; seen: FakeRequest[] }> {
  const endpoint = await fakeEndpoint((request) => answer(request));
  const access = {
    endpoint: endpoint.url,
    region: 'us-east-1',
    accessKeyId: 'AKIACANARYCANARYCANA',
    secretAccessKey: SECRET,
  };
  const kms = await connect({ kind: 'practice' }, access);
  closers.push(
    () => kms.close(),
    () => endpoint.close(),
  );
  return { kms, seen: endpoint.seen };
}

const input = (over: Partial<ReEncryptInput> = {}): ReEncryptInput => ({
  blob: new Uint8Array([1, 2, 2, 0, 0x78]),
  sourceKeyId: null,
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  sourceContext: { a: 'b' },
  destinationKeyId: KEY_B,
  destinationAlgorithm: 'SYMMETRIC_DEFAULT',
  destinationContext: null,
  grantTokens: [],
  ...over,
});

const faultOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (e: FaultError) => e,
  );
  expect(error?.name).toBe('FaultError');
  if (error === null) throw new Error('no fault');
  const everything = JSON.stringify(error.fault) + error.message;
  expect(everything).not.toContain(SECRET);
  expect(everything).not.toContain('AKIACANARY');
  expect(everything).not.toMatch(/\n\s+at /);
  return error.fault;
};

beforeEach(() => {
  for (const name of [
    'AWS_PROFILE',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_KMS',
  ])
    vi.stubEnv(name, '');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0)) await close();
});

describe('reEncrypt', () => {
  test('sends what was asked and copies only the named members', async () => {
    answer = () => ({
      body: {
        CiphertextBlob: Buffer.from('new').toString('base64'),
        KeyId: KEY_B,
        SourceKeyId: KEY_A,
        SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        SourceKeyMaterialId: 'a'.repeat(64),
        Plaintext: Buffer.from('oops').toString('base64'),
      },
    });
    const { kms, seen } = await connected();
    const out = await kms.reEncrypt(input({ grantTokens: ['t1'] }));
    expect(out).toEqual({
      blob: new Uint8Array(Buffer.from('new')),
      sourceKeyArn: KEY_A,
      destinationKeyArn: KEY_B,
      sourceAlgorithm: 'SYMMETRIC_DEFAULT',
      destinationAlgorithm: 'SYMMETRIC_DEFAULT',
      sourceKeyMaterialId: 'a'.repeat(64),
      destinationKeyMaterialId: null,
      requestId: 'req-1',
    });
    expect(seen[0]?.body).toEqual({
      CiphertextBlob: 'AQICAHg=',
      DestinationKeyId: KEY_B,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      SourceEncryptionContext: { a: 'b' },
      GrantTokens: ['t1'],
    });
  });

  test('never sends a context to an asymmetric side, nor an empty one', async () => {
    answer = () => ({ body: { CiphertextBlob: 'AA==', KeyId: KEY_B } });
    const { kms, seen } = await connected();
    await kms.reEncrypt(
      input({
        sourceContext: {},
        destinationAlgorithm: 'RSAES_OAEP_SHA_256',
        destinationContext: { c: 'd' },
      }),
    );
    expect(Object.keys(seen[0]?.body ?? {}).filter((name) => name.endsWith('Context'))).toEqual([]);
  });

  test('an answer without ciphertext is a fault', async () => {
    answer = () => ({ body: { KeyId: KEY_B } });
    const { kms } = await connected();
    expect((await faultOf(kms.reEncrypt(input()))).code).toBe('IncompleteReply');
  });

  test.each([
    ['IncorrectKeyException', 400, 'IncorrectKeyException', false],
    ['DisabledException', 400, 'DisabledException', false],
    ['InvalidCiphertextException', 400, 'InvalidCiphertextException', false],
    ['KMSInvalidStateException', 400, 'KMSInvalidStateException', false],
    ['NotFoundException', 400, 'NotFoundException', false],
    ['InvalidGrantTokenException', 400, 'InvalidGrantTokenException', false],
    ['InvalidKeyUsageException', 400, 'InvalidKeyUsageException', false],
    ['KeyUnavailableException', 500, 'KeyUnavailableException', true],
    ['DependencyTimeoutException', 500, 'DependencyTimeoutException', true],
    ['KMSInternalException', 500, 'KMSInternalException', true],
    ['AccessDeniedException', 400, 'AccessDeniedException', false],
    ['ThrottlingException', 400, 'ThrottlingException', true],
    ['ExpiredTokenException', 400, 'ExpiredTokenException', false],
    ['UnrecognizedClientException', 400, 'UnrecognizedClientException', false],
    ['ValidationException', 400, 'ValidationException', false],
    ['UnknownOperationException', 400, 'UnknownOperationException', false],
  ])('%s is explained', async (type, status, code, retryable) => {
    answer = () => ({ status, type, body: { message: `about ${SECRET}` } });
    const { kms } = await connected();
    const fault = await faultOf(kms.reEncrypt(input()));
    expect(fault).toMatchObject({ code, retryable });
    expect(fault.remedy).not.toBe('');
    expect(fault.raw?.requestId).toMatch(/^req-/);
  });

  test('a refused signature does not repeat what AWS prints of the request', async () => {
    const token = 'IQoJb3JpZ2luX2VjEXAMPLETOKEN';
    answer = () => ({
      type: 'InvalidSignatureException',
      body: {
        message: `The request signature we calculated does not match. The Canonical String for this request should have been 'POST\n/\nx-amz-security-token:${token}\n'`,
      },
    });
    const { kms } = await connected();
    const fault = await faultOf(kms.reEncrypt(input()));
    expect(fault.code).toBe('InvalidSignatureException');
    expect(JSON.stringify(fault)).not.toContain(token);
  });

  test('a bare 503 from a proxy can be retried', async () => {
    answer = () => ({ status: 503, text: '<html>busy</html>' });
    const { kms } = await connected();
    expect(await faultOf(kms.reEncrypt(input()))).toMatchObject({ retryable: true });
  });

  test('a dropped connection is named as such', async () => {
    answer = () => 'drop';
    const { kms } = await connected();
    const fault = await faultOf(kms.reEncrypt(input()));
    expect(fault).toMatchObject({ code: 'ECONNRESET', retryable: true });
    expect(fault.message).toContain('127.0.0.1');
  });

  test('can be stopped', async () => {
    answer = () => 'hang';
    const { kms } = await connected();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    expect((await faultOf(kms.reEncrypt(input(), { cut: stop.signal }))).code).toBe('Aborted');
  });

  test('nothing listening is named with its address', async () => {
    const access = {
      endpoint: 'http://127.0.0.1:9',
      region: 'us-east-1',
      accessKeyId: 'x',
      secretAccessKey: SECRET,
    };
    const kms = await connect({ kind: 'practice' }, access);
    closers.push(() => kms.close());
    const fault = await faultOf(kms.whoAmI());
    expect(fault.code).toBe('ECONNREFUSED');
    expect(fault.message).toContain('http://127.0.0.1:9');
  });
});

describe('dryRun', () => {
  test('DryRunOperationException is success', async () => {
    answer = () => ({ status: 412, type: 'DryRunOperationException', body: { message: 'would have' } });
    const { kms, seen } = await connected();
    expect(await kms.dryRun(input())).toEqual({ outcome: 'would-succeed', requestId: 'req-1' });
    expect(seen[0]?.body.DryRun).toBe(true);
    expect(seen).toHaveLength(1);
  });

  test('an endpoint that really re-encrypts is recognised', async () => {
    answer = () => ({ body: { CiphertextBlob: 'AA==', KeyId: KEY_B } });
    const { kms } = await connected();
    expect((await kms.dryRun(input())).outcome).toBe('ignored');
  });
});

describe('whoAmI', () => {
  test('asks STS at the same loopback endpoint', async () => {
    answer = () => ({
      text: '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/me</Arn><UserId>U</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    });
    const { kms, seen } = await connected();
    expect(await kms.whoAmI()).toEqual({
      account: '111122223333',
      arn: 'arn:aws:iam::111122223333:user/me',
      userId: 'U',
    });
    expect(seen[0]?.operation).toBe('GetCallerIdentity');
  });
});

describe('where a connection goes', () => {
  const aws = (over: { region?: string; profile?: string; endpointUrl?: string } = {}) => ({
    kind: 'aws' as const,
    profile: over.profile ?? null,
    region: over.region ?? null,
    endpointUrl: over.endpointUrl ?? null,
    fips: null,
    dualStack: null,
  });

  test('no Region anywhere is a fault with its remedy', async () => {
    const fault = await faultOf(connect(aws(), null));
    expect(fault.code).toBe('RegionMissing');
    expect(fault.remedy).toContain('Region');
  });

  test('a Region that is none is a fault', async () => {
    expect((await faultOf(connect(aws({ region: 'eu central 1' }), null))).code).toBe('RegionMissing');
  });

  test('the environment gives Region and endpoint, and the endpoint shows', async () => {
    vi.stubEnv('AWS_DEFAULT_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', 'http://127.0.0.1:4566');
    const kms = await connect(aws(), null);
    closers.push(() => kms.close());
    expect(kms).toMatchObject({ region: 'eu-west-1', endpoint: 'http://127.0.0.1:4566' });
  });

  test('an unknown profile is a fault at the first request', async () => {
    const kms = await connect(aws({ profile: 'missing', region: 'us-east-1' }), null);
    closers.push(() => kms.close());
    const fault = await faultOf(kms.whoAmI());
    expect(fault.code).toBe('ProfileUnusable');
    expect(fault.message).toContain('missing');
  });

  test('no credentials at all is a fault at the first request', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
      vi.stubEnv(name, '');
    const kms = await connect(aws({ region: 'us-east-1' }), null);
    closers.push(() => kms.close());
    expect((await faultOf(kms.whoAmI())).code).toBe('CredentialsProviderError');
  });

  test('the practice choice without a practice KMS is a fault', async () => {
    expect((await faultOf(connect({ kind: 'practice' }, null))).code).toBe('PracticeUnavailable');
  });
});
