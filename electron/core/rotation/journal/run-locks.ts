import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { Run } from '../types.ts';
import type { Journal } from './journal.ts';
import type { RunRow } from './rows.ts';

/** What a run is taken for. */
export type RunUse = 'resumed' | 'undone' | 'closed' | 'tried again';

/** A run that is taken: whoever has the claim may go on with what it was taken for. */
export interface Claim {
  readonly runId: string;
  readonly use: RunUse;
}

const STATUS: Partial<Record<ReturnType<Run['summary']>['status'], string>> = {
  paused: 'is paused',
  pausing: 'is being paused',
  waiting: 'waits for the network',
  cancelling: 'is being cancelled',
};

/** One use of a run at a time: of two that ask, the second is refused and learns what the first does. */
export class RunLocks {
  readonly #claims = new Map<string, Claim>();

  /** Throws FaultError `RunBusy`. `live`: the run, where it is under way here. */
  take(runId: string, use: RunUse, live: Run | null): Claim {
    const held = this.#claims.get(runId);
    if (held !== undefined) throw busy(runId, `is being ${held.use}`);
    if (live !== null) refuseLive(live);
    const claim = { runId, use };
    this.#claims.set(runId, claim);
    return claim;
  }

  release(claim: Claim): void {
    if (this.holds(claim)) this.#claims.delete(claim.runId);
  }

  holds(claim: Claim): boolean {
    return this.#claims.get(claim.runId) === claim;
  }
}

/** Throws FaultError `RunBusy` where the run has not ended. */
export function refuseLive(live: Run): void {
  const { finishedAt, status } = live.summary();
  if (finishedAt === null) throw busy(live.id, STATUS[status] ?? 'is running');
}

/** Throws FaultError `RunElsewhere` where another process has the run, and says which, and what it does. */
export function refuseElsewhere(journal: Journal, row: RunRow): void {
  const holder = journal.elsewhere(row);
  if (holder === null) return;
  const does = row.state === 'undoing' ? 'is undoing it' : 'is running it';
  throw new FaultError(
    explainOwn('RunElsewhere', {
      message: `Another Rewrap has this run: process ${holder.pid}, started ${holder.startedAt}, ${does}.`,
    }),
  );
}

const busy = (runId: string, does: string): FaultError =>
  new FaultError(explainOwn('RunBusy', { message: `Run ${runId} ${does}.` }));
