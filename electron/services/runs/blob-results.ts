import type { BlobResult, RunItem, RunSummary } from '#shared/model/run.ts';
import { lastResult } from '#shared/run-outcome.ts';
import { Turns } from '../../core/limits/turns.ts';

interface BlobResultsParts {
  readonly summary: (runId: string) => Promise<RunSummary>;
  /** Every item of a run, some at a time. */
  readonly items: (runId: string) => AsyncIterable<readonly RunItem[]>;
}

/**
 * What the last run of this start made of each blob. A run is read once when it has ended, and again once it was undone:
 * what is asked for in between costs nothing.
 */
export class BlobResults {
  readonly #parts: BlobResultsParts;
  /** Runs of this start in their order, with the status at which each was read; null: not yet. */
  readonly #runs = new Map<string, RunSummary['status'] | null>();
  /** Runs that are no longer kept. */
  readonly #gone = new Set<string>();
  readonly #results = new Map<string, BlobResult>();
  /** Hash of the ciphertext that each result speaks of: the one that its run left in the file. */
  readonly #of = new Map<string, string | null>();
  /** The run of each result that was let go, as its blob is another one now. */
  readonly #outdated = new Map<string, string>();
  #reading: Promise<void> | null = null;

  constructor(parts: BlobResultsParts) {
    this.#parts = parts;
  }

  /** A run of this start: its blob ids are those of the list. */
  add(runId: string): void {
    this.#runs.set(runId, null);
  }

  async page(offset: number, limit: number): Promise<{ total: number; results: BlobResult[] }> {
    this.#reading ??= this.#catchUp().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
    const results: BlobResult[] = [];
    let at = 0;
    for (const result of this.#results.values()) {
      if (at >= offset + limit) break;
      if (at++ >= offset) results.push(result);
    }
    return { total: this.#results.size, results };
  }

  async #catchUp(): Promise<void> {
    for (const [runId, read] of this.#runs) {
      if (this.#gone.has(runId)) continue;
      const run = await this.#parts.summary(runId).catch(() => null);
      // Old preflights are discarded; what they said stays true of the blobs.
      if (run === null) {
        this.#gone.add(runId);
        continue;
      }
      const { status, finishedAt } = run;
      if (finishedAt === null || status === read) continue;
      for await (const items of this.#parts.items(runId)) for (const item of items) this.#put(run, item);
      this.#runs.set(runId, status);
    }
  }

  /** Lets go of what was said of blobs that are others now. `hashOf`: of a blob as it was last read; null: it is gone. */
  async forgetChanged(hashOf: (blobId: string) => string | null): Promise<void> {
    const turns = new Turns();
    for (const [blobId, { runId }] of this.#results) {
      if (turns.over) await turns.give();
      if (hashOf(blobId) === this.#of.get(blobId)) continue;
      this.#results.delete(blobId);
      this.#outdated.set(blobId, runId);
    }
  }

  #put({ id: runId, dryRun, output }: RunSummary, item: RunItem): void {
    const { blobId } = item;
    const before = this.#results.get(blobId);
    if (this.#outdated.get(blobId) === runId) return;
    if (item.state === 'restored') {
      if (before?.runId === runId) this.#results.delete(blobId);
      return;
    }
    const result = lastResult(item, dryRun);
    // Of a run that is read again, what a later run said stands.
    if (
      result !== null &&
      (before === undefined || before.runId === runId || this.#isLater(runId, before.runId))
    ) {
      this.#results.set(blobId, { blobId, runId, result });
      const replaced = result === 'reencrypted' && output === 'in-place';
      this.#of.set(blobId, replaced ? item.sha256After : item.sha256Before);
    }
  }

  #isLater(runId: string, than: string): boolean {
    for (const id of this.#runs.keys()) {
      if (id === than) return true;
      if (id === runId) return false;
    }
    return true;
  }
}
