import { appEvents, appRequests } from './namespaces/app.ts';
import { auditEvents, auditHostRequests, auditRequests } from './namespaces/audit.ts';
import {
  connectionEvents,
  connectionRequests,
  keysEvents,
  keysRequests,
  practiceRequests,
} from './namespaces/connection.ts';
import { evidenceHostRequests } from './namespaces/evidence.ts';
import { historyRequests } from './namespaces/history.ts';
import { plansEvents, plansHostRequests, plansRequests } from './namespaces/plans.ts';
import {
  outputHostRequests,
  outputRequests,
  preflightRequests,
  runsEvents,
  runsHostRequests,
  runsRequests,
} from './namespaces/runs.ts';
import {
  blobsEvents,
  blobsHostRequests,
  blobsRequests,
  intakeEvents,
  intakeHostRequests,
  intakeRequests,
  keyGroupsRequests,
} from './namespaces/workspace.ts';

/** Requests of the page, by namespace. This table is the bridge: nothing that is not in it crosses. */
export const requests = {
  app: appRequests,
  intake: intakeRequests,
  blobs: blobsRequests,
  keyGroups: keyGroupsRequests,
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
  evidence: evidenceHostRequests,
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
