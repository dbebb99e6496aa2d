import type { EncryptionContext } from '../../model/context.ts';
import { regionOfArn, takesEncryptionContext } from '../facts.ts';
import { keyNameProblem, meantAlias, partitionOfArn, partitionOfRegion } from '../key-names.ts';
import type { ServiceCode } from './catalogue.ts';
import { deniedCase } from './denied.ts';
import { keyStoreNamed } from './key-stores.ts';
import { accountOf } from './policy.ts';
import type { Diagnosis, KmsSituation } from './situation.ts';
import { durationTooLong, notAssumable, roleRequestInvalid } from './sts.ts';

/** Local diagnosis: only what the request, the blob's bytes and the service's words bear out. */
export function diagnose(code: ServiceCode, said: string, s: KmsSituation, name: string): Diagnosis {
  switch (code) {
    case 'InvalidCiphertextException':
      return invalidCiphertext(s);
    case 'AccessDeniedException':
      return deniedCase(said, s);
    case 'IncorrectKeyException':
      return incorrectKey(s);
    case 'DisabledException':
      return disabled(said, s);
    case 'KMSInvalidStateException':
      return invalidState(said, s);
    case 'NotFoundException':
    case 'InvalidArnException':
      return notFound(said, s);
    case 'InvalidKeyUsageException':
      return keyUsage(said, s);
    case 'RoleNotAssumable':
      return notAssumable(said, s);
    case 'RoleDurationTooLong':
      return durationTooLong(said, s);
    case 'RoleRequestInvalid':
      return roleRequestInvalid(said, s);
    case 'ValidationException':
      return said === ''
        ? {}
        : { message: `${s.service ?? 'KMS'} says that the request is malformed: ${said}` };
    case 'CustomKeyStoreInvalidStateException':
      return keyStoreNamed(name);
    case 'KeyUnavailableException':
      return keyStore(said, s);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'ETIMEDOUT':
    case 'ENETUNREACH':
      return unreachable(code, s);
    case 'SsoSignInNeeded':
      return s.profile
        ? { remedy: `Run "aws sso login --profile ${s.profile}" in a terminal, then connect again.` }
        : {};
    case 'MfaNeeded':
      return mfaNeeded(said, s);
    case 'ProfileUnusable':
    case 'CredentialProcessFailed':
      return s.profile ? { message: subjectProfile(code, s.profile) } : {};
    default:
      return {};
  }
}

/** STS says whether the device or the code is wrong; the SDK, that there was none. */
function mfaNeeded(said: string, { profile }: KmsSituation): Diagnosis {
  const subject = profile ? { message: `The profile "${profile}" needs a multi-factor code.` } : {};
  if (/serial number|unable to validate/i.test(said) && !/must provide both/i.test(said))
    return {
      ...subject,
      causes: [
        'mfa_serial is not the device of the user that the source credentials belong to, or the code is wrong.',
      ],
      remedy: `Compare mfa_serial${profile ? ` of the profile "${profile}"` : ''} with the device of that user (IAM, "Security credentials"), then connect again with a new code.`,
    };
  if (/invalid MFA|'tokenCode'/i.test(said))
    return {
      ...subject,
      causes: ['AWS did not accept the code: it is wrong, was used before, or came too late.'],
    };
  return subject;
}

function subjectProfile(code: 'ProfileUnusable' | 'CredentialProcessFailed', p: string): string {
  if (code === 'CredentialProcessFailed') return `The credential process of the profile "${p}" failed.`;
  return `The profile "${p}" gives no credentials.`;
}

