import { describe, expect, test } from 'vitest';
import type { Identification } from '../model/blob.ts';
import { Fault } from '../model/fault.ts';
import {
  CATALOGUE,
  codeOf,
  explainKms,
  explainOwn,
  type KmsSituation,
  OWN,
  type OwnCode,
  scrub,
  stopsRun,
} from './errors.ts';
import { parseDenial } from './explain/denied.ts';
import { contextDifference } from './explain/diagnosis.ts';
import { sideOf } from './explain/key-problems.ts';
import { principalOf } from './explain/policy.ts';

const A = 'arn:aws:kms:us-east-1:111122223333:key/aaaaaaaa-0000-4000-8000-000000000001';
const B = 'arn:aws:kms:us-east-1:111122223333:key/bbbbbbbb-0000-4000-8000-000000000002';

const blob = (over: Partial<Identification> = {}): Identification => ({
  kind: 'kms-symmetric',
  label: 'KMS symmetric, v2',
  layout: 'v2',
  keyFingerprint: null,
  plaintextBytes: 32,
  gcmNonce: null,
  producedBy: null,
  reencryptable: true,
  reason: null,
  ...over,
});

const explain = (name: string, message = '', over: Partial<KmsSituation> = {}) =>
  explainKms(name, message, 'req-1', {
    operation: 'ReEncrypt',
    region: 'us-east-1',
    destinationKeyId: B,
    sourceKeyId: null,
    sourceAlgorithm: 'SYMMETRIC_DEFAULT',
    destinationAlgorithm: 'SYMMETRIC_DEFAULT',
    ...over,
  });

