import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { appHandlers } from './app.ts';
import { auditHandlers, auditHostHandlers } from './audit.ts';
import { blobsHandlers, blobsHostHandlers } from './blobs.ts';
import { clustersHandlers } from './clusters.ts';
import { connectionHandlers } from './connection.ts';
import { historyHandlers } from './history.ts';
import { intakeHandlers, intakeHostHandlers } from './intake.ts';
import { keysHandlers } from './keys.ts';
import { outputHandlers, outputHostHandlers } from './output.ts';
import { plansHandlers, plansHostHandlers } from './plans.ts';
import { practiceHandlers } from './practice.ts';
import { preflightHandlers } from './preflight.ts';
import type { Rooms } from './rooms.ts';
import { runsHandlers, runsHostHandlers } from './runs.ts';

export type { Rooms } from './rooms.ts';

/** The contract's requests, each in a line or two: the work is in the services. */
export function pageHandlers(rooms: Rooms): PageHandlers {
  return {
    app: appHandlers(rooms),
    intake: intakeHandlers(rooms),
    blobs: blobsHandlers(rooms),
    clusters: clustersHandlers(rooms),
    connection: connectionHandlers(rooms),
    keys: keysHandlers(rooms),
    output: outputHandlers(),
    runs: runsHandlers(rooms),
    plans: plansHandlers(rooms),
    preflight: preflightHandlers(rooms),
    practice: practiceHandlers(rooms),
    audit: auditHandlers(rooms),
    history: historyHandlers(rooms),
  };
}

/** Requests of the host's own code, which may name paths. */
export function hostHandlers(rooms: Rooms): HostHandlers {
  return {
    intake: intakeHostHandlers(rooms),
    blobs: blobsHostHandlers(rooms),
    output: outputHostHandlers(rooms),
    runs: runsHostHandlers(rooms),
    plans: plansHostHandlers(rooms),
    audit: auditHostHandlers(rooms),
  };
}
