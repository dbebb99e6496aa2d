import { describe, expect, test } from 'vitest';
import { explainKms, type KmsSituation } from '../errors.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ME = 'arn:aws:sts::111122223333:assumed-role/Mover/me';

describe('as AWS words it', () => {
  const ROLE = 'arn:aws:iam::444455556666:role/Mover';
  const role = {
    arn: ROLE,
    profile: 'prod',
    externalId: false,
    mfa: true,
    durationSeconds: null,
    chained: true,
  };
  const sts = { operation: 'AssumeRole', service: 'STS', region: 'us-east-1', profile: 'prod', role };
  const sdk = { operation: 'GetCallerIdentity', service: 'STS', region: 'us-east-1', profile: 'prod' };
  const sso = { operation: 'GetRoleCredentials', service: 'IAM Identity Center', profile: 'prod' };
  const kms = {
    operation: 'ReEncrypt',
    region: 'us-east-1',
    sourceKeyId: KEY,
    destinationKeyId: 'alias/new',
  };
  const user = (principal: string, action: string, rest: string) =>
    `User: ${principal} is not authorized to perform: ${action} ${rest}`;
  const BOB = 'arn:aws:iam::111122223333:user/bob';
  const sdkSays = 'CredentialsProviderError';

  test.each<[name: string, message: string, situation: KmsSituation, code: string, words: RegExp]>([
    [
      'AccessDenied',
      user(BOB, 'sts:TagSession', `on resource: ${ROLE}`),
      sts,
      'RoleNotAssumable',
      /sts:TagSession is missing/,
    ],
    [
      'AccessDenied',
      user(BOB, 'sts:SetSourceIdentity', `on resource: ${ROLE}`),
      sts,
      'RoleNotAssumable',
      /sts:SetSourceIdentity allowed beside/,
    ],
    [
      'AccessDenied',
      'SourceIdentity cannot be changed during role chaining.',
      sts,
      'RoleNotAssumable',
      /source identity/,
    ],
    ['AccessDenied', 'Roles may not be assumed by root accounts.', sts, 'RoleNotAssumable', /root user/],
    [
      'AccessDenied',
      'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
      sts,
      'MfaNeeded',
      /was used before/,
    ],
    [
      'AccessDenied',
      'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
      sts,
      'MfaNeeded',
      /Compare mfa_serial of the profile "prod"/,
    ],
    [
      'AccessDenied',
      'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
      sts,
      'MfaNeeded',
      /no code was given/,
    ],
    [
      'ValidationError',
      "1 validation error detected: Value '12 45' at 'tokenCode' failed to satisfy constraint",
      sts,
      'MfaNeeded',
      /did not accept the code/,
    ],
    [
      'ValidationError',
      "1 validation error detected: Value 'a b' at 'sourceIdentity' failed to satisfy constraint",
      sts,
      'RoleRequestInvalid',
      /the source identity/,
    ],
    [
      'PackedPolicyTooLarge',
      'Packed policy consumes 112% of allotted space, please use smaller policy.',
      sts,
      'RoleRequestInvalid',
      /session tags/,
    ],
    [
      'AccessDenied',
      user(ME, 'sts:AssumeRole', `on resource: ${ROLE} with an explicit deny in a resource control policy`),
      sts,
      'RoleNotAssumable',
      /444455556666 that owns the role/,
    ],
    [
      'AccessDenied',
      user(
        ME,
        'sts:AssumeRole',
        `on resource: ${ROLE} because no VPC endpoint policy allows the sts:AssumeRole action`,
      ),
      sts,
      'RoleNotAssumable',
      /VPC endpoint for STS/,
    ],
    [
      'AccessDeniedException',
      user(
        'arn:aws:iam::111122223333:root',
        'kms:ReEncryptTo',
        `on resource: ${KEY} with an explicit deny in a service control policy`,
      ),
      kms,
      'AccessDeniedException',
      /the root user of account 111122223333/,
    ],
    [
      'AccessDeniedException',
      user(
        ME,
        'kms:ReEncryptTo',
        'on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
      ),
      kms,
      'AccessDeniedException',
      /the key is not in this Region/,
    ],
    [
      'UnauthorizedOperation',
      'You are not authorized to perform this operation. Encoded authorization failure message: 0l-KPWQJ8q5z3YatP3Ybgb5lf0',
      kms,
      'AccessDeniedException',
      /aws sts decode-authorization-message/,
    ],
    [
      'UnauthorizedException',
      'Session token not found or invalid',
      sso,
      'SsoSignInNeeded',
      /aws sso login --profile prod/,
    ],
    ['ForbiddenException', 'No access', sso, 'SsoRoleNotAssigned', /sso_role_name/],
    [
      sdkSays,
      "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile.",
      sdk,
      'SsoSignInNeeded',
      /aws sso login --profile prod/,
    ],
    [
      sdkSays,
      'Profile prod credential_process did not return Version 1.',
      sdk,
      'CredentialProcessFailed',
      /in a terminal/,
    ],
    [
      sdkSays,
      'Detected a cycle attempting to resolve credentials for profile prod. Profiles visited: a, b',
      sdk,
      'ProfileUnusable',
      /contents of the profile/,
    ],
    [
      sdkSays,
      'Invalid response received from instance metadata service.',
      sdk,
      'InstanceRoleUnavailable',
      /hop limit/,
    ],
    [sdkSays, 'EC2 Metadata Service access disabled by user', sdk, 'InstanceRoleUnavailable', /hop limit/],
    [
      sdkSays,
      'The container metadata credential provider cannot be used unless the AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI environment variable is set',
      sdk,
      'ContainerCredentialsFailed',
      /role of the task or pod/,
    ],
    [
      'KMSInvalidStateException',
      `${KEY} is pending replica deletion.`,
      kms,
      'KMSInvalidStateException',
      /CancelKeyDeletion/,
    ],
    ['KMSInvalidStateException', `${KEY} is disabled.`, kms, 'KMSInvalidStateException', /kms:EnableKey/],
    [
      'KMSInvalidStateException',
      `${KEY} is creating.`,
      kms,
      'KMSInvalidStateException',
      /Try again in a minute/,
    ],
    [
      'CustomKeyStoreNotFoundException',
      'x',
      kms,
      'CustomKeyStoreInvalidStateException',
      /no such custom key store/,
    ],
    [
      'CloudHsmClusterNotFoundException',
      'x',
      kms,
      'CustomKeyStoreInvalidStateException',
      /UpdateCustomKeyStore/,
    ],
    [
      'CloudHsmClusterInvalidConfigurationException',
      'x',
      kms,
      'CustomKeyStoreInvalidStateException',
      /active HSM/,
    ],
    ['XksKeyNotFoundException', 'x', kms, 'CustomKeyStoreInvalidStateException', /external key manager/],
    [
      'XksProxyIncorrectAuthenticationCredentialException',
      'x',
      kms,
      'CustomKeyStoreInvalidStateException',
      /XksProxyAuthenticationCredential/,
    ],
    [
      'Blocked',
      'This account is currently blocked and not recognized as a valid account.',
      kms,
      'SubscriptionRequired',
      /account/,
    ],
    [
      'AccessDeniedException',
      'Your account has been suspended. Please contact AWS Support.',
      kms,
      'SubscriptionRequired',
      /AWS Support/,
    ],
    [
      'PendingVerification',
      'Your request for accessing resources in this region is being validated',
      kms,
      'SubscriptionRequired',
      /account/,
    ],
    [
      'AccessDenied',
      'You are not authorized to use the requested service. Please ensure that you have subscribed to the service you are trying to use.',
      kms,
      'SubscriptionRequired',
      /account/,
    ],
  ])('%s: %s', (name, message, situation, code, words) => {
    const fault = explainKms(name, message, 'r', situation);
    expect(fault.code).toBe(code);
    expect(`${fault.message} ${fault.detail} ${fault.remedy}`).toMatch(words);
  });

  test('what is offered for session tags allows them', () => {
    const fault = explainKms('AccessDenied', user(BOB, 'sts:TagSession', `on resource: ${ROLE}`), 'r', sts);
    expect(fault.policies?.map(({ statement }) => JSON.parse(statement).Action)).toEqual([
      'sts:TagSession',
      'sts:TagSession',
    ]);
  });

  test('a key store that is not there is not to be connected', () => {
    for (const name of ['CustomKeyStoreNotFoundException', 'XksKeyNotFoundException'])
      expect(explainKms(name, 'x', 'r', kms).remedy).not.toContain('ConnectCustomKeyStore');
  });
});
