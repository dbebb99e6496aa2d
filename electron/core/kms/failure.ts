import { explainKms, explainOwn, type KmsSituation, proxyWords } from '#shared/kms/errors.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { RemoteFailure } from './access.ts';

/** Values that must not appear in an error: what the credential provider gave out. */
type SecretValues = () => readonly string[];

/** A fault that a request to AWS met, with what was asked: who knows more of the blob can explain it better. */
export class KmsFaultError extends FaultError {
  readonly situation: KmsSituation;
  constructor(fault: Fault, situation: KmsSituation) {
    super(fault);
    this.situation = situation;
  }
}

interface Described {
  name: string;
  message: string;
  requestId: string | null;
}

/** Turns whatever the SDK threw into a FaultError: explained, without stack, response objects or credentials. */
export function toFaultError(error: unknown, situation: KmsSituation, secrets: SecretValues): FaultError {
  if (error instanceof FaultError) return error;
  const { name: said, message, requestId } = named(error);
  const name = said === 'ERR_PROXY_TUNNEL' && /timed out/.test(message) ? 'TimeoutError' : said;
  if (name === 'ERR_PROXY_TUNNEL') return new FaultError(proxyRefused(message, situation));
  // 407 is a proxy's alone: of a plain http endpoint it comes as an answer, without a tunnel.
  if (/^HTTP ?407\b/.test(name === 'UnreadableReply' ? message : name))
    return new FaultError(proxyRefused('HTTP 407', situation));
  let text = message;
  for (const secret of secrets()) if (secret.length >= 8) text = text.replaceAll(secret, '(withheld)');
  return new KmsFaultError(explainKms(name, text, requestId, situation), situation);
}

/** What is said of an error to the process that explains it. */
export function failureOf(error: unknown): RemoteFailure {
  if (!(error instanceof Error))
    return { name: 'UnknownServiceError', message: '', code: null, status: null, requestId: null };
  const { requestId, status } = metadataOf(error);
  return { name: error.name, message: error.message, code: systemCode(error), status, requestId };
}

/** The proxy is named without user and password, as the situation has it. */
function proxyRefused(message: string, { proxy = null }: KmsSituation) {
  const words = proxyWords(proxy) ?? 'the proxy of the environment';
  const status = /\b([45]\d\d)\b/.exec(message.replace(/\/\/[^/\s]*/g, ''))?.[1] ?? null;
  const variable = proxy?.split(':', 1)[0] ?? 'HTTPS_PROXY';
  const causes: Record<string, string> = {
    '407': 'It wants a user name and a password (HTTP 407).',
    '403': 'It does not allow this host (HTTP 403).',
    '502': 'It cannot reach the host (HTTP 502).',
    '503': 'It cannot reach the host (HTTP 503).',
    '504': 'It cannot reach the host in time (HTTP 504).',
  };
  return {
    ...explainOwn('ProxyRefused', {
      message: `${words.charAt(0).toUpperCase()}${words.slice(1)} would not open a way to the endpoint.`,
      detail:
        causes[status ?? ''] ??
        'Most likely: it wants a user name and password (HTTP 407), or does not allow the host.',
      remedy:
        status === '407'
          ? `Put both into ${variable} (http://USER:PASSWORD@HOST:PORT), or name the host in NO_PROXY (a VPC endpoint usually belongs there), then start Rewrap again.`
          : `Check ${variable} and NO_PROXY (a VPC endpoint usually belongs into NO_PROXY), then start Rewrap again.`,
    }),
    raw: {
      name: 'ERR_PROXY_TUNNEL',
      message: message.replace(/\/\/[^/@\s]+@/g, '//'),
      requestId: null,
      by: 'The proxy',
    },
  };
}

/**
 * Name, message and request id of an SDK, HTTP or system error. A system error goes by its `code` (`ECONNREFUSED`),
 * also when it is the first of several (Node tries every address of a host) or the cause of another error.
 */
function named(error: unknown): Described {
  if (!(error instanceof Error)) return { name: 'UnknownServiceError', message: '', requestId: null };
  const metadata = metadataOf(error);
  const requestId = metadata.requestId;
  const code = systemCode(error);
  if (code !== null && metadata.status === null)
    return { name: code, message: error.message || code, requestId };
  const message = error.message === 'UnknownError' || error.message === error.name ? '' : error.message;
  // A proxy's HTML page where JSON was expected: the parser's words say nothing, the status does.
  if (error.name === 'SyntaxError' && (metadata.status ?? 0) < 500)
    return { name: 'UnreadableReply', message: `HTTP ${metadata.status ?? '?'}, and not JSON`, requestId };
  const nameless = ['', 'Error', 'UnknownError', 'SyntaxError'].includes(error.name);
  if (nameless && metadata.status !== null && metadata.status >= 500)
    return { name: 'InternalFailure', message: `HTTP ${metadata.status}`, requestId };
  if (nameless && metadata.status !== null)
    return { name: `HTTP${metadata.status}`, message: message || `HTTP ${metadata.status}`, requestId };
  return { name: error.name, message, requestId };
}

function metadataOf(error: Error): { requestId: string | null; status: number | null } {
  const metadata = '$metadata' in error ? error.$metadata : null;
  if (typeof metadata !== 'object' || metadata === null) return { requestId: null, status: null };
  const requestId =
    'requestId' in metadata && typeof metadata.requestId === 'string' ? metadata.requestId : null;
  const status =
    'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
      ? metadata.httpStatusCode
      : null;
  return { requestId, status };
}

function systemCode(error: Error, depth = 0): string | null {
  if (error.name === 'AbortError') return null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code !== null && /^(?:E[A-Z]{2,}|[A-Z]+_[A-Z0-9_/]+)$/.test(code) && code !== 'ABORT_ERR') return code;
  if (depth > 3) return null;
  if (error instanceof AggregateError && error.errors[0] instanceof Error)
    return systemCode(error.errors[0], depth + 1);
  return error.cause instanceof Error ? systemCode(error.cause, depth + 1) : null;
}