function invalidCiphertext(s: KmsSituation): Diagnosis {
  const algorithm = s.sourceAlgorithm ?? 'SYMMETRIC_DEFAULT';
  const kind = s.identification?.kind ?? null;
  if (!takesEncryptionContext(algorithm)) {
    const bytes = s.blobBytes === undefined ? '' : ` (${s.blobBytes} bytes)`;
    if (kind === 'kms-symmetric')
      return {
        causes: [
          `the bytes are a symmetric KMS blob, and ${algorithm} was asked for.`,
          'the blob is of another key.',
        ],
        remedy: 'Choose SYMMETRIC_DEFAULT as the source algorithm, and the symmetric key that made the blob.',
      };
    return {
      causes: [
        `the blob${bytes} was encrypted with another algorithm than ${algorithm} (SHA-1 and SHA-256 cannot be distinguished from outside).`,
        `it was encrypted under another key than ${s.sourceKeyId ?? 'the one chosen'}.`,
        'its bytes are damaged, or are no ciphertext (a signature has the same length).',
      ],
      remedy:
        'Try the other algorithm of the source key, then another source key. Such a blob carries no label.',
    };
  }
  if (kind === 'kms-asymmetric-candidate')
    return {
      causes: [
        `the bytes have the length of an RSA ciphertext (${s.blobBytes ?? '?'} bytes) and not the layout of a symmetric blob, yet SYMMETRIC_DEFAULT was asked for.`,
        'they are no KMS ciphertext at all.',
      ],
      remedy: 'Choose the RSA key that made it as the source key, and its algorithm.',
    };
  if (kind === 'kms-like' || kind === 'unknown') {
    const said = (s.identification?.reason ?? '').replace(/\s*KMS itself is the judge\.$/, '');
    return {
      causes: [
        `the blob is not laid out as KMS blobs are${said === '' ? '.' : `: ${sentence(lowered(said))}`} It was cut off or altered when it was copied (base64 pasted short, line endings converted).`,
        'it is of another service or library.',
        'its layout is not known here (external key store, China Region) and the encryption context differs.',
      ],
      remedy: 'Fetch the whole blob again from its source. The inspector shows where its structure breaks.',
    };
  }
  if (kind === 'encryption-sdk-message')
    return {
      causes: ['it is an AWS Encryption SDK message; KMS opens only the data keys inside it.'],
      remedy: 'Decrypt and encrypt it with the AWS Encryption SDK.',
    };
  const context = contextCauses(s);
  return {
    message: 'KMS could not open this blob with this encryption context.',
    causes: [
      kind === 'kms-symmetric'
        ? `The blob is well formed, so ${context} It may also be corrupted; only KMS can tell.`
        : `Probably ${context} The blob may also be corrupted; only KMS can tell.`,
    ],
    remedy:
      'Find the exact context of the program that encrypted it: every pair, upper and lower case, no spaces added. If you have no context, fetch the blob again from its source.',
  };
}

/** How the context that was sent may be wrong; compares it with the declared one where there is one. */
function contextCauses(s: KmsSituation): string {
  const sent = s.sourceContext ?? null;
  const declared = s.declaredContext ?? null;
  if (declared !== null && Object.keys(declared).length > 0) {
    const differs = contextDifference(sent ?? {}, declared);
    if (differs !== null)
      return `the encryption context is probably wrong: the file declares another than was sent (${differs}).`;
    return 'the encryption context that the file declares is probably wrong.';
  }
  if (sent === null || Object.keys(sent).length === 0) return 'the encryption context is probably missing.';
  const keys = Object.keys(sent).map((k) => `"${k}"`);
  return `the encryption context (${keys.join(', ')}) is probably wrong: a key, a value, upper and lower case, or a pair too many or too few.`;
}

/** The first difference between two contexts in words; null when they are the same. Contexts are not secret. */
export function contextDifference(sent: EncryptionContext, expected: EncryptionContext): string | null {
  for (const [key, value] of Object.entries(expected)) {
    if (Object.hasOwn(sent, key)) {
      if (sent[key] !== value) return `the value of "${key}" differs`;
      continue;
    }
    const cased = Object.keys(sent).find((k) => k.toLowerCase() === key.toLowerCase());
    return cased === undefined ? `"${key}" is missing` : `"${cased}" is written "${key}" there`;
  }
  const extra = Object.keys(sent).find((k) => !Object.hasOwn(expected, k));
  return extra === undefined ? null : `"${extra}" is not in it`;
}

function incorrectKey(s: KmsSituation): Diagnosis {
  return s.sourceKeyId ? { message: `The pinned source key ${s.sourceKeyId} did not make this blob.` } : {};
}

const ARN = /arn:[\w-]+:kms:[\w-]*:\d{12}:(?:key|alias)\/[\w:/-]+/;

/** Which side a key that the service named is on; null when that cannot be said. */
export function sideOf(arn: string, s: KmsSituation): 'source' | 'destination' | 'both' | null {
  const is = (id: string | null | undefined): boolean =>
    id !== null && id !== undefined && (id === arn || arn.endsWith(`/${id}`) || arn.endsWith(`:${id}`));
  const source = is(s.sourceKeyId);
  const destination = is(s.destinationKeyId);
  if (source && destination) return 'both';
  if (source) return 'source';
  if (destination) return 'destination';
  if (s.operation !== 'ReEncrypt') return null;
  // By elimination: a side that was named by key id or key ARN and does not match is not this key.
  const exact = (id: string | null | undefined): boolean => !!id && !/(?:^|:)alias\//.test(id);
  if (exact(s.destinationKeyId)) return 'source';
  if (exact(s.sourceKeyId)) return 'destination';
  return null;
}

