import { CATALOGUE, type ServiceCode } from './catalogue.ts';
import type { KmsSituation } from './situation.ts';

/** Other names for the same thing. */
const ALIASES: Readonly<Record<string, ServiceCode>> = {
  AccessDenied: 'AccessDeniedException',
  UnauthorizedOperation: 'AccessDeniedException',
  KMSDisabledException: 'DisabledException',
  Throttling: 'ThrottlingException',
  ThrottledException: 'ThrottlingException',
  RequestThrottled: 'ThrottlingException',
  RequestThrottledException: 'ThrottlingException',
  RequestLimitExceeded: 'ThrottlingException',
  TooManyRequestsException: 'ThrottlingException',
  SlowDown: 'ThrottlingException',
  ValidationError: 'ValidationException',
  SerializationException: 'ValidationException',
  InvalidParameterValue: 'ValidationException',
  MalformedQueryString: 'ValidationException',
  InternalFailure: 'ServiceUnavailable',
  InternalServerError: 'ServiceUnavailable',
  InternalServerException: 'ServiceUnavailable',
  InternalServiceError: 'ServiceUnavailable',
  InternalServiceException: 'ServiceUnavailable',
  ServiceUnavailableException: 'ServiceUnavailable',
  UnknownError: 'ServiceUnavailable',
  ExpiredToken: 'ExpiredTokenException',
  RequestExpired: 'ClockSkew',
  RequestTimeTooSkewed: 'ClockSkew',
  RequestInTheFuture: 'ClockSkew',
  UnrecognizedClient: 'UnrecognizedClientException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  InvalidAccessKeyId: 'UnrecognizedClientException',
  AuthFailure: 'UnrecognizedClientException',
  MissingAuthenticationToken: 'UnrecognizedClientException',
  MissingAuthenticationTokenException: 'UnrecognizedClientException',
  NotAuthorized: 'AccessDeniedException',
  OptInRequired: 'SubscriptionRequired',
  SubscriptionRequiredException: 'SubscriptionRequired',
  NotSignedUp: 'SubscriptionRequired',
  Blocked: 'SubscriptionRequired',
  PendingVerification: 'SubscriptionRequired',
  PackedPolicyTooLarge: 'RoleRequestInvalid',
  PackedPolicyTooLargeException: 'RoleRequestInvalid',
  MalformedPolicyDocument: 'RoleRequestInvalid',
  MalformedPolicyDocumentException: 'RoleRequestInvalid',
  AccountProblem: 'SubscriptionRequired',
  RegionDisabledException: 'StsRegionDisabled',
  RegionDisabled: 'StsRegionDisabled',
  InvalidIdentityToken: 'WebIdentityTokenInvalid',
  InvalidIdentityTokenException: 'WebIdentityTokenInvalid',
  IDPRejectedClaim: 'WebIdentityTokenInvalid',
  IDPRejectedClaimException: 'WebIdentityTokenInvalid',
  IDPCommunicationError: 'WebIdentityTokenInvalid',
  IDPCommunicationErrorException: 'WebIdentityTokenInvalid',
  InvalidSignature: 'InvalidSignatureException',
  IncompleteSignature: 'InvalidSignatureException',
  IncompleteSignatureException: 'InvalidSignatureException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  TokenProviderError: 'SsoSignInNeeded',
  UnknownOperation: 'UnknownOperationException',
  InvalidAction: 'UnknownOperationException',
  TimeoutError: 'ETIMEDOUT',
  RequestTimeout: 'ETIMEDOUT',
  RequestTimeoutException: 'ETIMEDOUT',
  ESOCKETTIMEDOUT: 'ETIMEDOUT',
  EPIPE: 'ECONNRESET',
  ECONNABORTED: 'ECONNRESET',
  EHOSTUNREACH: 'ENETUNREACH',
  ENETDOWN: 'ENETUNREACH',
  AbortError: 'Aborted',
  SELF_SIGNED_CERT_IN_CHAIN: 'TlsUntrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TlsUntrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TlsUntrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'TlsUntrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TlsUntrusted',
  CERT_UNTRUSTED: 'TlsUntrusted',
  CERT_HAS_EXPIRED: 'TlsExpired',
  CERT_NOT_YET_VALID: 'TlsExpired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TlsWrongHost',
  EPROTO: 'TlsFailed',
};

