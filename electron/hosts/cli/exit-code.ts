import { stopsRun } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';

/** Nothing is left to do; of a dry run: would be. */
export const OK = 0;
/** A blob failed, or a question was answered with no, and the same command would answer the same. */
export const SOME_FAILED = 1;
/** Bad usage, or input that could not be read. */
export const BAD_INPUT = 2;
/** A run stopped and keeps its place: the same command continues. */
export const KEPT_FOR_LATER = 3;
/** A question of an audit cannot be answered from what was read. */
export const NOT_ANSWERED = 4;
/** Ctrl-C. */
const INTERRUPTED = 130;

/** Signals that end a command, and how each ends it: Ctrl-C cancels a run, the others put it off. */
export const SIGNALS = { SIGINT: INTERRUPTED, SIGTERM: KEPT_FOR_LATER, SIGHUP: KEPT_FOR_LATER } as const;
export type EndingSignal = keyof typeof SIGNALS;

/** Own faults that pass although KMS has no part in them: room on the disk, or another process that has the files. */
const PASSING: ReadonlySet<string> = new Set([
  'JournalFailed',
  'FilesInUse',
  'RunElsewhere',
  'ShardElsewhere',
  // A twin in the middle of its transaction, for one: the next start finds what came of it.
  'DatabaseInUse',
]);

/** Whether the same command may get further later: credentials, network, throttling, a full disk, a busy run. */
export const passes = (fault: Fault): boolean =>
  fault.retryable || stopsRun(fault) || PASSING.has(fault.code);

/** How the blobs of a run stand that are not as they were to be. */
export interface Unwell {
  /** Failed, and would again. */
  readonly failed: number;
  /** Failed of what passes. */
  readonly passing: number;
  /** Not final, or not reached. */
  readonly left: number;
}

/** Adds one blob to the count. */
export function counted({ failed, passing, left }: Unwell, { state, fault }: RunItem): Unwell {
  if (state === 'failed' && (fault === null || !passes(fault))) return { failed: failed + 1, passing, left };
  if (state === 'failed') return { failed, passing: passing + 1, left };
  return isLeft(state, fault) ? { failed, passing, left: left + 1 } : { failed, passing, left };
}

const isLeft = (state: RunItem['state'], fault: Fault | null): boolean =>
  state === 'waiting' ||
  state === 'running' ||
  (state === 'skipped' && (fault?.code === 'Cancelled' || fault?.code === 'RunStopped'));

/** How a command over a run ended. */
export interface RunEnd extends Unwell {
  /** The signal that ended it. */
  readonly signal: EndingSignal | null;
  /** What stopped the run, or holds it back. */
  readonly fault: RunSummary['fault'];
  /** Some of the input could not be read. */
  readonly unreadable: boolean;
}

/** The exit code of every command that runs. */
export function runExitCode({ signal, fault, failed, passing, left, unreadable }: RunEnd): number {
  if (left > 0) {
    if (signal !== null) return SIGNALS[signal];
    return fault === null || passes(fault) ? KEPT_FOR_LATER : SOME_FAILED;
  }
  if (failed > 0) return SOME_FAILED;
  if (passing > 0) return KEPT_FOR_LATER;
  return unreadable ? BAD_INPUT : OK;
}

/** The exit code of a command over a run that did not come to one: it could not connect, or was refused. */
export function refusedExitCode(fault: Fault): number {
  if (fault.code === 'NothingToRetry') return OK;
  return fault.code !== 'ProfileUnusable' && passes(fault) ? KEPT_FOR_LATER : BAD_INPUT;
}
