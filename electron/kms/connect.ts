import { explainOwn } from '#shared/kms/errors.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { FaultError } from '#shared/model/fault.ts';
import { openSession } from './credentials.ts';
import { toFaultError } from './failure.ts';
import { SdkKms } from './sdk-kms.ts';
import { Session } from './session.ts';
import { transport } from './transport.ts';
import type { ConnectOptions, KmsConnection, PracticeAccess } from './types.ts';
import { resolveWhere, type Where } from './where.ts';

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
  const where = await whereOf(choice, practice);
  const profile = choice.kind === 'aws' ? choice.profile : null;
  try {
    const [{ KMSClient }, { STSClient }, requestHandler] = await Promise.all([
      import('@aws-sdk/client-kms'),
      import('@aws-sdk/client-sts'),
      transport(where.caBundle, choice.kind === 'practice'),
    ]);
    const config = {
      region: where.region,
      logger: SILENT,
      maxAttempts: MAX_ATTEMPTS,
      retryMode: 'standard',
      useFipsEndpoint: where.fips,
      useDualstackEndpoint: where.dualStack,
      requestHandler,
      ...(profile === null ? {} : { profile }),
    };
    const forSts = { ...config, ...(where.stsEndpoint === null ? {} : { endpoint: where.stsEndpoint }) };
    const session =
      choice.kind === 'practice' && practice !== null
        ? new Session(async () => ({
            accessKeyId: practice.accessKeyId,
            secretAccessKey: practice.secretAccessKey,
          }))
        : await openSession({ profile, region: where.region, sts: forSts, askMfa: options.askMfa ?? null });
    const credentials = session.provider;
    const endpoint = where.endpoint === null ? {} : { endpoint: where.endpoint };
    return new SdkKms({
      choice,
      where,
      profile,
      kms: new KMSClient({ ...config, ...endpoint, credentials }),
      sts: new STSClient({ ...forSts, credentials }),
      session,
      transport: requestHandler,
    });
  } catch (error) {
    const { region, endpoint } = where;
    throw toFaultError(error, { operation: 'Connect', region, endpoint, profile }, () => []);
  }
}

async function whereOf(choice: ConnectionChoice, practice: PracticeAccess | null): Promise<Where> {
  if (choice.kind === 'aws') return resolveWhere(choice);
  if (practice === null) throw new FaultError(explainOwn('PracticeUnavailable'));
  const { region, endpoint } = practice;
  return { region, endpoint, stsEndpoint: endpoint, fips: false, dualStack: false, caBundle: null };
}
