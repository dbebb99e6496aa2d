import type { Fault } from '../model/fault.ts';
import { FaultError } from '../model/fault-error.ts';
import { CATALOGUE, type ServiceCode } from './explain/catalogue.ts';
import { diagnose } from './explain/diagnosis.ts';
import type { CatalogueEntry } from './explain/entry.ts';
import { codeOf } from './explain/names.ts';
import { catalogueEntry, OWN, type OwnCode } from './explain/own.ts';
import type { KmsSituation } from './explain/situation.ts';

export { CATALOGUE } from './explain/catalogue.ts';
export { proxyWords } from './explain/diagnosis.ts';
export { codeOf } from './explain/names.ts';
export { OWN, type OwnCode } from './explain/own.ts';
export type { KmsSituation } from './explain/situation.ts';

/**
 * Explains an error of KMS, STS, the SDK or the network as a {@link Fault}: the catalogue's meaning, a diagnosis
 * from what is known of the request, what to do, and the service's own words without credentials.
 * The code is the catalogue's (`IncorrectKeyException`), or the error's own name when the catalogue has none.
 */
export function explainKms(
  name: string,
  message: string,
  requestId: string | null,
  situation: KmsSituation,
): Fault {
  const code = codeOf(name, message, situation);
  const said = scrub(message);
  const raw = { name, message: said, requestId, by: saidBy(code, name, situation) };
  if (code === null) {
    return {
      code: name === '' ? 'UnknownServiceError' : name,
      message: `${situation.operation} failed: ${said === '' ? name : said}`,
      detail: 'Rewrap has no explanation for this error. What the service said is all that is known.',
      remedy: 'Look the error up by its name, or ask the operator of the endpoint, with the request id.',
      raw,
      retryable: false,
    };
  }
  const entry = CATALOGUE[code];
  const found = diagnose(code, said, situation, name);
  return {
    code,
    message: found.message ?? entry.meaning,
    detail: ranked(found.causes ?? entry.causes),
    remedy: found.remedy ?? entry.remedy,
    raw,
    retryable: entry.retryable,
    ...(found.policies === undefined || found.policies.length === 0 ? {} : { policies: [...found.policies] }),
  };
}

/** Errors that no service said: the network's, the system's. */
const OF_THE_SYSTEM = /^(?:E[A-Z_]{3,}|Tls\w+|ERR_\w+)$/;
const OF_THE_SDK: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ProviderError',
  'TimeoutError',
  'AbortError',
]);

/** Who said the words of an error: "KMS said" stands before what KMS said alone. */
function saidBy(code: ServiceCode | null, name: string, { service }: KmsSituation): string {
  if (OF_THE_SDK.has(name)) return 'The SDK';
  if (OF_THE_SYSTEM.test(name) || (code !== null && OF_THE_SYSTEM.test(code))) return 'The system';
  if (code === 'UnreadableReply') return 'The endpoint';
  return service ?? 'KMS';
}

/** "STS said: AccessDenied: …": the words of who refused, for a place that has one line. */
export function rawWords({ name, message, requestId, by }: NonNullable<Fault['raw']>): string {
  const request = requestId === null ? '' : ` (request ${requestId})`;
  return `${by ?? 'The service'} said: ${name}${message === '' ? '' : `: ${message}`}${request}`;
}

interface Specific {
  message?: string;
  detail?: string;
  remedy?: string;
}

/** A fault of Rewrap's own: the catalogue's words, with what is known of the case before its causes. */
export function explainOwn(code: OwnCode, specific: Specific = {}): Fault {
  return worded(code, OWN[code], specific);
}

/** A fault of a service's code that Rewrap states itself, before or instead of a request: no raw error. */
export function faultOfCatalogue(code: ServiceCode, specific: Specific = {}): Fault {
  return worded(code, CATALOGUE[code], specific);
}

function worded(code: string, entry: CatalogueEntry, { message, detail, remedy }: Specific): Fault {
  return {
    code,
    message: message ?? entry.meaning,
    detail: detail ?? ranked(entry.causes),
    remedy: remedy ?? entry.remedy,
    raw: null,
    retryable: entry.retryable,
  };
}

