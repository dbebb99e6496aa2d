import { describe, expect, test } from 'vitest';
import { explainKms, type KmsSituation, rawWords } from '../errors.ts';
import { parseDenial } from './denied.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ME = 'arn:aws:sts::111122223333:assumed-role/Mover/me';
const denied = (rest: string, situation: Partial<KmsSituation> = {}) =>
  explainKms(
    'AccessDeniedException',
    `User: ${ME} is not authorized to perform: kms:ReEncryptFrom on resource: ${KEY} ${rest}`,
    'r',
    { operation: 'ReEncrypt', sourceKeyId: KEY, region: 'us-east-1', ...situation },
  );

describe('each type of policy that IAM names is the one that has to change', () => {
  const types = [
    ['identity-based policy', 'an', 'identity', /policy of your user or role|policies of the role Mover/],
    ['resource-based policy', 'a', 'key', /in the key policy/],
    ['service control policy', 'a', 'service-control', /AWS Organizations.*management account/],
    ['resource control policy', 'a', 'resource-control', /RCP.*account 111122223333 that owns the key/],
    ['permissions boundary', 'a', 'boundary', /permissions boundary that is attached to the role Mover/],
    ['session policy', 'a', 'session', /session policy: it is given when the role is assumed/],
    ['VPC endpoint policy', 'a', 'endpoint', /policy of the VPC endpoint for KMS/],
  ] as const;
  // Messages name some of them in the plural, too.
  const plural = (name: string) => name.replace(/policy$/, 'policies').replace(/boundary$/, 'boundaries');

  test.each(types)('%s that does not allow it', (name, _, place, where) => {
    for (const [words, allows] of [
      [name, 'allows'],
      [plural(name), 'allow'],
    ]) {
      const fault = denied(`because no ${words} ${allows} the kms:ReEncryptFrom action`);
      expect(fault.remedy).toMatch(where);
      expect(fault.policies?.map((one) => one.place)).toContain(place);
      expect(fault.message).toContain(KEY);
    }
  });

  test.each(types)('%s that denies it', (name, article, _, where) => {
    const fault = denied(`with an explicit deny in ${article} ${name}`);
    expect(fault.detail).toContain('denies it explicitly');
    expect(fault.remedy).toMatch(/^Have the deny of kms:ReEncryptFrom changed/);
    expect(fault.remedy).toMatch(where);
    // A statement that allows lifts no deny.
    expect(fault.policies).toBeUndefined();
  });

  test('the ARN of the policy is shown, where the message has it', () => {
    const arn = 'arn:aws:organizations::987654321098:policy/o-qv5af4abcd/service_control_policy/p-2kgnabcd';
    const fault = denied(`with an explicit deny in a service control policy: ${arn}`);
    expect(fault.remedy).toContain(arn);
    const boundary = 'arn:aws:iam::111122223333:policy/Boundary';
    expect(denied(`with an explicit deny in a permissions boundary: ${boundary}`).detail).toContain(boundary);
    expect(denied('with an explicit deny in an identity-based policy').remedy).not.toContain('arn:aws:iam');
  });

  test('a message with more behind it is read all the same', () => {
    const fault = denied(
      'with an explicit deny in a resource control policy. Encoded authorization failure message: XQ_jqde5rHje6j9P',
    );
    expect(fault.remedy).toContain('RCP');
    expect(
      parseDenial(
        'User: arn:aws:iam::1:user/a is not authorized to perform: organizations:DescribePolicy on resource: * because no identity-based policy allows the organizations:DescribePolicy action',
      ),
    ).toMatchObject({
      action: 'organizations:DescribePolicy',
      resource: null,
      why: 'missing',
    });
  });

  test('of the statements that are offered only a principal is named where the policy takes one', () => {
    const statement = (name: string) =>
      JSON.parse(
        denied(`because no ${name} allows the kms:ReEncryptFrom action`).policies?.[0]?.statement ?? '',
      );
    expect(statement('VPC endpoint policy')).toMatchObject({ Principal: '*', Resource: KEY });
    expect(statement('permissions boundary')).not.toHaveProperty('Principal');
    expect(statement('service control policy')).toMatchObject({ Resource: '*' });
  });
});

