import { randomInt } from 'node:crypto';
import type { PageHandlers } from '#shared/contract/api.ts';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { Comparison, ComparisonProgress } from '#shared/model/run.ts';
import { type BlobPair, mayPass } from '../../core/rotation/index.ts';
import type { TwoStep } from '../connection/index.ts';
import type { RunApprovals } from './run-approvals.ts';
import type { RunItems } from './run-items.ts';
import type { Runs } from './runs.ts';

/** Pairs in hand at a time: as many as the child has places for. */
const AT_ONCE = 16;
/** Blobs that are named in a result. */
const MOST_NAMED = 200;
const PROGRESS_MS = 100;
/** Request ids that are written down at a time. */
const IDS_AT_ONCE = 200;

export interface ComparisonsParts {
  readonly runs: Pick<Runs, 'over' | 'summary' | 'sender'> & {
    readonly items: Pick<RunItems, 'comparable' | 'pairs'>;
  };
  readonly approvals: Pick<RunApprovals, 'proveCompare'>;
  /** Opens both sides: null, the connection in use for both; else a way to this destination key. */
  readonly open: (destinationKeyId: string | null) => Promise<TwoStep>;
  readonly progress: (progress: ComparisonProgress) => void;
  readonly record: (runId: string, comparison: Comparison) => void;
  /** Writes down ids of Decrypts that a comparison made, some at a time. */
  readonly recordRequests: (runId: string, requestIds: readonly string[]) => void;
}

/**
 * Compares the plaintexts of old and new blobs of a run, in a two-step child that says of each pair whether they are
 * equal. Finds swapped replies and mistakes; proves nothing against an endpoint that also forges Decrypt.
 */
export class Comparisons {
  readonly #parts: ComparisonsParts;
  readonly #running = new Map<string, AbortController>();
  readonly #ending = new Set<Promise<unknown>>();

  constructor(parts: ComparisonsParts) {
    this.#parts = parts;
  }

  readonly requests: Pick<PageHandlers['runs'], 'compare' | 'stopCompare'> = {
    compare: ({ runId, sample }) => this.compare(runId, sample),
    stopCompare: async ({ runId }) => {
      this.stop(runId);
      return {};
    },
  };

