import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { auditHandlers, auditHostHandlers } from './audit/requests.ts';
import { connectionHandlers } from './connection/requests.ts';
import { keysHandlers } from './connection/requests-keys.ts';
import { practiceHandlers } from './connection/requests-practice.ts';
import { preflightHandlers } from './connection/requests-preflight.ts';
import { historyHandlers } from './history/requests.ts';
import { plansHandlers, plansHostHandlers } from './plans/requests.ts';
import { runsHandlers, runsHostHandlers } from './runs/requests.ts';
import type { Services } from './services.ts';
import { appHandlers } from './settings/requests.ts';
import { blobsHandlers, blobsHostHandlers } from './workspace/requests-blobs.ts';
import { intakeHandlers, intakeHostHandlers } from './workspace/requests-intake.ts';
import { keyGroupsHandlers } from './workspace/requests-key-groups.ts';
import { outputHandlers, outputHostHandlers } from './workspace/requests-output.ts';

export type { Services } from './services.ts';

/** The contract's requests, each in a line or two: the work is in the services. */
export function pageHandlers(rooms: Services): PageHandlers {
  return {
    app: appHandlers(rooms),
    intake: intakeHandlers(rooms),
    blobs: blobsHandlers(rooms),
    keyGroups: keyGroupsHandlers(rooms),
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
export function hostHandlers(rooms: Services): HostHandlers {
  return {
    intake: intakeHostHandlers(rooms),
    blobs: blobsHostHandlers(rooms),
    output: outputHostHandlers(rooms),
    runs: runsHostHandlers(rooms),
    plans: plansHostHandlers(rooms),
    audit: auditHostHandlers(rooms),
  };
}
