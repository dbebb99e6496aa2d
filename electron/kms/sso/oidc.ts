import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Transport } from '../transport.ts';

/** A client that may ask for tokens. `secret` is a secret. */
export interface Registration {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly expiresAt: Date;
}

/** A device authorisation under way. `deviceCode` is a secret. */
export interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string;
  readonly expiresInSeconds: number;
  readonly intervalSeconds: number | null;
}

export interface Token {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresInSeconds: number;
}

/** The three operations of the SSO OIDC API that a device authorisation takes. None is signed. */
export interface Oidc {
  registerClient(name: string, scopes: readonly string[] | null): Promise<Registration>;
  startDeviceAuthorization(registration: Registration, startUrl: string): Promise<DeviceAuthorization>;
  /** Throws {@link OidcError} `authorization_pending`, `slow_down`, `expired_token`, `access_denied`. */
  createToken(registration: Registration, deviceCode: string): Promise<Token>;
  close(): void;
}

/** What the service refused, by its OAuth code (RFC 8628 §3.5, RFC 6749 §5.2); its words are not kept. */
export class OidcError extends Error {
  override name = 'OidcError';
  readonly code: string;
  readonly status: number;
  constructor(code: string, status: number) {
    super(`The sign-in service answered ${code} (HTTP ${status}).`);
    this.code = code;
    this.status = status;
  }
}

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Answers are some kilobytes; a proxy's page must not fill the memory. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** {@link Oidc} over HTTP. Source: "IAM Identity Center OIDC API Reference". */
export function oidcOver(endpoint: string, transport: Transport, signal?: AbortSignal): Oidc {
  const plain = new HttpAgent(transport.httpAgent);
  const secure = new HttpsAgent(transport.httpsAgent);
  const post = async (path: string, body: Record<string, unknown>): Promise<Answer> => {
    const url = new URL(path, endpoint);
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const agent = url.protocol === 'http:' ? plain : secure;
    const text = JSON.stringify(body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = send(url, {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        timeout: transport.requestTimeout,
        ...(signal === undefined ? {} : { signal }),
      });
      request.on('timeout', () =>
        request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      );
      request.on('error', reject);
      request.on('response', resolve);
      request.end(text);
    });
    return read(response);
  };
  return {
    async registerClient(name, scopes) {
      const said = await post('/client/register', {
        clientName: name,
        clientType: 'public',
        ...(scopes === null ? {} : { scopes }),
      });
      return {
        clientId: said.text('clientId'),
        clientSecret: said.text('clientSecret'),
        expiresAt: new Date(said.number('clientSecretExpiresAt') * 1000),
      };
    },
    async startDeviceAuthorization({ clientId, clientSecret }, startUrl) {
      const said = await post('/device_authorization', { clientId, clientSecret, startUrl });
      return {
        deviceCode: said.text('deviceCode'),
        userCode: said.text('userCode'),
        verificationUri: said.text('verificationUri'),
        verificationUriComplete: said.text('verificationUriComplete'),
        expiresInSeconds: said.number('expiresIn'),
        intervalSeconds: said.optionalNumber('interval'),
      };
    },
    async createToken({ clientId, clientSecret }, deviceCode) {
      const said = await post('/token', { clientId, clientSecret, deviceCode, grantType: DEVICE_CODE_GRANT });
      return {
        accessToken: said.text('accessToken'),
        refreshToken: said.optionalText('refreshToken'),
        expiresInSeconds: said.number('expiresIn'),
      };
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** A JSON answer, member by member; a missing one is an {@link OidcError} `invalid_answer`. */
class Answer {
  readonly #members: Record<string, unknown>;
  readonly #status: number;
  constructor(members: Record<string, unknown>, status: number) {
    this.#members = members;
    this.#status = status;
  }
  text(name: string): string {
    const value = this.optionalText(name);
    if (value === null) throw new OidcError('invalid_answer', this.#status);
    return value;
  }
  optionalText(name: string): string | null {
    const value = this.#members[name];
    return typeof value === 'string' && value !== '' ? value : null;
  }
  number(name: string): number {
    const value = this.optionalNumber(name);
    if (value === null) throw new OidcError('invalid_answer', this.#status);
    return value;
  }
  optionalNumber(name: string): number | null {
    const value = this.#members[name];
    return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
  }
}

async function read(response: IncomingMessage): Promise<Answer> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_ANSWER_BYTES) throw new OidcError('invalid_answer', status);
    chunks.push(chunk as Buffer);
  }
  let members: unknown = null;
  try {
    members = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    // A proxy's page: the status says what can be said.
  }
  const known = typeof members === 'object' && members !== null ? (members as Record<string, unknown>) : null;
  if (status === 200 && known !== null) return new Answer(known, status);
  const code = known !== null && typeof known.error === 'string' ? known.error : null;
  throw new OidcError(
    code !== null && /^[a-z_]{1,60}$/.test(code)
      ? code
      : status === 200
        ? 'invalid_answer'
        : `http_${status}`,
    status,
  );
}
