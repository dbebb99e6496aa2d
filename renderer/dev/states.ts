import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeOf } from '#shared/run-outcome.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/29397ad6-1c1f-4b3e-9a61-b8e3b1b0a001';

const NETWORK: Fault = {
  code: 'NetworkError',
  message: 'KMS could not be reached.',
  detail: 'The name kms.eu-central-1.amazonaws.com was not found.',
  remedy: 'Check the network, the VPN or the proxy.',
  raw: null,
  retryable: true,
};
const EXPIRED: Fault = {
  code: 'ExpiredTokenException',
  message: 'The credentials have expired.',
  detail: 'The session of profile prod ended at 18:00.',
  remedy: 'Sign in again; the run then goes on.',
  raw: {
    name: 'ExpiredTokenException',
    message: 'The security token included in the request is expired',
    requestId: null,
  },
  retryable: true,
};

const counts = (total: number, of: Partial<RunSummary['counts']>): RunSummary['counts'] => {
  const rest = { running: 0, succeeded: 0, already: 0, failed: 0, skipped: 0, restored: 0, ...of };
  const sum = Object.values(rest).reduce((all, n) => all + n, 0);
  return { total, waiting: total - sum, ...rest };
};

/** A run in each of its states, for looking at. */
export function makeStates(): RunSummary[] {
  let n = 0;
  const run = (of: Partial<RunSummary>): RunSummary => {
    n += 1;
    const counted = of.counts ?? counts(5000, {});
    const outcome = outcomeOf(counted, null);
    const over = of.finishedAt != null && of.dryRun !== true;
    const done = (of.counts?.succeeded ?? 0) / (of.counts?.total ?? 1);
    return {
      id: `s${n}`,
      route: 'reencrypt',
      dryRun: false,
      status: 'running',
      startedAt: new Date(Date.now() - n * 3_600_000).toISOString(),
      finishedAt: null,
      counts: counted,
      outcome: over ? { ...outcome, underOldKey: outcome.notReencrypted } : outcome,
      rate: 412,
      secondsLeft: 8,
      destinationKeyId: 'alias/payments-2027',
      connection: 'AWS prod · eu-central-1 · 444455556666',
      downloads: 0,
      fault: null,
      output: 'in-place',
      files: { total: 100, done: Math.round(100 * done) },
      bytes: { total: 920_000, done: Math.round(920_000 * done) },
      perKey: [{ keyArn: KEY, blobs: of.counts?.succeeded ?? 0 }],
      undo: null,
      resume: null,
      retry: null,
      elsewhere: null,
      ...of,
    };
  };
  const over = { finishedAt: new Date().toISOString(), rate: 0, secondsLeft: 0 };
  const undo = { blobs: 5000, files: 100 };
  return [
    run({ counts: counts(5000, { running: 16, succeeded: 1780, failed: 3 }) }),
    run({ counts: counts(5000, { running: 4, succeeded: 900 }), rate: 48, secondsLeft: 85, slowedTo: 52.4 }),
    run({ status: 'pausing', counts: counts(5000, { running: 9, succeeded: 2200 }) }),
    run({ status: 'paused', counts: counts(5000, { succeeded: 2210 }), rate: 0, secondsLeft: null }),
    run({
      status: 'waiting',
      counts: counts(5000, { running: 1, succeeded: 310 }),
      rate: 0,
      secondsLeft: null,
      fault: NETWORK,
    }),
    run({
      status: 'paused',
      counts: counts(5000, { succeeded: 3100 }),
      rate: 0,
      secondsLeft: null,
      fault: EXPIRED,
    }),
    run({ status: 'cancelling', counts: counts(5000, { running: 7, succeeded: 3100 }) }),
    run({ status: 'undoing', counts: counts(5000, { succeeded: 4000, restored: 1000 }), rate: 0 }),
    run({
      status: 'unfinished',
      counts: counts(5000, { succeeded: 3100 }),
      resume: { blobs: 1900, files: 38 },
      undo: { blobs: 3100, files: 62 },
      rate: 0,
      secondsLeft: null,
    }),
    run({
      ...over,
      status: 'finished',
      counts: counts(5000, { succeeded: 4912, failed: 88 }),
      retry: { failed: 88, missed: 0 },
      undo: { blobs: 4912, files: 97 },
    }),
    run({
      ...over,
      status: 'cancelled',
      counts: counts(5000, { succeeded: 1200, already: 12, skipped: 3788 }),
      retry: { failed: 0, missed: 3788 },
      undo: { blobs: 1200, files: 24 },
    }),
    run({ ...over, status: 'finished', counts: counts(5000, { succeeded: 5000 }), undo }),
    run({ ...over, status: 'undone', counts: counts(5000, { restored: 5000 }) }),
    run({
      ...over,
      status: 'failed',
      counts: counts(5000, { succeeded: 12, failed: 1, skipped: 4987 }),
      fault: EXPIRED,
      retry: { failed: 1, missed: 4987 },
    }),
    run({ ...over, dryRun: true, status: 'finished', counts: counts(412, { succeeded: 410, failed: 2 }) }),
    run({
      ...over,
      status: 'finished',
      route: 'decrypt-encrypt',
      output: 'folder',
      counts: counts(12, { succeeded: 12 }),
      undo: { blobs: 12, files: 3 },
    }),
  ];
}

/** Items of such a run. */
export function stateItems({ counts: { failed, total } }: RunSummary): RunItem[] {
  return Array.from({ length: Math.min(total, 40) }, (_, i) => ({
    blobId: `x${i}`,
    file: `vault/team-${i % 7}/service-${i}.env`,
    place: i % 3 === 0 ? '' : 'DB_PASSWORD',
    state: i < failed ? ('failed' as const) : ('reencrypted' as const),
    fault: i < failed ? EXPIRED : null,
    sent: null,
    sourceKeyArn: i < failed ? null : KEY,
    destinationKeyArn: null,
    sourceKeyMaterialId: null,
    destinationKeyMaterialId: null,
    requestId: null,
    decryptRequestId: null,
    sha256Before: 'ab'.repeat(32),
    sha256After: null,
    fingerprintBefore: null,
    fingerprintAfter: null,
    output: i < failed ? null : `vault/team-${i % 7}/service-${i}.env`,
    backup: null,
    notes: [],
  }));
}
