import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  callerOf,
  PRACTICE_ACCESS_KEY_ID,
  PRACTICE_ACCOUNT_ID,
  PRACTICE_SECRET_ACCESS_KEY,
} from './access/identities.ts';
import { perform } from './operations/index.ts';
import { CloudTrail } from './server/cloud-trail.ts';
import { type Faults, faultsFromEnvironment } from './server/faults.ts';
import { practiceServer, REGION_NAME } from './server/http-server.ts';
import { openState } from './state/open-state.ts';
import type { State } from './state/state.ts';

export const PRACTICE_REGION = 'us-east-1';

export interface PracticeOptions {
  /** Folder of the state file; made with mode 0700 when absent. Several practice KMSs may share one. */
  readonly stateDir: string;
  /** TCP port; 0 or absent: any free one. */
  readonly port?: number;
  /** Loopback alone: any other host is refused. */
  readonly host?: '127.0.0.1' | '::1';
  /** The Region of {@link PracticeKms.region} and of calls in process; a request over HTTP says its own. */
  readonly region?: string;
  /** Folder in which requests are written down as CloudTrail does; absent: they are not. */
  readonly trailDir?: string;
}

/** Who makes a call in process, and where; absent: the administrator, in the practice KMS's own Region. */
export interface By {
  readonly accessKeyId?: string;
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
   * @throws an Error with the KMS error name as its `code`.
   */
  call(operation: string, members: Record<string, unknown>, by?: By): Promise<Record<string, unknown>>;
  /** Faults on purpose, for requests over HTTP. */
  readonly faults: Faults;
  /** Resolves when it no longer listens, whatever the reason. */
  readonly closed: Promise<void>;
  /** Lets requests under way finish (at most two seconds), then closes the port and the state file. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 2000;
const states = new WeakMap<PracticeKms, State>();

/** What stands behind a running practice KMS; for this folder's own use (sample keys and vault). */
export function practiceState(practice: PracticeKms): State {
  const state = states.get(practice);
  if (!state) throw new TypeError('Not a practice KMS that startPracticeKms returned.');
  return state;
}

/**
 * Starts a practice KMS: a real KMS endpoint for `@aws-sdk/client-kms`, boto3 and the AWS CLI, on loopback.
 * @throws FaultError `NotLoopback`, `BadRegion`, `PracticeStateUnusable`, `BadPracticeFaults`, `PortInUse`, `CannotListen`.
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
  if (!REGION_NAME.test(region))
    throw new FaultError(
      fault('BadRegion', `${JSON.stringify(region)} is no Region name.`, '', 'Use a name such as us-east-1.'),
    );
  const faults = faultsFromEnvironment(process.env);
  const state = await openState(options.stateDir);
  const ending = new AbortController();
  const trail = options.trailDir === undefined ? null : new CloudTrail(options.trailDir);
  const server = practiceServer({ state, defaultRegion: region, faults, trail, closing: ending.signal });
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

  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  let closing: Promise<void> | null = null;
  const practice: PracticeKms = {
    endpoint: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    region,
    accountId: PRACTICE_ACCOUNT_ID,
    accessKeyId: PRACTICE_ACCESS_KEY_ID,
    secretAccessKey: PRACTICE_SECRET_ACCESS_KEY,
    faults,
    closed,
    call: async (operation, members, by = {}) =>
      perform(
        {
          state,
          region: by.region ?? region,
          caller: callerOf(state, by.accessKeyId ?? PRACTICE_ACCESS_KEY_ID, null),
          settleMs: 0,
          tokenGrants: new Set(),
          requestId: randomUUID(),
          trail,
        },
        operation,
        members,
      ),
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
        server.close(() => {
          clearTimeout(grace);
          trail?.deliver();
          state.close();
          resolve();
        });
        ending.abort();
        server.closeIdleConnections();
      });
      return closing;
    },
  };
  states.set(practice, state);
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
