import { CATALOGUE, type ServiceCode } from './catalogue.ts';

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
  OptInRequired: 'UnrecognizedClientException',
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

/**
 * The catalogue's code for an error name, looking into the message where one name stands for several things
 * (a signature that AWS refuses because of the clock; a profile that wants MFA); null when it is unknown.
 */
export function codeOf(name: string, message: string): ServiceCode | null {
  const code: ServiceCode | undefined = Object.hasOwn(CATALOGUE, name)
    ? (name as ServiceCode)
    : Object.hasOwn(ALIASES, name)
      ? ALIASES[name]
      : undefined;
  if (code === 'InvalidSignatureException' && SKEW.test(message)) return 'ClockSkew';
  if (code === 'CredentialsProviderError') {
    if (/multi-?factor|\bMFA\b/i.test(message)) return 'MfaNeeded';
    if (/credential_process|credential process|command failed/i.test(message))
      return 'CredentialProcessFailed';
    if (/\bSSO\b|aws sso login/i.test(message)) return 'SsoSignInNeeded';
    if (
      /could not resolve credentials using profile|profile .* (?:not found|could not be found)/i.test(message)
    )
      return 'ProfileUnusable';
  }
  if (code === undefined && /^ERR_(?:SSL|TLS)_/.test(name)) return 'TlsFailed';
  return code ?? null;
}
