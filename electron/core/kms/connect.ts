import { kindOf } from '#shared/connection-kind.ts';
import { explainOwn } from '#shared/kms/errors.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { FaultError } from '#shared/model/fault.ts';
import { resolveWhere, type Where } from './config/where.ts';
import { openSession } from './credentials/open-session.ts';
import { Session } from './credentials/session.ts';
import { toFaultError } from './failure.ts';
import { SdkKms } from './sdk-kms.ts';
import { between, transport } from './transport.ts';
import type { ConnectOptions, KmsConnection, PracticeAccess } from './types.ts';
import { Waits } from './waiting.ts';

/** Tries of one request by the SDK's standard retry, the first included. A run retries beyond that. */
const MAX_ATTEMPTS = 3;

/** The SDK's own log holds requests and may hold more: it goes nowhere. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * Makes a connection; nothing is sent yet, so wrong credentials show at the first request (`whoAmI`), which is also
 * when `askMfa` is called. KMS and STS share one set of credentials, refreshed before it ends.
 * `practice` is needed for the practice choice and ignored otherwise.
 * Throws FaultError `RegionMissing`, `ProfileUnusable`, `FipsNeedsRegionEndpoint`, `CaBundleUnreadable`,
 * `PracticeUnavailable`.
 */
export async function connect(
  choice: ConnectionChoice,
  practice: PracticeAccess | null,
  options: ConnectOptions = {},
): Promise<KmsConnection> {
  const own = kindOf(choice).credentials();
  const direct = own === null;
  const where = own === null ? whereOf(practice) : await resolveWhere(own);
  const waits = new Waits(options);
  const profile = own?.profile ?? null;
  try {
    const [{ KMSClient }, { STSClient }, requestHandler] = await Promise.all([
      import('@aws-sdk/client-kms'),
      import('@aws-sdk/client-sts'),
      transport(where.caBundle, direct, options.waitMs),
    ]);
    const config = {
      region: where.region,
      logger: SILENT,
      maxAttempts: MAX_ATTEMPTS,
      retryMode: 'standard',
      // The SDK looks for them in the default profile alone: {@link resolveWhere} has found them.
      ignoreConfiguredEndpointUrls: true,
      useFipsEndpoint: where.fips,
      useDualstackEndpoint: where.dualStack,
      requestHandler,
      ...(profile === null ? {} : { profile }),
    };
    const forSts = { ...config, ...(where.stsEndpoint === null ? {} : { endpoint: where.stsEndpoint }) };
    const session =
      direct && practice !== null
        ? new Session(async () => ({
            accessKeyId: practice.accessKeyId,
            secretAccessKey: practice.secretAccessKey,
          }))
        : await openSession({
            profile,
            region: where.region,
            sts: forSts,
            askMfa: options.askMfa ?? null,
            waits,
          });
    const credentials = session.provider;
    const endpoint = where.endpoint === null ? {} : { endpoint: where.endpoint };
    const kms = new KMSClient({ ...config, ...endpoint, credentials });
    const sts = new STSClient({ ...forSts, credentials });
    // Around all tries of a request, and after its credentials are there, which have a limit of their own.
    const limited =
      (what: string) =>
      <A, R>(next: (args: A) => Promise<R>) =>
      async (args: A): Promise<R> => {
        await session.get();
        return waits.bounded(what, () => next(args));
      };
    const first = { step: 'initialize', name: 'limited' } as const;
    kms.middlewareStack.add(limited(placeWords('KMS', where.endpoint, where)), first);
    sts.middlewareStack.add(limited(placeWords('STS', where.stsEndpoint, where)), first);
    return new SdkKms({
      choice,
      where,
      direct,
      profile,
      kms,
      sts,
      session,
      transport: requestHandler,
    });
  } catch (error) {
    const { region, endpoint } = where;
    throw toFaultError(error, { operation: 'Connect', region, endpoint, profile }, () => []);
  }
}

/** "STS in us-east-1, through the proxy HTTPS_PROXY: proxy.corp:3128". */
function placeWords(service: string, endpoint: string | null, { region }: Where): string {
  const { proxy } = between(endpoint ?? 'https://amazonaws.com', null);
  const place =
    endpoint === null ? `${service} in ${region}` : `${service} at ${URL.parse(endpoint)?.host ?? endpoint}`;
  return proxy === null ? place : `${place}, through the proxy ${proxy}`;
}

/** Throws FaultError `PracticeUnavailable`. */
function whereOf(practice: PracticeAccess | null): Where {
  if (practice === null) throw new FaultError(explainOwn('PracticeUnavailable'));
  const { region, endpoint } = practice;
  return { region, endpoint, stsEndpoint: endpoint, fips: false, dualStack: false, caBundle: null };
}
