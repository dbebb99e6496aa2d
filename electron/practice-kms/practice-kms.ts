import type { AddressInfo } from 'node:net';
import { FaultError, fault } from '#shared/model/fault.ts';
import { practiceServer } from './http-server.ts';
import { perform } from './operations/index.ts';
import { openState } from './state-file.ts';
import type { World } from './world.ts';

/** The example account number of AWS's own documentation. */
export const PRACTICE_ACCOUNT_ID = '111122223333';
export const PRACTICE_REGION = 'us-east-1';
/**
 * Shaped like an access key id, so that SDKs take it; no secret, and worth nothing anywhere. The endpoint takes every
 * other access key id as well: credentials that the AWS CLI has at hand will do.
 */
export const PRACTICE_ACCESS_KEY_ID = 'AKIAPRACTICEKMSEXAMPL';
export const PRACTICE_SECRET_ACCESS_KEY = 'practice-only-not-a-secret';

export interface PracticeOptions {
  /** Folder of the state file; made with mode 0700 when absent. Several practice KMSs may share one. */
  readonly stateDir: string;
  /** TCP port; 0 or absent: any free one. */
  readonly port?: number;
  /** Loopback alone: any other host is refused. */
  readonly host?: '127.0.0.1' | '::1';
  readonly region?: string;
}

/** A running practice KMS: what a client needs to reach it, and the same operations in process. */
export interface PracticeKms {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /**
   * One operation without HTTP: members in and out in wire form (blobs in base64, dates in seconds since 1970).
   * @throws an Error whose `code` is the KMS error name.
   */
  call(operation: string, members: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Lets requests under way finish (at most two seconds), then closes the port and the state file. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 2000;
const worlds = new WeakMap<PracticeKms, World>();

/** What stands behind a running practice KMS; for this folder's own use (sample keys and vault). */
export function worldOf(practice: PracticeKms): World {
  const world = worlds.get(practice);
  if (!world) throw new TypeError('Not a practice KMS that startPracticeKms returned.');
  return world;
}

/**
 * Starts a practice KMS: a real KMS endpoint for `@aws-sdk/client-kms`, boto3 and the AWS CLI, on loopback.
 * @throws FaultError `NotLoopback`, `BadRegion`, `PracticeStateUnusable`, `PortInUse`, `CannotListen`.
 */
export async function startPracticeKms(options: PracticeOptions): Promise<PracticeKms> {
  const host: string = options.host ?? '127.0.0.1';
  if (host !== '127.0.0.1' && host !== '::1')
    throw new FaultError(
      fault(
        'NotLoopback',
        `The practice KMS does not listen on ${host}.`,
        'Its key material lies on disk in clear and it takes any credentials, so it serves this machine alone.',
        'Use 127.0.0.1 or ::1. To reach it from another machine, forward the port over SSH.',
      ),
    );
  const region = options.region ?? PRACTICE_REGION;
  if (!/^[a-z0-9-]{1,64}$/.test(region))
    throw new FaultError(
      fault('BadRegion', `${JSON.stringify(region)} is no Region name.`, '', 'Use a name such as us-east-1.'),
    );
  const state = await openState(options.stateDir);
  const world: World = { state, region, accountId: PRACTICE_ACCOUNT_ID };
  const server = practiceServer(world);
  let port: number;
  try {
    port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: options.port ?? 0, exclusive: true }, () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  } catch (error) {
    state.close();
    throw cannotListen(error, host, options.port ?? 0);
  }

  let closing: Promise<void> | null = null;
  const practice: PracticeKms = {
    endpoint: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    region,
    accountId: PRACTICE_ACCOUNT_ID,
    accessKeyId: PRACTICE_ACCESS_KEY_ID,
    secretAccessKey: PRACTICE_SECRET_ACCESS_KEY,
    call: (operation, members) => perform(world, operation, members),
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
        server.close(() => {
          clearTimeout(grace);
          state.close();
          resolve();
        });
        server.closeIdleConnections();
      });
      return closing;
    },
  };
  worlds.set(practice, world);
  return practice;
}

function cannotListen(error: unknown, host: string, port: number): FaultError {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const why = error instanceof Error ? error.message : String(error);
  return code === 'EADDRINUSE'
    ? new FaultError(
        fault(
          'PortInUse',
          `Port ${port} on ${host} is taken.`,
          'Another program, perhaps another practice KMS, is listening there.',
          'Choose another port, or leave the port out to get a free one.',
        ),
      )
    : new FaultError(
        fault(
          'CannotListen',
          `The practice KMS cannot listen on ${host} port ${port}.`,
          why,
          'Choose another port.',
        ),
      );
}
