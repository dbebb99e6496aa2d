import type { CreateTokenCommandInput, SSOOIDCClient } from '@aws-sdk/client-sso-oidc';
import type { Transport } from '../transport.ts';

/** A client that may ask for tokens. `clientSecret` is a secret. */
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

export interface SsoToken {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresInSeconds: number;
}

/** The three operations of the SSO OIDC API that a device authorisation takes. None is signed. */
export interface Oidc {
  registerClient(name: string, scopes: readonly string[] | null): Promise<Registration>;
  startDeviceAuthorization(registration: Registration, startUrl: string): Promise<DeviceAuthorization>;
  /** Throws {@link OidcError} `authorization_pending`, `slow_down`, `expired_token`, `access_denied`. */
  createToken(registration: Registration, deviceCode: string): Promise<SsoToken>;
  /** A new token for one that ends, without a person. */
  renewToken(
    registration: Pick<Registration, 'clientId' | 'clientSecret'>,
    refreshToken: string,
  ): Promise<SsoToken>;
  close(): void;
}

/** What the service refused, by its OAuth code (RFC 8628 §3.5, RFC 6749 §5.2); its words are not kept. */
export class OidcError extends Error {
  override name = 'OidcError';
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  constructor(code: string, status: number) {
    super(`The sign-in service answered ${code} (HTTP ${status}).`);
    this.code = code;
    this.status = status;
  }
}

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** The SDK's own log would hold the tokens: it goes nowhere. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

interface OidcPlace {
  readonly region: string;
  /** Null: the Region's own. */
  readonly endpoint: string | null;
  readonly transport: Transport;
}

/** {@link Oidc} over the AWS SDK. Loaded late: most connections never sign in. Throws what the network said, too. */
export async function openOidc(
  { region, endpoint, transport }: OidcPlace,
  signal?: AbortSignal,
): Promise<Oidc> {
  const { SSOOIDCClient, RegisterClientCommand, StartDeviceAuthorizationCommand, CreateTokenCommand } =
    await import('@aws-sdk/client-sso-oidc');
  const client: SSOOIDCClient = new SSOOIDCClient({
    region,
    requestHandler: transport,
    logger: SILENT,
    // The polling repeats by itself, at the pace that the service asks for.
    maxAttempts: 1,
    ignoreConfiguredEndpointUrls: true,
    ...(endpoint === null ? {} : { endpoint }),
  });
  const stoppable = signal === undefined ? {} : { abortSignal: signal };
  const token = async (input: CreateTokenCommandInput): Promise<SsoToken> => {
    const said = await answered(client.send(new CreateTokenCommand(input), stoppable));
    return {
      accessToken: text(said.accessToken),
      refreshToken: said.refreshToken || null,
      expiresInSeconds: seconds(said.expiresIn),
    };
  };
  return {
    async registerClient(name, scopes) {
      const said = await answered(
        client.send(
          new RegisterClientCommand({
            clientName: name,
            clientType: 'public',
            ...(scopes === null ? {} : { scopes: [...scopes] }),
          }),
          stoppable,
        ),
      );
      return {
        clientId: text(said.clientId),
        clientSecret: text(said.clientSecret),
        expiresAt: new Date(seconds(said.clientSecretExpiresAt) * 1000),
      };
    },
    async startDeviceAuthorization({ clientId, clientSecret }, startUrl) {
      const said = await answered(
        client.send(new StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl }), stoppable),
      );
      return {
        deviceCode: text(said.deviceCode),
        userCode: text(said.userCode),
        verificationUri: text(said.verificationUri),
        verificationUriComplete: text(said.verificationUriComplete),
        expiresInSeconds: seconds(said.expiresIn),
        intervalSeconds: said.interval === undefined ? null : seconds(said.interval),
      };
    },
    createToken: ({ clientId, clientSecret }, deviceCode) =>
      token({ clientId, clientSecret, deviceCode, grantType: DEVICE_CODE_GRANT }),
    renewToken: ({ clientId, clientSecret }, refreshToken) =>
      token({ clientId, clientSecret, refreshToken, grantType: 'refresh_token' }),
    close: () => client.destroy(),
  };
}

/** A member that the service has to give. Throws {@link OidcError} `invalid_answer`. */
function text(value: string | undefined): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new OidcError('invalid_answer', 200);
}

function seconds(value: number | undefined): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new OidcError('invalid_answer', 200);
}

/** Errors with an HTTP answer become {@link OidcError}; those of the network stay as they are. */
async function answered<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    throw understood(error);
  }
}

function understood(error: unknown): unknown {
  if (!(error instanceof Error) || error.name === 'AbortError') return error;
  const metadata = '$metadata' in error ? error.$metadata : null;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? Number(metadata.httpStatusCode)
      : 0;
  if (!(status > 0)) return error;
  // The service names its errors twice: by the OAuth code in the body, and by an AWS name ("SlowDownException").
  const said = 'error' in error && typeof error.error === 'string' ? error.error : '';
  if (/^[a-z_]{1,60}$/.test(said)) return new OidcError(said, status);
  if (error.name !== 'Error' && error.name.endsWith('Exception') && !error.name.startsWith('SSOOIDC'))
    return new OidcError(oauthName(error.name), status);
  // A proxy's page: the status says what can be said.
  return new OidcError(status < 400 ? 'invalid_answer' : `http_${status}`, status);
}

/** "AuthorizationPendingException" as "authorization_pending". */
const oauthName = (name: string): string =>
  name
    .replace(/Exception$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase();