describe('STS refuses as STS', () => {
  const role = {
    arn: 'arn:aws:iam::444455556666:role/Mover',
    profile: 'prod',
    externalId: false,
    mfa: false,
    durationSeconds: null,
    chained: false,
  };
  const sts = (name: string, message: string, over: Partial<KmsSituation> = {}) =>
    explainKms(name, message, 'r', {
      operation: 'AssumeRole',
      service: 'STS',
      region: 'us-east-1',
      profile: 'prod',
      role,
      ...over,
    });
  const refused = `User: arn:aws:iam::111122223333:user/me is not authorized to perform: sts:AssumeRole on resource: ${role.arn}`;

  test('the trust policy, the external id, the code: whichever it may be', () => {
    const fault = sts('AccessDenied', refused);
    expect(fault.code).toBe('RoleNotAssumable');
    expect(fault.message).toBe(
      `STS does not let arn:aws:iam::111122223333:user/me assume the role ${role.arn} (profile "prod").`,
    );
    expect(fault.detail).toMatch(
      /the profile has no external_id.*no mfa_serial.*sts:AssumeRole.*no role of that name/s,
    );
    expect(fault.detail).not.toContain('kms:ViaService');
    expect(fault.policies?.map(({ place }) => place)).toEqual(['trust', 'identity']);
    const known = sts('AccessDenied', refused, { role: { ...role, externalId: true, mfa: true } });
    expect(known.detail).toContain('another external id than external_id of the profile');
    expect(known.detail).not.toContain('mfa_serial');
    expect(known.policies?.[0]?.statement).toContain('sts:ExternalId');
  });

  test.each([
    ['because no role trust policy allows the sts:AssumeRole action', /trust policy of the role/, 'trust'],
    [
      'because no identity-based policy allows the sts:AssumeRole action',
      /policies of arn:aws:iam/,
      'identity',
    ],
    ['with an explicit deny in a service control policy', /AWS Organizations/, null],
    ['with an explicit deny in the role trust policy', /no longer denied .*trust policy/, null],
    ['with an explicit deny in a resource-based policy', /trust policy of the role/, null],
  ])('%s', (rest, where, place) => {
    const fault = sts('AccessDenied', `${refused} ${rest}`);
    expect(fault.remedy).toMatch(where);
    expect(fault.policies?.[0]?.place ?? null).toBe(place);
  });

  test.each([
    ['The requested DurationSeconds exceeds the MaxSessionDuration set for this role.', /MaxSessionDuration/],
    [
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      /3600/,
    ],
    [
      "1 validation error detected: Value '99999' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
      /duration_seconds/,
    ],
    [
      "1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
      /900 or more/,
    ],
  ])('%s', (message, remedy) => {
    const fault = sts('ValidationError', message, { role: { ...role, durationSeconds: 43_200 } });
    expect(fault.code).toBe('RoleDurationTooLong');
    expect(fault.message).toContain('43200 seconds');
    expect(fault.remedy).toMatch(remedy);
    expect(JSON.stringify(fault)).not.toContain('6,144');
  });

  test.each([
    [
      "1 validation error detected: Value 'x y' at 'roleSessionName' failed to satisfy constraint",
      'role_session_name',
    ],
    ["1 validation error detected: Value '!' at 'externalId' failed to satisfy constraint", 'external_id'],
    ['arn:aws:iam::1:role is invalid', 'role_arn'],
  ])('%s is %s of the profile', (message, setting) => {
    const fault = sts('ValidationError', message);
    expect(fault).toMatchObject({ code: 'RoleRequestInvalid' });
    expect(fault.remedy).toContain(setting);
  });

  test.each([
    [
      'InvalidIdentityToken',
      'No OpenIDConnect provider found in your account for https://oidc',
      'WebIdentityTokenInvalid',
    ],
    ['IDPCommunicationError', 'x', 'WebIdentityTokenInvalid'],
    [
      'ExpiredTokenException',
      'Token expired: current date/time 1 must be before the expiration date/time 0',
      'WebIdentityTokenExpired',
    ],
    ['AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 'RoleNotAssumable'],
    [
      'RegionDisabledException',
      'STS is not activated in this region for account:111122223333.',
      'StsRegionDisabled',
    ],
  ])('%s of a web identity is %s', (name, message, code) => {
    const fault = sts(name, message, { operation: 'AssumeRoleWithWebIdentity' });
    expect(fault.code).toBe(code);
    expect(rawWords(fault.raw ?? expect.unreachable())).toMatch(/^STS said: /);
  });
});

describe('who said it', () => {
  const by = (name: string, message = 'x', over: Partial<KmsSituation> = {}) =>
    explainKms(name, message, null, { operation: 'ReEncrypt', region: 'us-east-1', ...over }).raw?.by;

  test('KMS alone is what KMS said', () => {
    expect(by('AccessDeniedException')).toBe('KMS');
    expect(by('BrandNewException')).toBe('KMS');
    expect(by('AccessDenied', 'x', { service: 'STS' })).toBe('STS');
    expect(by('ECONNREFUSED')).toBe('The system');
    expect(by('SELF_SIGNED_CERT_IN_CHAIN')).toBe('The system');
    expect(by('TimeoutError')).toBe('The SDK');
    expect(by('CredentialsProviderError')).toBe('The SDK');
    expect(by('UnreadableReply')).toBe('The endpoint');
  });

  test('behind a proxy it is the proxy that does not answer, by its address', () => {
    for (const [name, words] of [
      ['ECONNREFUSED', 'Nothing answers at'],
      ['ENOTFOUND', 'The host of'],
      ['ETIMEDOUT', 'No answer from'],
      ['ECONNRESET', 'The connection to'],
    ] as const) {
      const fault = explainKms(name, 'x', null, {
        operation: 'ReEncrypt',
        region: 'us-east-1',
        proxy: 'HTTPS_PROXY: proxy.corp:3128',
      });
      expect(fault.message).toContain(`${words} the proxy proxy.corp:3128 (HTTPS_PROXY)`);
      expect(fault.remedy).toContain('NO_PROXY');
      expect(fault.remedy).not.toContain('emulator');
    }
    expect(
      explainKms('ECONNREFUSED', 'x', null, {
        operation: 'GetCallerIdentity',
        service: 'STS',
        region: 'us-east-1',
      }).message,
    ).toContain('STS in us-east-1');
  });
});

describe('what is no policy', () => {
  test.each([
    ['KMSInvalidStateException', `${KEY} is unavailable because its custom key store is disconnected.`],
    ['KeyUnavailableException', 'The request was rejected because the custom key store is not connected.'],
    ['CustomKeyStoreInvalidStateException', 'x'],
    ['CloudHsmClusterNotActiveException', 'x'],
    ['XksProxyUriUnreachableException', 'x'],
  ])('a key store: %s', (name, message) => {
    const fault = explainKms(name, message, null, { operation: 'ReEncrypt', sourceKeyId: KEY });
    expect(fault.remedy).toContain('ConnectCustomKeyStore');
  });

  test.each([
    ['OptInRequired', 'The AWS Access Key Id needs a subscription for the service'],
    ['SubscriptionRequiredException', 'The AWS Access Key Id needs a subscription for the service'],
    ['AccessDeniedException', 'Your account is not signed up for the KMS service.'],
    ['BrandNewException', 'The AWS Access Key Id needs a subscription for the service'],
  ])('a missing subscription: %s', (name, message) => {
    const fault = explainKms(name, message, null, { operation: 'ReEncrypt' });
    expect(fault.code).toBe('SubscriptionRequired');
    expect(fault.remedy).toContain('account');
    expect(fault.policies).toBeUndefined();
  });
});
