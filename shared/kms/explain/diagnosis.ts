import type { EncryptionContext } from '../../model/context.ts';
import { takesEncryptionContext } from '../facts.ts';
import type { ServiceCode } from './catalogue.ts';
import { deniedCase } from './denied.ts';
import { invalidKeyState, keyDisabled, keyNotFound, keyStore, keyUsage } from './key-problems.ts';
import { keyStoreNamed } from './key-stores.ts';
import { type Diagnosis, type KmsSituation, sentence } from './situation.ts';
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
      return keyDisabled(said, s);
    case 'KMSInvalidStateException':
      return invalidKeyState(said, s);
    case 'NotFoundException':
    case 'InvalidArnException':
      return keyNotFound(said, s);
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