  /**
   * `sample`: so many blobs, chosen at random; null: all. Throws FaultError `RunGone`, `NothingToCompare`, `CompareBusy`,
   * `OtherConnection`, as `RunApprovals.proveCompare`, and where the connection fails.
   */
  async compare(runId: string, sample: number | null): Promise<Comparison> {
    if (this.#running.has(runId)) throw new FaultError(explainOwn('CompareBusy'));
    const stop = new AbortController();
    this.#running.set(runId, stop);
    const work = this.#compare(runId, sample, stop.signal).finally(() => this.#running.delete(runId));
    const ending = work.catch(() => undefined);
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
    return work;
  }

  /** What was compared by then is answered. */
  stop(runId: string): void {
    this.#running.get(runId)?.abort();
  }

  async close(): Promise<void> {
    for (const stop of this.#running.values()) stop.abort();
    await Promise.all(this.#ending);
  }

  async #compare(runId: string, sample: number | null, stopped: AbortSignal): Promise<Comparison> {
    const { runs, approvals, open, record, recordRequests } = this.#parts;
    let ids: string[] = [];
    const writeIds = (): void => {
      if (ids.length > 0) recordRequests(runId, ids);
      ids = [];
    };
    const decrypted = (id: string): void => {
      ids.push(id);
      if (ids.length >= IDS_AT_ONCE) writeIds();
    };
    const { terms, target, refuse } = runs.over(runId);
    const all = await runs.items.comparable(runId);
    if (all.length === 0) throw new FaultError(explainOwn('NothingToCompare'));
    const chosen = sample === null || sample >= all.length ? all : randomOf(all, sample);
    const sides = await open(terms.method === 'reencrypt' ? null : terms.destination.keyId);
    try {
      if (sides.target !== target) refuse();
      const summary = await runs.summary(runId);
      const check = await approvals.proveCompare(summary, chosen.length, all.length, sides.described);
      check();
      const tally = new Tally(runId, all.length, chosen.length, this.#parts.progress);
      const send = runs.sender(sides);
      const pairs = runs.items.pairs(runId, new Set(chosen));
      const worker = async (): Promise<void> => {
        for (;;) {
          // A generator answers one caller after the other.
          const next = stopped.aborted ? null : await pairs.next();
          if (next === null || next.done === true) return;
          const pair = next.value;
          const asked = questions(pair);
          if (asked === null) {
            tally.unavailable(pair);
            continue;
          }
          try {
            const equal = await send((_, sending) => sides.kms.compare(...asked, sending, decrypted));
            tally.compared(pair, equal);
          } catch (error) {
            if (!(error instanceof FaultError) || mayPass(error.fault)) throw error;
            tally.failed(pair, error.fault);
          }
        }
      };
      const workers = Array.from({ length: AT_ONCE }, worker);
      // One that fails for all of them ends the others, too.
      await Promise.all(workers).finally(async () => {
        await pairs.return(undefined);
      });
      writeIds();
      const comparison = tally.result(stopped.aborted);
      record(runId, comparison);
      return comparison;
    } finally {
      await sides.kms.close();
      // Also of one that failed: KMS has their events.
      writeIds();
    }
  }
}

/** What Decrypt is asked for the old blob and for the new one; null where one of them is gone. */
function questions({ before, after, sent, destinationKeyArn }: BlobPair) {
  if (before === null || after === null) return null;
  const old = {
    blob: before,
    sourceKeyId: sent.sourceKeyId,
    sourceAlgorithm: sent.sourceAlgorithm,
    sourceContext: sent.sourceContext,
    destinationKeyId: sent.destinationKeyId,
    destinationAlgorithm: sent.destinationAlgorithm,
    destinationContext: sent.destinationContext,
    grantTokens: [],
  };
  const made = {
    ...old,
    blob: after,
    sourceKeyId: destinationKeyArn,
    sourceAlgorithm: sent.destinationAlgorithm,
    sourceContext: sent.destinationContext,
  };
  return [old, made] as const;
}

class Tally {
  readonly #runId: string;
  readonly #of: number;
  readonly #chosen: number;
  readonly #progress: ComparisonsParts['progress'];
  readonly #counts = { equal: 0, different: 0, failed: 0, unavailable: 0 };
  readonly #blobs: Comparison['blobs'] = [];
  #saidAt = 0;

  constructor(runId: string, of: number, chosen: number, progress: ComparisonsParts['progress']) {
    this.#runId = runId;
    this.#of = of;
    this.#chosen = chosen;
    this.#progress = progress;
  }

  compared(pair: BlobPair, equal: boolean): void {
    this.#note(equal ? 'equal' : 'different', pair, null);
  }

  failed(pair: BlobPair, fault: Comparison['blobs'][number]['fault']): void {
    this.#note('failed', pair, fault);
  }

  unavailable(pair: BlobPair): void {
    this.#note('unavailable', pair, explainOwn('BlobNotThere'));
  }

  result(stopped: boolean): Comparison {
    const { different, failed, unavailable } = this.#counts;
    return {
      of: this.#of,
      chosen: this.#chosen,
      ...this.#counts,
      stopped,
      blobs: this.#blobs,
      more: different + failed + unavailable - this.#blobs.length,
    };
  }

  #note(
    outcome: keyof Comparison & ('equal' | 'different' | 'failed' | 'unavailable'),
    { file, place }: BlobPair,
    fault: Comparison['blobs'][number]['fault'],
  ): void {
    this.#counts[outcome] += 1;
    if (outcome !== 'equal') this.#name({ file, place, outcome, fault });
    const now = Date.now();
    if (now - this.#saidAt < PROGRESS_MS) return;
    this.#saidAt = now;
    const done = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    this.#progress({ runId: this.#runId, done, total: this.#chosen });
  }

  /** Those that differ come before those of which it is not known, and are not left out for them. */
  #name(blob: Comparison['blobs'][number]): void {
    if (this.#blobs.length < MOST_NAMED) this.#blobs.push(blob);
    else if (blob.outcome === 'different') {
      const other = this.#blobs.findLastIndex(({ outcome }) => outcome !== 'different');
      if (other !== -1) this.#blobs[other] = blob;
    }
  }
}

/** So many of a list, each equally likely, in the list's order (Knuth's selection sampling). */
function randomOf(list: readonly number[], count: number): number[] {
  const chosen: number[] = [];
  for (const [at, one] of list.entries()) {
    if (randomInt(list.length - at) < count - chosen.length) chosen.push(one);
    if (chosen.length === count) break;
  }
  return chosen;
}
