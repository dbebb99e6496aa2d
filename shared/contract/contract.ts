import { appEvents, appRequests } from './rooms/app.ts';
import { auditEvents, auditHostRequests, auditRequests } from './rooms/audit.ts';
import { blobsEvents, blobsHostRequests, blobsRequests } from './rooms/blobs.ts';
import { clustersRequests } from './rooms/clusters.ts';
import { connectionEvents, connectionRequests } from './rooms/connection.ts';
import { historyRequests } from './rooms/history.ts';
import { intakeEvents, intakeHostRequests, intakeRequests } from './rooms/intake.ts';
import { keysEvents, keysRequests } from './rooms/keys.ts';
import { outputHostRequests, outputRequests } from './rooms/output.ts';
import { plansEvents, plansHostRequests, plansRequests } from './rooms/plans.ts';
import { practiceRequests } from './rooms/practice.ts';
import { preflightRequests } from './rooms/preflight.ts';
import { runsEvents, runsHostRequests, runsRequests } from './rooms/runs.ts';

/** Requests of the page, by room. This table is the bridge: nothing that is not in it crosses. */
export const requests = {
  app: appRequests,
  intake: intakeRequests,
  blobs: blobsRequests,
  clusters: clustersRequests,
  connection: connectionRequests,
  keys: keysRequests,
  output: outputRequests,
  runs: runsRequests,
  plans: plansRequests,
  preflight: preflightRequests,
  practice: practiceRequests,
  audit: auditRequests,
  history: historyRequests,
} as const;

/**
 * Requests that only a host's own code makes (the preload after `webUtils.getPathForFile`, the main process after a
 * dialog, the command line): the page has no way to name a path.
 */
export const hostRequests = {
  intake: intakeHostRequests,
  blobs: blobsHostRequests,
  output: outputHostRequests,
  runs: runsHostRequests,
  plans: plansHostRequests,
  audit: auditHostRequests,
} as const;

/** Messages to the page. */
export const events = {
  ...appEvents,
  ...intakeEvents,
  ...blobsEvents,
  ...connectionEvents,
  ...keysEvents,
  ...runsEvents,
  ...plansEvents,
  ...auditEvents,
} as const;