const SKEW = /signature (?:expired|not yet current)|is now (?:earlier|later) than|clock|skew/i;

/** Words of AWS where an account is not signed up for a service, or not active. */
const SUBSCRIPTION =
  /needs a subscription for the service|not (?:subscribed|signed up)|ensure that you have subscribed|account .*not (?:yet )?(?:active|activated)|pending verification|account (?:is|was|has been)(?: currently)? (?:suspended|blocked|closed)/i;

/** Who was asked for what: one name of an error stands for other things at STS. */
type Asked = Pick<Partial<KmsSituation>, 'service' | 'operation'>;

/** The code of what STS refuses when a role is to be assumed; null: that of any other request. */
function ofRole(code: ServiceCode, message: string, operation: string): ServiceCode | null {
  if (!operation.startsWith('AssumeRole')) return null;
  // The device refuses the code, whatever the policies say; the code is typed, and no setting.
  if (/MultiFactorAuthentication failed| at 'tokenCode'/i.test(message)) return 'MfaNeeded';
  if (code === 'AccessDeniedException') return 'RoleNotAssumable';
  if (code === 'ExpiredTokenException' && operation === 'AssumeRoleWithWebIdentity')
    return 'WebIdentityTokenExpired';
  if (code !== 'ValidationException') return null;
  // One message may find fault with several values: then no single setting is to blame.
  const ofDuration = /durationSeconds|MaxSessionDuration|session limit/i.test(message);
  return ofDuration && !/ at '(?!durationSeconds')/.test(message)
    ? 'RoleDurationTooLong'
    : 'RoleRequestInvalid';
}

/**
 * The catalogue's code for an error name, looking into the message where one name stands for several things
 * (a signature that AWS refuses because of the clock; a profile that wants MFA), and at who was asked; null when it is
 * unknown.
 */
export function codeOf(name: string, message: string, situation: Asked = {}): ServiceCode | null {
  const code: ServiceCode | undefined = Object.hasOwn(CATALOGUE, name)
    ? (name as ServiceCode)
    : Object.hasOwn(ALIASES, name)
      ? ALIASES[name]
      : undefined;
  if (situation.service === 'STS' && code !== undefined) {
    const role = ofRole(code, message, situation.operation ?? '');
    if (role !== null) return role;
  }
  if (situation.service === 'IAM Identity Center') {
    if (name === 'UnauthorizedException') return 'SsoSignInNeeded';
    if (name === 'ForbiddenException') return 'SsoRoleNotAssigned';
  }
  if (
    SUBSCRIPTION.test(message) &&
    (code === undefined || code === 'AccessDeniedException' || code === 'UnrecognizedClientException')
  )
    return 'SubscriptionRequired';
  if (code === undefined && /^(?:CustomKeyStore|CloudHsmCluster|Xks)/.test(name))
    return 'CustomKeyStoreInvalidStateException';
  if (code === 'InvalidSignatureException' && SKEW.test(message)) return 'ClockSkew';
  if (code === 'CredentialsProviderError') {
    if (/multi-?factor|\bMFA\b/i.test(message)) return 'MfaNeeded';
    if (/credential_process|credential process|command failed/i.test(message))
      return 'CredentialProcessFailed';
    if (/aws sso login|SSO session (?:associated with this profile|token)/i.test(message))
      return 'SsoSignInNeeded';
    if (/instance metadata|EC2 metadata/i.test(message)) return 'InstanceRoleUnavailable';
    if (/container metadata|AWS_CONTAINER_CREDENTIALS/i.test(message)) return 'ContainerCredentialsFailed';
    if (/\bSSO\b|\bcycle\b/i.test(message)) return 'ProfileUnusable';
    if (
      /could not resolve credentials using profile|profile .* (?:not found|could not be found)/i.test(message)
    )
      return 'ProfileUnusable';
  }
  if (code === undefined && /^ERR_(?:SSL|TLS)_/.test(name)) return 'TlsFailed';
  return code ?? null;
}
