import { type CatalogueEntry, entry, retry, stop } from './entry.ts';

/**
 * What each error means, why it usually comes, and what to do about it: one table for the whole application.
 * Sources: the KMS API reference (`ReEncrypt` and "Common errors"), the KMS developer guide (key states, dry run,
 * troubleshooting), the AWS SDK's own error names, and Node's system and TLS error codes. The table says nothing of
 * the request at hand; `explainKms` (../errors.ts) adds that.
 */
export const CATALOGUE = {
  DependencyTimeoutException: retry(
    entry(
      'KMS timed out while it waited for a part it depends on.',
      ['A passing fault inside KMS.', 'A custom or external key store that answers slowly.'],
      'Try again. If it keeps happening with a key in a custom key store, look at that key store.',
    ),
  ),
  DisabledException: entry(
    'The key is disabled.',
    ['The key was disabled; its ciphertext is intact and opens again once the key is enabled.'],
    'Enable the key (EnableKey, permission kms:EnableKey) or choose another one.',
  ),
  DryRunOperationException: entry(
    'KMS would have carried out the request; it was asked for a dry run.',
    [],
    'Nothing to do: for a dry run this is success.',
  ),
  IncorrectKeyException: entry(
    'The source key that you required did not make this blob.',
    [
      'The blob was made under another key: a label or a file name is wrong.',
      'The file is a copy from another environment.',
    ],
    'Choose the key that made the blob, or leave the source key open so that KMS finds it (symmetric keys only).',
  ),
  InvalidCiphertextException: entry(
    'KMS could not open this blob.',
    [
      'The encryption context differs from the one it was encrypted with.',
      'The bytes are damaged or cut off.',
      'It is not a KMS ciphertext blob.',
    ],
    'Check the encryption context (keys, values, upper and lower case), then whether the blob is complete.',
  ),
  InvalidGrantTokenException: entry(
    'KMS refused a grant token.',
    [
      'The token was cut or altered when it was copied.',
      'The grant was retired or revoked, or is of another key or Region.',
    ],
    'Take the token again from CreateGrant, or leave it out: a grant older than about five minutes works without it.',
  ),
  InvalidKeyUsageException: entry(
    'The key cannot be used in this way.',
    [
      'The algorithm does not belong to the key.',
      'The key is for signing, MACs or key agreement, not for encryption.',
    ],
    'Choose an algorithm that the key lists, or a key with the usage ENCRYPT_DECRYPT.',
  ),
  KeyUnavailableException: retry(
    entry(
      'The key is not available at the moment.',
      ['KMS cannot reach the key just now.', 'Its custom key store is disconnected.'],
      'Try again. If it persists, look at the state of the key and of its key store.',
    ),
  ),
  KMSInternalException: retry(
    entry('KMS had an internal error.', ['A passing fault inside KMS.'], 'Try again.'),
  ),
  KMSInvalidStateException: entry(
    'The state of the key does not allow this.',
    [
      'The key is pending deletion.',
      'The key waits for its key material, or its imported material has expired.',
      'Its custom key store is disconnected.',
    ],
    'Look at the state of the key: cancel its deletion (CancelKeyDeletion, then EnableKey), import its material, or choose another key.',
  ),
  NotFoundException: entry(
    'KMS knows no such key or alias here.',
    [
      'The id, alias or ARN is mistyped.',
      'The key is in another Region.',
      'The key is in another account: then only its ARN or alias ARN is found.',
    ],
    'Check the Region of the connection and give the full ARN of the key.',
  ),
  InvalidArnException: entry(
    'KMS could not read the ARN.',
    ['The ARN is incomplete or mistyped.', 'It is of another Region or partition.'],
    'Copy the ARN again from the key, and check the Region of the connection.',
  ),
  AccessDeniedException: entry(
    'You are not allowed to do this.',
    ['The policies that apply to you do not allow the action on the key.'],
    'Ask the administrator of the key for the permission.',
  ),
  LimitExceededException: entry(
    'A limit of the account was reached.',
    ['Too many grants or keys.'],
    'Ask for a higher quota, or remove what is not needed.',
  ),
  UnsupportedOperationException: entry(
    'The key or endpoint does not support this operation.',
    ['The kind of key does not allow it.'],
    'Choose another key.',
  ),
  UnknownOperationException: entry(
    'The endpoint does not know this operation.',
    ['The endpoint is an emulator that lacks ReEncrypt.', 'The endpoint is not KMS.'],
    'Check the endpoint URL, or connect to AWS or the practice KMS.',
  ),
  ThrottlingException: retry(
    entry(
      'KMS was asked faster than the quota allows.',
      ['The request quota of this account and Region is used up, by this run or by others.'],
      'Continue with fewer requests at a time; those that were refused can be sent again.',
    ),
  ),
  ValidationException: entry(
    'The service says that the request is malformed.',
    [
      'The blob is larger than 6,144 bytes or empty.',
      'The plaintext is longer than the destination key and algorithm can hold.',
      'A key id is not one, or a context was given for an asymmetric key.',
    ],
    'Read what the service said and correct that value.',
  ),
  UnreadableReply: entry(
    'The endpoint answered something that is not KMS.',
    ['A proxy or the sign-in page of a network answered instead.', 'The endpoint URL is of another service.'],
    'Check the endpoint URL and the network (captive portal, proxy).',
  ),
  ServiceUnavailable: retry(
    entry(
      'The service could not answer.',
      ['A passing fault of the service or of a proxy before it.'],
      'Try again.',
    ),
  ),
  ExpiredTokenException: stop(
    entry(
      'Your AWS credentials have expired.',
      ['The session ended while Rewrap was working.'],
      'Sign in again, or renew the credentials of the profile, then connect again. Nothing is lost.',
    ),
  ),
  UnrecognizedClientException: stop(
    entry(
      'AWS does not know these credentials.',
      [
        'The access key was deleted or deactivated, or is mistyped.',
        'The Region has to be enabled for the account first (Account settings): until then its endpoints know no key of it.',
        'The session token is missing or is of another session.',
        'The credentials are of another partition (China, GovCloud).',
      ],
      'Check the profile, or sign in again.',
    ),
  ),
  InvalidSignatureException: stop(
    entry(
      'AWS refused the signature of the request.',
      ['The secret key does not belong to the access key.', 'A proxy changed the request on its way.'],
      'Check the profile, or sign in again.',
    ),
  ),
  ClockSkew: stop(
    entry(
      'The clock of this machine differs too much from that of AWS.',
      ['The system clock is wrong; AWS accepts a difference of about five minutes.'],
      'Set the clock (turn on network time), then try again.',
    ),
  ),
  CredentialsProviderError: stop(
    entry(
      'No usable AWS credentials were found.',
      ['There is no sign-in.', 'The profile is incomplete.', 'This machine has no role.'],
      'Choose a profile, or sign in with the AWS CLI (aws configure, aws sso login), then connect again.',
    ),
  ),
  ProfileUnusable: stop(
    entry(
      'The profile gives no credentials.',
      [
        'There is no such profile in the shared config and credentials files.',
        'The profile lacks a setting that it needs.',
      ],
      'Check the name and the contents of the profile in the AWS config file.',
    ),
  ),
  SsoSignInNeeded: stop(
    entry(
      'The SSO session has ended or was never started.',
      [
        'The token in the AWS cache has expired.',
        'There was no sign-in with this SSO session on this machine.',
      ],
      'Sign in again, here or with "aws sso login" for this profile. Work goes on where it stopped; nothing is lost.',
    ),
  ),
  MfaNeeded: stop(
    entry(
      'The profile needs a multi-factor code.',
      ['Its role is assumed with an MFA device (mfa_serial), and no code was given.'],
      'Connect again and enter the six digits that the device shows now. A code works only once: wait for the next one if it was used.',
    ),
  ),
  CredentialProcessFailed: stop(
    entry(
      'The credential process of the profile failed.',
      ['The program is missing, ended with an error, or printed something unexpected.'],
      'Run the command of credential_process in a terminal and look at what it says.',
    ),
  ),
  ENOTFOUND: stop(
    entry(
      'The host name of the endpoint does not exist.',
      ['The Region or endpoint URL is mistyped.', 'There is no network or no name service.'],
      'Check the Region, the endpoint URL and the network.',
    ),
  ),
  EAI_AGAIN: stop(
    retry(
      entry(
        'The host name of the endpoint could not be looked up.',
        ['There is no network, or the name service does not answer.'],
        'Check the network and try again.',
      ),
    ),
  ),
  ECONNREFUSED: stop(
    retry(
      entry(
        'Nothing answers at the endpoint.',
        [
          'The service is not running at that address and port.',
          'A firewall refuses the connection.',
          'A proxy is configured (HTTPS_PROXY), and nothing answers there.',
        ],
        'Check the endpoint URL and the proxy; start the emulator or practice KMS if it is one.',
      ),
    ),
  ),
  ECONNRESET: retry(
    entry(
      'The connection was cut off.',
      ['The network or a proxy dropped it.', 'The endpoint stopped.'],
      'Try again.',
    ),
  ),
  ETIMEDOUT: retry(
    entry(
      'The endpoint did not answer in time.',
      ['The network is slow, or a firewall drops the packets.', 'The endpoint is overloaded.'],
      'Check the network (VPN, proxy, VPC endpoint) and try again.',
    ),
  ),
  ENETUNREACH: stop(
    retry(
      entry(
        'There is no way through the network to the endpoint.',
        ['The network is down.', 'A VPN is not connected.'],
        'Check the network and try again.',
      ),
    ),
  ),
  TlsUntrusted: stop(
    entry(
      'The certificate of the endpoint is not trusted by this machine.',
      [
        'A proxy that inspects traffic signs with its own authority.',
        'The endpoint has a self-signed certificate.',
      ],
      'Give the certificate authority to Node (NODE_EXTRA_CA_CERTS) and start Rewrap again. Do not switch verification off.',
    ),
  ),
  TlsExpired: stop(
    entry(
      'The certificate of the endpoint is out of date.',
      ['The clock of this machine is wrong.', 'The certificate was not renewed.'],
      'Check the clock; otherwise ask the operator of the endpoint.',
    ),
  ),
  TlsWrongHost: stop(
    entry(
      'The certificate of the endpoint is of another host.',
      [
        'The endpoint URL names a host that the certificate does not.',
        'Something stands between you and the endpoint.',
      ],
      'Check the endpoint URL.',
    ),
  ),
  TlsFailed: stop(
    entry(
      'No secure connection to the endpoint could be made.',
      ['The endpoint speaks plain HTTP at that port.', 'A proxy breaks the handshake.'],
      'Check the endpoint URL, http:// or https://, and the port.',
    ),
  ),
  RoleNotAssumable: stop(
    entry(
      'STS does not let these credentials assume the role.',
      [
        'The trust policy of the role does not name this identity, or one of its conditions (external id, multi-factor code, source) is not met.',
        'The policies of this identity do not allow sts:AssumeRole on the role.',
        'There is no role of that name: STS says the same then.',
      ],
      'Check role_arn, external_id and mfa_serial of the profile, then have the trust policy of the role and the policy of this identity allow it.',
    ),
  ),
  RoleDurationTooLong: stop(
    entry(
      'STS refuses a session of that length.',
      [
        'duration_seconds of the profile is longer than the maximum session duration of the role, or below 900.',
        'A role that is assumed with the credentials of another role lasts an hour at most (role chaining).',
      ],
      'Take duration_seconds out of the profile, or set it to 3600. Rewrap renews the session by itself.',
    ),
  ),
  RoleRequestInvalid: stop(
    entry(
      'STS refuses a setting of the role as malformed.',
      [
        'role_arn, role_session_name, external_id or mfa_serial of the profile does not have the form that STS asks for.',
      ],
      'Read what STS said, and correct that setting in the AWS config file.',
    ),
  ),
  WebIdentityTokenInvalid: stop(
    entry(
      'STS does not accept the web identity token.',
      [
        'The account has no identity provider (OIDC) for the issuer of the token, or one with another audience.',
        'The token is damaged, or is of another issuer.',
        'STS could not reach the issuer to check the signature.',
      ],
      'Compare the issuer ("iss") and audience ("aud") of the token with the identity provider in IAM of the account of the role.',
    ),
  ),
  WebIdentityTokenExpired: stop(
    entry(
      'The web identity token has expired.',
      ['What writes the token file has stopped, or the file is a copy from another time.'],
      'Have a new token written (in EKS the kubelet does; elsewhere your identity provider), then connect again.',
    ),
  ),
  StsRegionDisabled: stop(
    entry(
      'STS is not active for this account in this Region.',
      ['The Region is not enabled for the account, or STS was deactivated in it.'],
      'Enable the Region (Account settings), activate STS in it (IAM, "Account settings"), or connect in another Region.',
    ),
  ),
  SsoRoleNotAssigned: stop(
    entry(
      'IAM Identity Center does not give you this role in this account.',
      [
        'You are not assigned the permission set in that account, or no longer.',
        'sso_account_id or sso_role_name of the profile is mistyped.',
        'You are signed in as another person.',
      ],
      'Check sso_account_id and sso_role_name of the profile, or ask for the assignment. A new sign-in alone does not help.',
    ),
  ),
  ContainerCredentialsFailed: stop(
    entry(
      'The endpoint of the container gives no credentials.',
      [
        'The task or pod has no role, or its agent does not answer.',
        'AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI was copied from another machine.',
      ],
      'Check the role of the task or pod; outside a container unset these variables.',
    ),
  ),
  InstanceRoleUnavailable: stop(
    entry(
      'The metadata service of the instance gives no credentials.',
      [
        'The instance has no role, or this machine is no instance of EC2.',
        'The metadata service is switched off, or lets no container through (hop limit of 1).',
      ],
      'Give the instance a role, raise its hop limit for containers, or choose a profile.',
    ),
  ),
  SubscriptionRequired: stop(
    entry(
      'The AWS account is not subscribed to this service.',
      [
        'The account is new and not activated yet (payment, phone), or is suspended or closed.',
        'The Region has to be enabled for the account first.',
      ],
      'Finish the sign-up of the account, enable the Region (Account settings), or ask AWS Support why the account is not active. Policies play no part in it.',
    ),
  ),
  CustomKeyStoreInvalidStateException: entry(
    'The custom key store of the key cannot be used.',
    [
      'The key store is disconnected: for AWS CloudHSM its cluster or its user kmsuser, for an external key store its proxy.',
    ],
    'Connect it again (ConnectCustomKeyStore, permission kms:ConnectCustomKeyStore), see its ConnectionErrorCode in DescribeCustomKeyStores, then try again.',
  ),
  Aborted: entry('The request was stopped before it ended.', [], 'Start it again when you want to.'),
} as const satisfies Record<string, CatalogueEntry>;

export type ServiceCode = keyof typeof CATALOGUE;