describe('the catalogue', () => {
  test.each(Object.keys(CATALOGUE))('%s makes a whole fault, keeping what the service said', (code) => {
    const fault = explain(code, 'words of the service');
    expect(Fault.parse(fault)).toEqual(fault);
    expect(fault.code).toBe(code);
    expect(fault.message).toMatch(/\.$|service$/);
    expect(fault.remedy).not.toBe('');
    expect(fault.raw).toMatchObject({ name: code, message: 'words of the service', requestId: 'req-1' });
    if (!['DryRunOperationException', 'Aborted'].includes(code)) expect(fault.detail).not.toBe('');
  });

  test.each(Object.keys(OWN) as OwnCode[])('%s of our own is whole', (code) => {
    const fault = explainOwn(code);
    expect(fault).toMatchObject({ code, raw: null });
    expect(fault.message).toMatch(/\.$|"$/);
    expect(fault.remedy).not.toBe('');
  });

  test.each([
    ['Throttling', 'ThrottlingException'],
    ['TooManyRequestsException', 'ThrottlingException'],
    ['RequestLimitExceeded', 'ThrottlingException'],
    ['InvalidClientTokenId', 'UnrecognizedClientException'],
    ['ExpiredToken', 'ExpiredTokenException'],
    ['RequestTimeTooSkewed', 'ClockSkew'],
    ['TimeoutError', 'ETIMEDOUT'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TlsUntrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TlsUntrusted'],
    ['CERT_HAS_EXPIRED', 'TlsExpired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TlsWrongHost'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TlsFailed'],
    ['EAI_AGAIN', 'EAI_AGAIN'],
  ])('%s is known as %s', (name, code) => {
    expect(codeOf(name, '')).toBe(code);
  });

  test.each([
    [
      'SignatureDoesNotMatch',
      'Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z',
      'ClockSkew',
    ],
    ['InvalidSignatureException', 'Signature not yet current', 'ClockSkew'],
    [
      'InvalidSignatureException',
      'The request signature we calculated does not match',
      'InvalidSignatureException',
    ],
    [
      'CredentialsProviderError',
      'Profile p requires multi-factor authentication, but no MFA code callback',
      'MfaNeeded',
    ],
    [
      'CredentialsProviderError',
      'Token is expired. To refresh this SSO session run aws sso login',
      'SsoSignInNeeded',
    ],
    [
      'CredentialsProviderError',
      'Could not resolve credentials using profile: [x] in configuration',
      'ProfileUnusable',
    ],
    ['CredentialsProviderError', 'Could not load credentials from any providers', 'CredentialsProviderError'],
  ])('%s saying "%s" is %s', (name, message, code) => {
    expect(codeOf(name, message)).toBe(code);
  });

  test('an unknown error keeps its name and says that there is no explanation', () => {
    const fault = explain('BrandNewException', 'something');
    expect(fault.code).toBe('BrandNewException');
    expect(fault.message).toContain('something');
    expect(fault.detail).toContain('no explanation');
    expect(codeOf('constructor', '')).toBeNull();
  });

  test('what would meet every other request stops a run; what concerns one blob does not', () => {
    for (const code of ['ExpiredTokenException', 'ECONNREFUSED', 'ClockSkew', 'MfaNeeded'])
      expect(stopsRun(explain(code))).toBe(true);
    for (const code of [
      'IncorrectKeyException',
      'ThrottlingException',
      'ECONNRESET',
      'AccessDeniedException',
    ])
      expect(stopsRun(explain(code))).toBe(false);
  });
});

describe('InvalidCiphertext is diagnosed from the bytes and the request', () => {
  const invalid = (over: Partial<KmsSituation>) => explain('InvalidCiphertextException', '', over);

  test('well formed blob, no context given', () => {
    const fault = invalid({ identification: blob(), sourceContext: null });
    expect(fault.detail).toBe(
      'The blob is well formed, so the encryption context is probably missing. It may also be corrupted; only KMS can tell.',
    );
  });

  test('well formed blob, a context given: its keys are named', () => {
    const fault = invalid({ identification: blob(), sourceContext: { App: 'x' } });
    expect(fault.detail).toContain('"App"');
    expect(fault.detail).toContain('upper and lower case');
  });

  test('the file declares another context than was sent', () => {
    const fault = invalid({
      identification: blob(),
      sourceContext: { app: 'x' },
      declaredContext: { App: 'x' },
    });
    expect(fault.detail).toContain('"app" is written "App" there');
  });

  test('kms-like: the structural reason is named', () => {
    const fault = invalid({
      identification: blob({ kind: 'kms-like', reason: 'the CMS part ends too early' }),
    });
    expect(fault.detail).toMatch(/^Most likely: the blob is not laid out.*the CMS part ends too early\./);
  });

  test('RSA source: algorithm, then key', () => {
    const fault = invalid({
      identification: blob({ kind: 'kms-asymmetric-candidate' }),
      sourceAlgorithm: 'RSAES_OAEP_SHA_1',
      sourceKeyId: A,
      blobBytes: 512,
    });
    expect(fault.detail).toContain('another algorithm than RSAES_OAEP_SHA_1');
    expect(fault.detail).toContain(A);
    expect(fault.detail).toContain('512 bytes');
  });

  test('RSA-sized bytes with the symmetric algorithm, and the reverse', () => {
    expect(
      invalid({ identification: blob({ kind: 'kms-asymmetric-candidate' }), blobBytes: 256 }).remedy,
    ).toContain('RSA');
    expect(invalid({ identification: blob(), sourceAlgorithm: 'RSAES_OAEP_SHA_256' }).remedy).toContain(
      'SYMMETRIC_DEFAULT',
    );
  });

  test('an Encryption SDK message is named as one', () => {
    expect(invalid({ identification: blob({ kind: 'encryption-sdk-message' }) }).detail).toContain(
      'Encryption SDK',
    );
  });

  test.each([
    [{ a: '1' }, { a: '1' }, null],
    [{}, { a: '1' }, '"a" is missing'],
    [{ a: '2' }, { a: '1' }, 'the value of "a" differs'],
    [{ a: '1', b: '' }, { a: '1' }, '"b" is not in it'],
  ])('the difference between %j and %j is %j', (sent, expected, difference) => {
    expect(contextDifference(sent, expected)).toBe(difference);
  });
});

describe('AccessDenied names action, side, key and policy', () => {
  const said = (action: string, key: string, because: string) =>
    `User: arn:aws:iam::111122223333:user/me is not authorized to perform: ${action} on resource: ${key} ${because}`;

  test('ReEncryptFrom on the source, missing in the key policy', () => {
    const fault = explain(
      'AccessDeniedException',
      said('kms:ReEncryptFrom', A, 'because no resource-based policy allows the kms:ReEncryptFrom action'),
    );
    expect(fault.message).toBe(`You are not allowed kms:ReEncryptFrom on the source key ${A}.`);
    expect(fault.detail).toContain('key policy');
    expect(fault.remedy).toContain('user/me');
    expect(fault.policies?.map(({ place }) => place)).toEqual(['key']);
    expect(JSON.parse(fault.policies?.[0]?.statement ?? '')).toEqual({
      Sid: 'AllowReEncryptFrom',
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:user/me' },
      Action: 'kms:ReEncryptFrom',
      Resource: '*',
    });
  });

  test('the statement names the role of a session, in the identity policy the key', () => {
    const fault = explain(
      'AccessDeniedException',
      `User: arn:aws:sts::111122223333:assumed-role/Mover/alice is not authorized to perform: kms:ReEncryptTo on resource: ${B} because no identity-based policy allows the kms:ReEncryptTo action`,
    );
    expect(fault.policies).toHaveLength(1);
    expect(fault.policies?.[0]).toMatchObject({ place: 'identity', title: expect.stringContaining('Mover') });
    expect(JSON.parse(fault.policies?.[0]?.statement ?? '')).toMatchObject({ Resource: B });
    expect(principalOf('arn:aws:sts::111122223333:assumed-role/Mover/alice')).toBe(
      'arn:aws:iam::111122223333:role/Mover',
    );
  });

  test('a key of another account needs both policies', () => {
    const theirs = A.replace('111122223333', '444455556666');
    const fault = explain(
      'AccessDeniedException',
      said(
        'kms:ReEncryptFrom',
        theirs,
        'because no resource-based policy allows the kms:ReEncryptFrom action',
      ),
    );
    expect(fault.policies?.map(({ place }) => place)).toEqual(['key', 'identity']);
  });

  test('ReEncryptTo on the destination, missing in the identity policy', () => {
    const fault = explain(
      'AccessDeniedException',
      said('kms:ReEncryptTo', B, 'because no identity-based policy allows the kms:ReEncryptTo action'),
    );
    expect(fault.message).toContain('kms:ReEncryptTo on the destination key');
    expect(fault.remedy).toContain('policy of your user or role');
  });

  test('an explicit deny names its policy', () => {
    const fault = explain(
      'AccessDeniedException',
      said('kms:ReEncryptTo', B, 'with an explicit deny in a service control policy'),
    );
    expect(fault.detail).toMatch(/^a service control policy .* denies it explicitly/);
    expect(fault.policies).toBeUndefined();
  });

  test('the ambiguous cross-account form becomes hypotheses', () => {
    const text = said(
      'kms:ReEncryptTo',
      B,
      'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
    );
    expect(parseDenial(text)).toMatchObject({ why: 'ambiguous', resource: B });
    expect(explain('AccessDeniedException', text).detail).toMatch(/Most likely: .* Or: .* Or: /);
  });

  test('"the ciphertext refers to…" is split into hypotheses; a key of another Region comes first', () => {
    const text =
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.';
    expect(explain('AccessDeniedException', text).detail).toMatch(
      /^Most likely: you lack kms:ReEncryptFrom.*Or: .*another Region than us-east-1.*Or: .*another account.*Or: .*deleted/,
    );
    const far = A.replace('us-east-1', 'eu-west-1');
    expect(explain('AccessDeniedException', text, { sourceKeyId: far }).detail).toMatch(
      /^Most likely: the source key is of eu-west-1/,
    );
    const said = explain('AccessDeniedException', text, { declaredKeyId: far });
    expect(said.detail).toMatch(/^Most likely: the file says that its key is of eu-west-1/);
    expect(said.remedy).toMatch(/^Connect to eu-west-1\. Pin the source key/);
    expect(said.policies).toBeUndefined();
  });

  test('without words, both rights are named with their keys', () => {
    const fault = explain('AccessDeniedException', '', { sourceKeyId: A });
    expect(fault.remedy).toContain(`kms:ReEncryptFrom allowed on the source key ${A}`);
    expect(fault.remedy).toContain(`kms:ReEncryptTo on the destination key ${B}`);
    expect(fault.policies?.map(({ statement }) => JSON.parse(statement).Action)).toEqual([
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ]);
    expect(fault.policies?.every(({ statement }) => !statement.includes('alias/'))).toBe(true);
  });

  test('other operations name theirs', () => {
    expect(explain('AccessDeniedException', '', { operation: 'ListAliases' }).message).toContain(
      'kms:ListAliases',
    );
  });
});

describe('key errors name the key and its side', () => {
  test('a disabled destination, and a disabled source', () => {
    expect(explain('DisabledException', `${B} is disabled.`)).toMatchObject({
      message: `The destination key ${B} is disabled.`,
      remedy: expect.stringContaining('choose another destination key'),
    });
    const source = explain('DisabledException', `${A} is disabled.`);
    expect(source.message).toBe(`The source key ${A} is disabled.`);
    expect(source.remedy).toContain('EnableKey');
  });

  test('pending deletion says what it means for the blob', () => {
    const fault = explain('KMSInvalidStateException', `${A} is pending deletion.`);
    expect(fault.message).toContain('source key');
    expect(fault.remedy).toContain('CancelKeyDeletion');
  });

  test('the pinned source key did not make the blob', () => {
    const fault = explain('IncorrectKeyException', 'The key ID in the request does not identify a CMK', {
      sourceKeyId: A,
    });
    expect(fault.message).toBe(`The pinned source key ${A} did not make this blob.`);
  });

  test('a key of another Region', () => {
    const far = B.replace('us-east-1', 'eu-west-1');
    const fault = explain('NotFoundException', 'Invalid arn eu-west-1', { destinationKeyId: far });
    expect(fault.message).toContain('another Region than this connection (us-east-1)');
    expect(fault.remedy).toContain('Connect to eu-west-1');
  });

  test('sides are found by id, by ARN, by elimination, or not at all', () => {
    const s = (sourceKeyId: string | null, destinationKeyId: string) => ({
      operation: 'ReEncrypt',
      sourceKeyId,
      destinationKeyId,
    });
    expect(sideOf(B, s(null, 'bbbbbbbb-0000-4000-8000-000000000002'))).toBe('destination');
    expect(sideOf(A, s(null, 'alias/x'))).toBeNull();
    expect(sideOf(A, s(B, 'alias/x'))).toBe('destination');
    expect(sideOf(A, s(A, A))).toBe('both');
  });
});

describe('credentials are taken out', () => {
  test.each([
    [
      'The request signature we calculated does not match. The Canonical String for this request should have been POST x-amz-security-token:IQoJTOKEN',
    ],
    ['Command failed: /bin/get-creds --password IQoJTOKEN'],
    ['Unexpected token i in JSON: "{accessToken: IQoJTOKEN" is not valid JSON'],
    ['headers {"x-amz-security-token": "IQoJTOKEN"}'],
    ['Authorization: AWS4-HMAC-SHA256 Credential=AKIAIQOJTOKENABCDEFG/2026, Signature=IQoJTOKEN'],
    ['aws_secret_access_key = IQoJTOKEN'],
    ['the access key ASIAIQOJTOKEN12345678 is unknown'],
  ])('%s', (text) => {
    expect(scrub(text)).not.toMatch(/IQoJTOKEN/i);
    expect(JSON.stringify(explain('InvalidSignatureException', text))).not.toMatch(/IQoJTOKEN/i);
  });

  test('a key ARN stays, and a long message is cut', () => {
    expect(scrub(`${A} is disabled.`)).toBe(`${A} is disabled.`);
    expect(scrub('x'.repeat(5000)).length).toBeLessThan(2100);
  });
});