function keyInWords(said: string, s: KmsSituation): { words: string; side: ReturnType<typeof sideOf> } {
  const arn = ARN.exec(said)?.[0];
  if (arn === undefined) return { words: 'The source or the destination key', side: null };
  const side =
    s.operation === 'ReEncrypt'
      ? sideOf(arn, s)
      : s.operation === 'Decrypt'
        ? 'source'
        : s.operation === 'Encrypt'
          ? 'destination'
          : null;
  const role =
    side === 'both' ? 'The source and destination key' : side === null ? 'The key' : `The ${side} key`;
  return { words: `${role} ${arn}`, side };
}

function disabled(said: string, s: KmsSituation): Diagnosis {
  const { words, side } = keyInWords(said, s);
  return {
    message: `${words} is disabled.`,
    remedy:
      side === 'destination'
        ? 'Enable it (EnableKey, permission kms:EnableKey), or choose another destination key.'
        : side === 'source'
          ? 'Enable it (EnableKey, permission kms:EnableKey); only this key opens the blob.'
          : 'Enable it (EnableKey, permission kms:EnableKey) or choose another one.',
  };
}

function invalidState(said: string, s: KmsSituation): Diagnosis {
  const { words, side } = keyInWords(said, s);
  if (/\bis disabled\b/i.test(said)) return disabled(said, s);
  if (/\bis (?:being created|creating|updating|being updated)\b/i.test(said))
    return {
      message: `${words} is being created or changed.`,
      causes: ['a new replica or primary key takes a moment before it can be used.'],
      remedy: 'Try again in a minute.',
    };
  if (/pending (?:replica )?deletion/i.test(said))
    return {
      message: `${words} is waiting to be deleted.`,
      causes: ['its deletion was scheduled. When that is done, its ciphertext cannot be decrypted any more.'],
      remedy:
        side === 'destination'
          ? 'Choose another destination key.'
          : 'Cancel the deletion (CancelKeyDeletion), enable the key (EnableKey), re-encrypt, then schedule it again.',
    };
  if (/pending import|key material/i.test(said))
    return {
      message: `${words} has no key material now.`,
      causes: ['its imported material has expired or was deleted, or was never imported.'],
      remedy: 'Import the key material again (ImportKeyMaterial), or choose another key.',
    };
  if (/key store|unavailable/i.test(said)) return keyStore(said, s);
  return said === '' ? {} : { message: `${words} cannot be used in its present state: ${said}` };
}

/** A key with a store does not answer. */
function keyStore(said: string, s: KmsSituation): Diagnosis {
  if (!/key store|unavailable|cluster|\bxks\b|proxy/i.test(said)) return {};
  const { words } = keyInWords(said, s);
  return {
    message: `${words} is in a custom key store that KMS cannot reach now.`,
    causes: [
      'the key store is disconnected (AWS CloudHSM: the cluster or its user kmsuser; external key store: its proxy).',
    ],
    remedy:
      'Connect the key store again (ConnectCustomKeyStore, permission kms:ConnectCustomKeyStore); DescribeCustomKeyStores says why in ConnectionErrorCode. Its ciphertext is intact and opens again then.',
  };
}

function notFound(said: string, s: KmsSituation): Diagnosis {
  const here = s.region ?? null;
  const misnamed = misnamedKey(s);
  if (misnamed !== null) return misnamed;
  const wrongRegion = [s.sourceKeyId, s.destinationKeyId].find((id) => {
    const region = id ? regionOfArn(id) : null;
    return here !== null && region !== null && region !== here;
  });
  if (wrongRegion)
    return {
      message: `The key ${wrongRegion} is in another Region than this connection (${here}).`,
      causes: ['KMS works within one Region; ReEncrypt cannot cross to another.'],
      remedy: `Connect to ${regionOfArn(wrongRegion)}, or choose a key of ${here}; a multi-Region key has a replica ARN for each Region. Otherwise decrypt here and encrypt there: an option of its own, as plaintext is then in this machine's memory.`,
    };
  const named = ARN.exec(said)?.[0] ?? /['"]([^'"]+)['"]/.exec(said)?.[1] ?? null;
  const side = named === null || s.operation !== 'ReEncrypt' ? null : sideOf(named, s);
  const role = side === 'source' || side === 'destination' ? `the ${side} key` : 'the key or alias';
  const where = here === null ? '' : ` in ${here}`;
  const message = `KMS does not know ${role}${named === null ? '' : ` ${named}`}${where}.`;
  const owner = accountOf(s.destinationKeyId ?? s.sourceKeyId ?? null);
  const caller = accountOf(s.principal ?? null);
  if (owner === null || caller === null || owner === caller) return { message };
  return {
    message,
    causes: [
      `it is of account ${owner}, and you work in account ${caller}: it does not exist there, or its key policy does not let you see it.`,
    ],
    remedy: `Check the ARN, and have the key policy in account ${owner} allow it for you, beside your own policy.`,
  };
}

