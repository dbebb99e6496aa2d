import { explainOwn } from '#shared/kms/errors.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { FaultError } from '#shared/model/fault.ts';
import { toFaultError } from './failure.ts';
import { SdkKms } from './sdk-kms.ts';
import type { Kms, PracticeAccess } from './types.ts';
import { isLoopback, resolveWhere, type Where } from './where.ts';

/** Sockets to one endpoint. Above the concurrency of a run with its verification, so that no request queues. */
const MAX_SOCKETS = 128;
const CONNECTION_TIMEOUT_MS = 5_000;
/** KMS answers within a second or fails; a custom key store may take several. */
const REQUEST_TIMEOUT_MS = 20_000;
/** Tries of one request by the SDK's standard retry, the first included. A run retries beyond that. */
const MAX_ATTEMPTS = 3;

/** The SDK's own log holds requests and may hold more: it goes nowhere. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * Makes a connection; nothing is sent yet, so wrong credentials show at the first request (`whoAmI`).
 * `practice` is needed for the practice choice and ignored otherwise.
 * Throws FaultError `RegionMissing`, `PracticeUnavailable`.
 */
export async function connect(choice: ConnectionChoice, practice: PracticeAccess | null): Promise<Kms> {
  const where = await whereOf(choice, practice);
  const profile = choice.kind === 'aws' ? choice.profile : null;
  try {
    const [{ KMSClient }, { STSClient }, { fromIni, fromNodeProviderChain }] = await Promise.all([
      import('@aws-sdk/client-kms'),
      import('@aws-sdk/client-sts'),
      import('@aws-sdk/credential-providers'),
    ]);
    const chain =
      choice.kind === 'practice' && practice !== null
        ? async () => ({ accessKeyId: practice.accessKeyId, secretAccessKey: practice.secretAccessKey })
        : profile === null
          ? fromNodeProviderChain({ logger: SILENT, ignoreCache: true })
          : fromIni({ profile, logger: SILENT, ignoreCache: true });
    const secrets = new Set<string>();
    const credentials: typeof chain = async (properties?: Parameters<typeof chain>[0]) => {
      const given = await chain(properties);
      // Kept only to be taken out of error messages; the newest two sets are enough.
      if (secrets.size > 4) secrets.clear();
      secrets.add(given.secretAccessKey);
      if ('sessionToken' in given && given.sessionToken) secrets.add(given.sessionToken);
      return given;
    };
    const config = {
      region: where.region,
      credentials,
      logger: SILENT,
      maxAttempts: MAX_ATTEMPTS,
      retryMode: 'standard',
      ...(profile === null ? {} : { profile }),
      requestHandler: {
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        throwOnRequestTimeout: true,
        httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
        httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      },
    };
    const endpoint = where.endpoint === null ? {} : { endpoint: where.endpoint };
    const stsEndpoint = where.endpoint !== null && isLoopback(where.endpoint) ? endpoint : {};
    return new SdkKms({
      choice,
      where,
      profile,
      kms: new KMSClient({ ...config, ...endpoint }),
      sts: new STSClient({ ...config, ...stsEndpoint }),
      secrets: () => [...secrets],
    });
  } catch (error) {
    throw toFaultError(error, { operation: 'Connect', ...where, profile }, () => []);
  }
}

async function whereOf(choice: ConnectionChoice, practice: PracticeAccess | null): Promise<Where> {
  if (choice.kind === 'aws') return resolveWhere(choice);
  if (practice === null) throw new FaultError(explainOwn('PracticeUnavailable'));
  return { region: practice.region, endpoint: practice.endpoint };
}
