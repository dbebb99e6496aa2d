import type { BlobResult, RunItem, RunSummary } from '#shared/model/run.ts';
import { lastResult } from '#shared/run-outcome.ts';
import { Turns } from '../../core/limits/turns.ts';

interface BlobResultsParts {
  readonly summary: (runId: string) => Promise<RunSummary>;
  /** Every item of a run, some at a time. */
  readonly items: (runId: string) => AsyncIterable<readonly RunItem[]>;
  /** The list of blobs, as it was last read. */
  readonly list: {
    /** Another number whenever files were read or left the list. */
    readonly contents: number;
    /** Hex SHA-256 of a blob; null: it is gone. */
    hashOf(blobId: string): string | null;
  };
  /** Whether the list does not have yet what a run left in its files. */
  readonly isAhead: (runId: string) => boolean;
}

/**
 * What the last run of this start made of each blob. A run is read once when it has ended, and again once it was undone:
 * what is asked for in between costs nothing. Blobs are compared with the list once it was read again, by whatever way.
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
  /** The list that every result was compared with; null: none, or not every one. */
  #compared: number | null = null;
  #reading: Promise<void> | null = null;

  constructor(parts: BlobResultsParts) {
    this.#parts = parts;
  }

  /** A run of this start: its blob ids are those of the list. */
  add(runId: string): void {
    this.#runs.set(runId, null);
  }

  async page(offset: number, limit: number): Promise<{ total: number; results: BlobResult[] }> {
    this.#reading ??= this.#catchUp()
      .then(() => this.#forgetChanged())
      .finally(() => {
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
      this.#compared = null;
    }
  }

  /** Lets go of what was said of blobs that are others now. */
  async #forgetChanged(): Promise<void> {
    const { list, isAhead } = this.#parts;
    const { contents } = list;
    if (this.#compared === contents) return;
    const turns = new Turns();
    let all = true;
    for (const [blobId, { runId }] of this.#results) {
      if (turns.over) await turns.give();
      if (isAhead(runId)) {
        all = false;
        continue;
      }
      if (list.hashOf(blobId) === this.#of.get(blobId)) continue;
      this.#results.delete(blobId);
      this.#outdated.set(blobId, runId);
    }
    this.#compared = all ? contents : null;
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
