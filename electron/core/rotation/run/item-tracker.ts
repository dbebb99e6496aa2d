import { hash } from 'node:crypto';
import type { Fault } from '#shared/model/fault.ts';
import type { RunCounts, RunSummary } from '#shared/model/run.ts';
import { stateOf } from '../journal/items.ts';
import type { Journal } from '../journal/journal.ts';
import type { Figures, ItemFacts } from '../journal/rows.ts';
import type { RunFile } from '../types.ts';

export const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

const EMPTY: ItemFacts = {
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

/** What is known of the blobs under way, and counts of all. What is final goes to the journal and is forgotten here. */
export class ItemTracker {
  readonly #journal: Journal;
  readonly #no: number;
  readonly #live = new Map<number, ItemFacts>();
  readonly #running = new Set<number>();
  readonly #counts = { total: 0, running: 0, succeeded: 0, already: 0, failed: 0, skipped: 0, restored: 0 };
  /** Ends of items whose file is not complete: it may yet be done once more. */
  readonly #ended = new Map<number, End>();
  readonly #files = { total: 0, done: 0 };
  readonly #bytes = { total: 0, done: 0 };
  readonly #perKey = new Map<string, number>();
  readonly #changed: (finished: number) => void;

  /** `changed` is told after each change how many items have become final by it. */
  constructor(journal: Journal, no: number, changed: (finished: number) => void) {
    this.#journal = journal;
    this.#no = no;
    this.#changed = changed;
  }

  /** Counts of a run that begins. */
  begin(files: readonly RunFile[]): void {
    this.#files.total = files.length;
    for (const { blobs } of files) {
      this.#counts.total += blobs.length;
      for (const { bytes, done } of blobs) {
        this.#bytes.total += bytes;
        if (done !== undefined) this.#counts.already++;
      }
    }
  }

  /** Counts of a run that was begun before, from the journal. */
  recall(figures: Figures): void {
    Object.assign(this.#counts, { ...countsOf(figures), running: 0 });
    this.#bytes.total = bytesOf(figures);
    this.#bytes.done = bytesDone(figures);
    Object.assign(this.#files, filesOf(figures));
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
    return this.#live.get(item) ?? EMPTY;
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
    this.#live.set(item, { ...(this.#live.get(item) ?? EMPTY), ...patch });
  }

  /** Gives what is known to the journal while the file is not complete. */
  save(item: number): void {
    const facts = this.#live.get(item);
    if (facts !== undefined) this.#journal.setItem(this.#no, item, facts);
  }

  /** An item's end without a new blob in its file. */
  end(item: number, state: End, fault: Fault | null): void {
    this.#journal.setItem(this.#no, item, { ...this.get(item), state, fault });
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
type End = 'already' | 'failed' | 'skipped' | 'would-succeed';

const COUNTED_AS = {
  waiting: 'waiting',
  running: 'running',
  'would-succeed': 'succeeded',
  reencrypted: 'succeeded',
  already: 'already',
  failed: 'failed',
  skipped: 'skipped',
  restored: 'restored',
} as const;

export function countsOf({ items }: Figures): RunCounts {
  const counts = {
    total: 0,
    waiting: 0,
    running: 0,
    succeeded: 0,
    already: 0,
    failed: 0,
    skipped: 0,
    restored: 0,
  };
  for (const { state, file, count } of items) {
    counts.total += count;
    counts[COUNTED_AS[stateOf(state, file)]] += count;
  }
  return counts;
}

export const bytesOf = ({ items }: Figures): number => items.reduce((sum, { bytes }) => sum + bytes, 0);

export function bytesDone({ items }: Figures): number {
  return items.reduce((sum, { state, file, bytes }) => {
    const shown = stateOf(state, file);
    return shown === 'reencrypted' ? sum + bytes : sum;
  }, 0);
}

/** Files of a run, and those that hold what it made. */
export function filesOf({ files }: Figures): { total: number; done: number } {
  const { intent = 0, staged = 0, replaced = 0, left = 0, restored = 0 } = files;
  return { total: intent + staged + replaced + left + restored, done: replaced };
}

/** Blobs in place for each source key that KMS named, the most first. */
export function perKey({ items }: Figures, limit: number): { keyArn: string; blobs: number }[] {
  const keys = new Map<string, number>();
  for (const { state, file, sourceKey, count } of items)
    if (sourceKey !== null && stateOf(state, file) === 'reencrypted')
      keys.set(sourceKey, (keys.get(sourceKey) ?? 0) + count);
  return [...keys]
    .map(([keyArn, blobs]) => ({ keyArn, blobs }))
    .sort((a, b) => b.blobs - a.blobs)
    .slice(0, limit);
}

/**
 * Blobs that do not hold new ciphertext of the run and are known to be under the key material that they were to leave.
 */
export function underOldKey({ items }: Figures): number {
  return items.reduce((sum, { state, file, old, count }) => {
    const shown = stateOf(state, file);
    return old && shown !== 'reencrypted' && shown !== 'already' ? sum + count : sum;
  }, 0);
}

/** Blobs of a run that is over that a new run could try again. */
export function retryOf({ items }: Figures): { failed: number; missed: number } {
  const retry = { failed: 0, missed: 0 };
  for (const { state, missed, count } of items) {
    if (state === 'failed') retry.failed += count;
    if (missed) retry.missed += count;
  }
  return retry;
}
