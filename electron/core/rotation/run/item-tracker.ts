import type { Fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import {
  bytesDone,
  COUNTED_AS,
  countsOf,
  type Figures,
  fileTotals,
  perKey,
  totalBytes,
} from '../journal/figures.ts';
import type { ItemFacts } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import type { PlanTotals, RunFile } from '../types.ts';

/** What is known of a blob of which nothing was sent. */
export const NOTHING_KNOWN: ItemFacts = {
  state: 'intent',
  sha256After: null,
  fingerprintAfter: null,
  sourceKeyArn: null,
  destinationKeyArn: null,
  sourceKeyMaterialId: null,
  destinationKeyMaterialId: null,
  requestId: null,
  decryptRequestId: null,
  fault: null,
  sent: null,
  notes: [],
};

const MOST_KEYS = 1000;

/** What is known of the blobs under way, and counts of all. What is final goes to the journal, and is dropped here. */
export class ItemTracker {
  readonly #record: RunRecord;
  readonly #live = new Map<number, ItemFacts>();
  readonly #running = new Set<number>();
  readonly #counts = { total: 0, running: 0, succeeded: 0, already: 0, failed: 0, skipped: 0, restored: 0 };
  /** Ends of items by number, of files that are not complete and may be done once more. */
  readonly #ended = new Map<number, End>();
  readonly #files = { total: 0, done: 0 };
  readonly #bytes = { total: 0, done: 0 };
  readonly #perKey = new Map<string, number>();
  readonly #changed: (finished: number) => void;

  /** `changed` is called after each change with the number of items that became final by it. */
  constructor(record: RunRecord, changed: (finished: number) => void) {
    this.#record = record;
    this.#changed = changed;
  }

  /** Counts of a run that begins. */
  begin({ files, blobs, bytes, done }: PlanTotals): void {
    this.#files.total = files;
    this.#counts.total = blobs;
    this.#counts.already = done;
    this.#bytes.total = bytes;
  }

  /** Counts of a run that was begun before, from the journal. */
  recall(figures: Figures): void {
    Object.assign(this.#counts, { ...countsOf(figures), running: 0 });
    this.#bytes.total = totalBytes(figures);
    this.#bytes.done = bytesDone(figures);
    Object.assign(this.#files, fileTotals(figures));
    for (const { keyArn, blobs } of perKey(figures, MOST_KEYS)) this.#perKey.set(keyArn, blobs);
  }

  summary(): Pick<RunSummary, 'counts' | 'files' | 'bytes' | 'perKey'> {
    const { total, running, succeeded, already, failed, skipped, restored } = this.#counts;
    const waiting = total - running - succeeded - already - failed - skipped - restored;
    return {
      counts: { total, waiting, running, succeeded, already, failed, skipped, restored },
      files: { ...this.#files },
      bytes: { ...this.#bytes },
      perKey: [...this.#perKey]
        .map(([keyArn, blobs]) => ({ keyArn, blobs }))
        .sort((a, b) => b.blobs - a.blobs)
        .slice(0, 10),
    };
  }

  /** What is known of an item that is not final. */
  get(item: number): ItemFacts {
    return this.#live.get(item) ?? NOTHING_KNOWN;
  }

  /** A request for this item goes out. */
  running(item: number): void {
    if (this.#running.has(item)) return;
    this.#running.add(item);
    this.#counts.running++;
    this.#changed(0);
  }

  /** Adds to what is known of an item. */
  note(item: number, patch: Partial<ItemFacts>): void {
    this.#live.set(item, { ...(this.#live.get(item) ?? NOTHING_KNOWN), ...patch });
  }

  /** Gives what is known to the journal while the file is not complete. */
  save(item: number): void {
    const facts = this.#live.get(item);
    if (facts !== undefined) this.#record.setItem(item, facts);
  }

  /** An item's end without a new blob in its file. */
  end(item: number, state: End, fault: Fault | null): void {
    this.#record.setItem(item, { ...this.get(item), state, fault });
    this.#uncount(item);
    this.#final(item);
    this.#ended.set(item, state);
    this.#counts[COUNTED_AS[state]]++;
    this.#changed(1);
  }

  /** A new blob that stands in its file. */
  stands(item: number, bytes: number): void {
    const { sourceKeyArn } = this.get(item);
    if (sourceKeyArn !== null && (this.#perKey.size < MOST_KEYS || this.#perKey.has(sourceKeyArn)))
      this.#perKey.set(sourceKeyArn, (this.#perKey.get(sourceKeyArn) ?? 0) + 1);
    this.#final(item);
    this.#counts.succeeded++;
    this.#bytes.done += bytes;
    this.#changed(1);
  }

  /** Not final, and not under way any more: a file was left for another time. */
  back(item: number): void {
    this.#uncount(item);
    this.#final(item);
  }

  /** Every blob of the file is final. `rewritten`: new ciphertext stands in it. */
  fileDone({ blobs }: RunFile, rewritten: boolean): void {
    for (const { item } of blobs) this.#ended.delete(item);
    if (rewritten) this.#files.done++;
  }

  #uncount(item: number): void {
    const state = this.#ended.get(item);
    if (state === undefined) return;
    this.#ended.delete(item);
    this.#counts[COUNTED_AS[state]]--;
  }

  #final(item: number): void {
    this.#live.delete(item);
    if (this.#running.delete(item)) this.#counts.running--;
  }
}

/** How an item ends without a new blob in its file. */
export type End = 'already' | 'failed' | 'skipped' | 'would-succeed';
