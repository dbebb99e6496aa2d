/**
 * What each error means, why it usually comes, and what to do about it: one table for the whole application.
 * Sources: the KMS API reference (`ReEncrypt` and "Common errors"), the KMS developer guide (key states, dry run,
 * troubleshooting), the AWS SDK's own error names, and Node's system and TLS error codes. The table says nothing of
 * the request at hand; `explainKms` (../errors.ts) adds that.
 */
export interface CatalogueEntry {
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** Likely causes, most likely first. */
  readonly causes: readonly string[];
  readonly remedy: string;
  /** Whether the same request may succeed if sent again unchanged. */
  readonly retryable: boolean;
  /** True where every other request of a run would meet the same error: going on would only hammer. */
  readonly stopsRun: boolean;
}

function entry(meaning: string, causes: string[], remedy: string): CatalogueEntry {
  return { meaning, causes, remedy, retryable: false, stopsRun: false };
}
const retry = (e: CatalogueEntry): CatalogueEntry => ({ ...e, retryable: true });
const stop = (e: CatalogueEntry): CatalogueEntry => ({ ...e, stopsRun: true });

/** Errors of KMS, STS, the SDK and the way to them, by the name that {@link codeOf} gives. */
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
    ['Somebody disabled the key; its ciphertext is intact and opens again once the key is enabled.'],
    'Enable the key (EnableKey, permission kms:EnableKey) or choose another one.',
  ),
  DryRunOperationException: entry(
    'KMS would have carried out the request; it was asked for a dry run.',
    [],
    'Nothing to do: for a dry run this is success.',
  ),
  IncorrectKeyException: entry(
    'The source key that was pinned did not make this blob.',
    [
      'The blob was made under another key: a label or file name says otherwise than the bytes.',
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
    'Choose an algorithm that the key lists, or a key whose usage is ENCRYPT_DECRYPT.',
  ),
  KeyUnavailableException: retry(
    entry(
      'The key is not available at the moment.',
      ['KMS cannot reach the key just now.', 'Its custom key store is disconnected.'],
      'Try again. If it persists, look at the state of the key and of its key store.',
    ),
  ),
  KMSInternalException: retry(entry('KMS failed inside.', ['A passing fault inside KMS.'], 'Try again.')),
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
    'Ask whoever manages the key for the permission.',
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
      'Go on with fewer requests at a time; those that were refused can be sent again.',
    ),
  ),
  ValidationException: entry(
    'KMS says that the request is malformed.',
    [
      'The blob is larger than 6,144 bytes or empty.',
      'The plaintext is longer than the destination key and algorithm can hold.',
      'A key id is not one, or a context was given for an asymmetric key.',
    ],
    'Read what KMS said and correct that value.',
  ),
  UnreadableReply: entry(
    'The endpoint answered something that is not KMS.',
    ['A proxy or sign-in page stands between.', 'The endpoint URL is of another service.'],
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
      'Sign in again (for SSO: aws sso login), then connect again. Nothing is lost.',
    ),
  ),
  UnrecognizedClientException: stop(
    entry(
      'AWS does not know these credentials.',
      [
        'The access key was deleted or deactivated, or is mistyped.',
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
      ['Nobody is signed in.', 'The profile is incomplete.', 'This machine has no role.'],
      'Choose a profile, or sign in with the AWS CLI (aws configure, aws sso login), then connect again.',
    ),
  ),
  ProfileUnusable: stop(
    entry(
      'The profile gives no credentials.',
      ['There is no such profile in the shared config and credentials files.', 'The profile lacks a member.'],
      'Check the name and the contents of the profile in the AWS config file.',
    ),
  ),
  SsoSignInRequired: stop(
    entry(
      'The SSO session has ended or was never started.',
      ['The token in the AWS cache has expired.', 'Nobody signed in with this SSO session on this machine.'],
      'Run "aws sso login" for this profile, then connect again.',
    ),
  ),
  MfaRequired: stop(
    entry(
      'The profile needs a multi-factor code.',
      ['Its role is assumed with an MFA device (mfa_serial); Rewrap cannot ask for the code yet.'],
      'Get a session with the AWS CLI (aws sts get-session-token, or aws configure export-credentials) into a profile of its own, and choose that.',
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
        ['The service is not running at that address and port.', 'A firewall refuses the connection.'],
        'Check the endpoint URL; start the emulator or practice KMS if it is one.',
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
      'Check the clock; otherwise ask whoever runs the endpoint.',
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
  Aborted: entry('The request was stopped before it ended.', [], 'Start it again when you want to.'),
} as const satisfies Record<string, CatalogueEntry>;

/** Errors that no service said: Rewrap refused, or the disk did. */
export const OWN = {
  RegionMissing: entry(
    'No Region is known for this connection.',
    ['Neither the connection, nor the profile, nor AWS_REGION names one.'],
    'Choose a Region, or set "region" in the profile.',
  ),
  PracticeUnavailable: entry(
    'The practice KMS is not running.',
    ['It could not be started, or has ended.'],
    'Start Rewrap again; if it persists, see the message at start.',
  ),
  FileChanged: entry(
    'The file changed since it was read.',
    ['Another program wrote to it.'],
    'Take the file in again and look at its blobs. It was left as it is.',
  ),
  FileMissing: entry(
    'The file is no longer there.',
    ['It was moved, renamed or deleted since it was read.'],
    'Take it in again from where it is now.',
  ),
  NotReadable: entry(
    'The file could not be read.',
    ['Its permissions do not allow it.'],
    'Check the permissions of the file and its folder.',
  ),
  NotWritable: entry(
    'The new file could not be written.',
    ['The permissions of the folder do not allow it.', 'Another program holds the file.'],
    'Check the permissions of the folder, or write into another one. The file was left as it is.',
  ),
  DiskFull: entry(
    'The disk is full.',
    ['There is no room for the new file beside the old one.'],
    'Free some space, or write into a folder on another disk. The file was left as it is.',
  ),
  ReadOnlyDisk: entry(
    'The disk is read-only.',
    ['It is mounted so.'],
    'Write into a folder on another disk. The file was left as it is.',
  ),
  WriteFailed: entry(
    'The new file could not be written.',
    ['The disk reported an error.'],
    'Check the disk, or write into another folder. The file was left as it is.',
  ),
  NoFileToReplace: entry(
    'Pasted text has no file to replace.',
    [],
    'Choose a folder for the output, or take the result by download or copy.',
  ),
  PlaintextInFile: entry(
    'The file holds plaintext beside its ciphertext.',
    ['It is the output of a command that prints a Plaintext member; Rewrap never copies one.'],
    'Take the Plaintext member out of the file, or write into a folder: the new file leaves it out.',
  ),
  PlaintextTooLong: entry(
    'The plaintext is too long for the destination.',
    ['An RSA or SM2 key encrypts only a short plaintext.'],
    'Choose a symmetric destination key, or a larger RSA key or the SHA-1 variant where it fits.',
  ),
  NotReencryptable: entry('KMS cannot re-encrypt this.', [], 'See the inspector for what it is.'),
  ContextChoiceInvalid: entry(
    'The source context cannot be "the same as the source".',
    [],
    'Give the source context, or take what the file declares.',
  ),
  ReplyUnexpected: entry(
    'The answer of KMS does not agree with what was asked.',
    ['The endpoint is an emulator that works otherwise than KMS.'],
    'Check the endpoint. The file was left as it is.',
  ),
  VerifyFailed: entry(
    'The new ciphertext does not open under the destination.',
    ['The endpoint is an emulator that works otherwise than KMS.', 'The key was changed during the run.'],
    'Try again; if it persists, do not trust this endpoint. The file was left as it is.',
  ),
  VerifyNotPermitted: entry(
    'The new ciphertext could not be verified: you may not open blobs of the destination key.',
    ['kms:ReEncryptFrom on the destination key is missing; the dry run that verifies needs it.'],
    'Allow kms:ReEncryptFrom (beside kms:ReEncryptTo) on the destination key, or switch verification off. The file was left as it is.',
  ),
  PutBackMismatch: entry(
    'The new file does not read back as it should.',
    ['Rewrap met a file that it does not put back correctly: a defect.'],
    'Write into a folder and report the defect. The file was left as it is.',
  ),
  FileHeldBack: entry(
    'The file was left as it is because another of its blobs failed.',
    ['A file is replaced once, when all its chosen blobs are ready.'],
    'Repair the blob that failed, or leave it out, then run again.',
  ),
  Cancelled: entry('The run was cancelled before this blob.', [], 'Start a new run for what is left.'),
  RunStopped: entry(
    'The run stopped before this blob.',
    [],
    'Repair what stopped the run, then start a new one for what is left.',
  ),
  Internal: entry(
    'Rewrap failed inside.',
    ['A defect of Rewrap.'],
    'Report it with what you did. The file was left as it is.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ServiceCode = keyof typeof CATALOGUE;
export type OwnCode = keyof typeof OWN;

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
  TokenProviderError: 'SsoSignInRequired',
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
    if (/multi-?factor|\bMFA\b/i.test(message)) return 'MfaRequired';
    if (/credential_process|credential process|command failed/i.test(message))
      return 'CredentialProcessFailed';
    if (/\bSSO\b|aws sso login/i.test(message)) return 'SsoSignInRequired';
    if (
      /could not resolve credentials using profile|profile .* (?:not found|could not be found)/i.test(message)
    )
      return 'ProfileUnusable';
  }
  if (code === undefined && /^ERR_(?:SSL|TLS)_/.test(name)) return 'TlsFailed';
  return code ?? null;
}

/** The entry of a fault's code, where the catalogue has one. */
export function entryOf(code: string): CatalogueEntry | null {
  if (Object.hasOwn(CATALOGUE, code)) return CATALOGUE[code as ServiceCode];
  if (Object.hasOwn(OWN, code)) return OWN[code as OwnCode];
  return null;
}