/** True where the error would meet every other request too (expired credentials, no network). */
export function stopsRun(fault: Fault): boolean {
  return catalogueEntry(fault.code)?.stopsRun ?? false;
}

/** Causes as one paragraph: the first is called the most likely when there are others. */
function ranked(causes: readonly string[]): string {
  if (causes.length < 2) return causes.join('');
  return [`Most likely: ${causes[0]}`, ...causes.slice(1).map((c) => `Or: ${c}`)].join(' ');
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  'SsoSignInNeeded',
  'MfaNeeded',
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'CredentialsProviderError',
  'CredentialProcessFailed',
  'ProfileUnusable',
  'RoleNotAssumable',
  'RoleDurationTooLong',
  'RoleRequestInvalid',
  'WebIdentityTokenInvalid',
  'WebIdentityTokenExpired',
  'SsoRoleNotAssigned',
  'ContainerCredentialsFailed',
  'InstanceRoleUnavailable',
]);

/** Whether a fault is of the credentials, so that every other request on the connection would meet it too. */
export const ofCredentials = (fault: Fault): boolean => CREDENTIALS.has(fault.code);

/** The fault of anything thrown: that of a FaultError; everything else is a defect of Rewrap, without its stack. */
export function faultOf(error: unknown): Fault {
  if (error instanceof FaultError) return error.fault;
  const message = error instanceof Error ? scrub(error.message) : 'no message';
  return explainOwn('Internal', { detail: `A defect of Rewrap: ${message}` });
}

/** Longest text of a service that is kept, in characters. */
const MAX_RAW = 2000;

/**
 * Takes out of an error's message everything that is, or may be, a credential, and cuts it to 2,000 characters:
 * - what AWS prints after "The Canonical String…" when it refuses a signature: it repeats the session token;
 * - what a credential process wrote, its command line included;
 * - text that a JSON parser quotes from a file it could not read (a token cache);
 * - access key ids, `Authorization` values, and headers that carry tokens.
 * Source of the shapes: messages of AWS Signature Version 4 errors and of `node:child_process`, observed.
 */
export function scrub(message: string): string {
  let text = message;
  text = text.replace(/\s*The (?:Canonical String|String-to-Sign)[\s\S]*$/i, ' (rest withheld)');
  text = text.replace(/(Command failed:)[\s\S]*$/i, '$1 (command and output withheld)');
  if (/JSON/.test(text) && /unexpected|unterminated|expected|bad control/i.test(text))
    text = 'The text is not valid JSON (withheld).';
  text = text.replace(
    /(x-amz-security-token|authorization|aws_secret_access_key|aws_session_token|secretaccesskey|sessiontoken|accesstoken|refreshtoken|clientsecret|signature)(["']?\s*[:=]\s*["']?)(?:AWS4-HMAC-SHA256 [^\n]*|[^\s"',&]+)/gi,
    '$1$2(withheld)',
  );
  text = text.replace(/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b/g, '(access key withheld)');
  return text.length > MAX_RAW ? `${text.slice(0, MAX_RAW)}…` : text;
}

const KEY_ARN = String.raw`arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+`;
/** As `explainKms` words a refusal because of the state of the source key. */
const STATE = new RegExp(`^The source key (${KEY_ARN}) `);
/** As KMS words a refusal of a right, with the action and the key that it lacks for. */
const DENIED = new RegExp(`kms:(?:ReEncryptFrom|Decrypt) on resource: (${KEY_ARN})(?=\\s|$)`);
const STATES: ReadonlySet<string> = new Set(['DisabledException', 'KMSInvalidStateException']);

/**
 * ARN of the key that a blob is under, where KMS named it when it refused to open the blob: the key is disabled, is being
 * deleted, or may not be used. Only of a request that pinned no source key: of another, KMS repeats what it was given.
 */
export function sourceKeyNamed({ code, message, raw }: Fault): string | null {
  if (raw === null) return null;
  if (STATES.has(code)) return STATE.exec(message)?.[1] ?? null;
  return code === 'AccessDeniedException' ? (DENIED.exec(raw.message)?.[1] ?? null) : null;
}