/** A key that is named in a way that KMS cannot know, or that is of a part of AWS where these credentials do not reach. */
function misnamedKey(s: KmsSituation): Diagnosis | null {
  for (const [side, id] of [
    ['destination', s.destinationKeyId],
    ['source', s.sourceKeyId],
  ] as const) {
    if (id === null || id === undefined) continue;
    const what = s.operation === 'ReEncrypt' ? `The ${side} key` : 'The key';
    const problem = keyNameProblem(id);
    if (problem !== null)
      return {
        message: `${what} ${JSON.stringify(id)} is not written as KMS takes it.`,
        causes: [problem],
        remedy: 'Correct it: a key id, a key ARN, alias/NAME, or the ARN of an alias.',
      };
    const partition = partitionOfArn(id);
    const here = s.region ? partitionOfRegion(s.region) : null;
    if (partition !== null && here !== null && partition !== here)
      return {
        message: `${what} ${id} is of the partition ${partition}, and this connection is of ${here}.`,
        causes: [
          'accounts, credentials and keys of one partition (China, GovCloud) do not exist in another.',
        ],
        remedy: `Connect with credentials of ${partition}. Between partitions nothing but decrypting here and encrypting there is possible.`,
      };
    const alias = meantAlias(id);
    if (alias !== null)
      return {
        message: `KMS does not know ${what.toLowerCase()} ${id}${s.region ? ` in ${s.region}` : ''}.`,
        causes: [
          `it is no key id; an alias is written with "alias/" before its name.`,
          'it is in another Region or account.',
        ],
        remedy: `If it is an alias, write ${alias}.`,
      };
  }
  return null;
}

const USAGES: Readonly<Record<string, string>> = {
  SIGN_VERIFY: 'for signing',
  GENERATE_VERIFY_MAC: 'for message authentication codes (HMAC)',
  KEY_AGREEMENT: 'for key agreement',
};

function keyUsage(said: string, s: KmsSituation): Diagnosis {
  if (s.operation !== 'ReEncrypt') return {};
  const usage = /\b(SIGN_VERIFY|GENERATE_VERIFY_MAC|KEY_AGREEMENT)\b/.exec(said)?.[1];
  if (usage !== undefined) {
    const { words, side } = keyInWords(said, s);
    return {
      message: `${words} is ${USAGES[usage]} (${usage}), not for encryption.`,
      causes: ['the usage of a key is given when it is made and cannot be changed.'],
      remedy: `Choose a key with the usage ENCRYPT_DECRYPT${side === 'destination' ? ' as the destination' : ''}.`,
    };
  }
  const asked = `source ${s.sourceAlgorithm ?? 'SYMMETRIC_DEFAULT'}, destination ${s.destinationAlgorithm ?? 'SYMMETRIC_DEFAULT'}`;
  return {
    causes: [
      `the algorithm does not belong to the key (asked for: ${asked}).${said === '' ? '' : ` KMS: ${sentence(said)}`}`,
      'the key is for signing, MACs or key agreement, not for encryption.',
    ],
  };
}

/** Behind a proxy nothing else is connected to: what does not answer is the proxy. */
function unreachable(code: ServiceCode, s: KmsSituation): Diagnosis {
  const proxy = proxyWords(s.proxy ?? null);
  const service = s.service ?? 'KMS';
  const endpoint =
    s.endpoint ??
    (s.region ? `the endpoint of ${service === 'KMS' ? '' : `${service} in `}${s.region}` : null);
  const where = proxy ?? endpoint;
  if (where === null) return {};
  const remedy =
    proxy === null
      ? {}
      : {
          causes: [
            'the proxy is not running at that address and port, or its name is mistyped.',
            'the proxy does not get through to the endpoint.',
          ],
          remedy: `Check ${variableOf(s.proxy ?? '')}, or name the host in NO_PROXY (a VPC endpoint usually belongs there), then connect again.`,
        };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return { message: `The host of ${where} could not be found.`, ...remedy };
  if (code === 'ECONNREFUSED') return { message: `Nothing answers at ${where}.`, ...remedy };
  if (code === 'ECONNRESET') return { message: `The connection to ${where} was cut off.`, ...remedy };
  if (code === 'ENETUNREACH')
    return { message: `There is no way through the network to ${where}.`, ...remedy };
  return { message: `No answer from ${where} in time.`, ...remedy };
}

const variableOf = (proxy: string): string => proxy.split(':', 1)[0] ?? 'the proxy';

/** "HTTPS_PROXY: proxy.corp:3128" as "the proxy proxy.corp:3128 (HTTPS_PROXY)". */
export function proxyWords(proxy: string | null): string | null {
  const at = proxy?.indexOf(': ') ?? -1;
  return proxy === null || at === -1 ? null : `the proxy ${proxy.slice(at + 2)} (${proxy.slice(0, at)})`;
}

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const sentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
