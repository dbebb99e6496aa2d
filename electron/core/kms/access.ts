import type { KMSClient } from '@aws-sdk/client-kms';
import type { KmsSituation } from '#shared/kms/errors.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import type { FaultError } from '#shared/model/fault.ts';
import type { Where } from './config/where.ts';
import type { Credentials, Session } from './credentials/session.ts';
import type { Transport, TransportParts } from './transport.ts';

export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** How a request that another process sent for this connection failed. */
export interface RemoteFailure {
  readonly name: string;
  readonly message: string;
  /** System error code; null where the service answered. */
  readonly code: string | null;
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
  readonly requestId: string | null;
}

/** Where a process of Rewrap's own sends requests for a connection, and how; without credentials. It can be cloned. */
export interface KmsWay extends TransportParts {
  readonly choice: ConnectionChoice;
  /** Base URL of the endpoint, as the SDK would call it. */
  readonly endpoint: string;
  readonly region: string;
  /** What every error of it is explained with. */
  readonly situation: Omit<KmsSituation, 'operation'>;
}

/** Keys, and which set they are: it rises with every new one. */
type KeySet = AccessKeys & { readonly generation: number };

/**
 * What a process of Rewrap's own needs to send requests for a connection. Holds credentials: it goes over a private
 * pipe to such a process, never across the bridge.
 */
export interface KmsAccess {
  readonly way: KmsWay;
  /** Those at hand, where they need no refresh yet; null: {@link keys} has them. */
  held(): KeySet | null;
  /** Asked for anew for each request, so that none is sent with keys about to end. Throws FaultError. */
  keys(): Promise<KeySet>;
  /** The service called the keys of that generation expired: the next are sought anew. */
  forget(generation: number): void;
  explain(failure: RemoteFailure, situation: KmsSituation): FaultError;
}

interface AccessParts {
  readonly choice: ConnectionChoice;
  readonly kms: KMSClient;
  readonly session: Session;
  readonly transport: Transport;
  readonly where: Where;
  readonly explain: (error: unknown, situation: KmsSituation) => FaultError;
  readonly situation: () => KmsWay['situation'];
}

export function accessOf({
  choice,
  kms,
  session,
  transport,
  where,
  explain,
  situation,
}: AccessParts): KmsAccess {
  const { connectionTimeout, requestTimeout } = transport;
  const { ca, proxyEnv } = transport.httpsAgent;
  const setOf = ({ accessKeyId, secretAccessKey, sessionToken }: Credentials): KeySet => ({
    accessKeyId,
    secretAccessKey,
    sessionToken: sessionToken ?? null,
    generation: session.generation,
  });
  return {
    way: {
      choice,
      endpoint: where.endpoint ?? regionalEndpoint(kms, where),
      region: where.region,
      ca: Array.isArray(ca) ? ca.map(String) : null,
      proxy: proxyEnv === undefined ? null : proxyOf(proxyEnv),
      connectionTimeout,
      requestTimeout,
      situation: situation(),
    },
    held: () => {
      const held = session.held();
      return held === null ? null : setOf(held);
    },
    keys: async () => setOf(await session.get()),
    forget: (generation) => session.forget(generation),
    explain: (failure, situation) => explain(errorOf(failure), situation),
  };
}

/** By the SDK's own rules: partition, FIPS, dual-stack. */
function regionalEndpoint(kms: KMSClient, where: Where): string {
  const { url } = kms.config.endpointProvider({
    Region: where.region,
    UseFIPS: where.fips,
    UseDualStack: where.dualStack,
  });
  return url.href;
}

function proxyOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = env;
  return {
    ...(HTTP_PROXY ? { HTTP_PROXY } : {}),
    ...(HTTPS_PROXY ? { HTTPS_PROXY } : {}),
    ...(NO_PROXY ? { NO_PROXY } : {}),
  };
}

/** The error as the SDK would have thrown it here. */
function errorOf({ name, message, code, status, requestId }: RemoteFailure): Error {
  const metadata = {
    ...(status === null ? {} : { httpStatusCode: status }),
    ...(requestId === null ? {} : { requestId }),
  };
  return Object.assign(new Error(message), { name, $metadata: metadata }, code === null ? {} : { code });
}
