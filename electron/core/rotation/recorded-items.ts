import type { RunItem } from '#shared/model/run.ts';
import { keysSeen } from './journal/figures.ts';
import type { Journal } from './journal/journal.ts';
import { itemOf, type KeySeen, type RunRow } from './journal/rows.ts';
import type { RunRecord } from './journal/run-record.ts';
import { outputMode } from './output-mode.ts';
import { type RecordPage, type RecordQuery, RecordSearch } from './record-search.ts';
import { asItStands } from './run/recover.ts';
import { type BlobPair, blobPairs, comparableItems, resultPath, resultText } from './run/results.ts';
import type { ItemsQuery, Run } from './types.ts';

/** What runs have recorded of their blobs and files, of those under way too. */
export class RecordedItems {
  readonly #journal: Journal;
  readonly #live: ReadonlyMap<string, Run>;
  readonly #search: RecordSearch;
  readonly #row: (runId: string) => RunRow;

  /** `live`: runs under way in this process. `row`: throws FaultError `RunGone`. */
  constructor(journal: Journal, live: ReadonlyMap<string, Run>, row: (runId: string) => RunRow) {
    this.#journal = journal;
    this.#live = live;
    this.#row = row;
    this.#search = new RecordSearch(journal, live);
  }

  /** Throws FaultError `RunGone`. */
  items(runId: string, query: ItemsQuery): { total: number; items: RunItem[] } {
    const { no, output, total, state } = this.#row(runId);
    const cutOff = state === 'open' && !this.#live.has(runId);
    const record = this.#journal.record(no);
    record.flush();
    const items = record
      .itemRows(query.only, query.offset, query.limit)
      .map((row) => itemOf(cutOff ? asItStands(row) : row, output));
    return { total: query.only === 'failed' ? record.failed() : total, items };
  }

  /** One blob of a run; null where it is none of it. Throws FaultError `RunGone`. */
  item(runId: string, blobId: string): RunItem | null {
    const { no, output, state } = this.#row(runId);
    const record = this.#journal.record(no);
    record.flush();
    const [row] = record.itemRows({ blobId });
    if (row === undefined) return null;
    return itemOf(state === 'open' && !this.#live.has(runId) ? asItStands(row) : row, output);
  }

  /** Blobs of a run that match, those that failed first. Throws FaultError `RunGone`. */
  record(runId: string, query: RecordQuery): Promise<RecordPage> {
    return this.#search.page(this.#row(runId), query);
  }

  /** Old and new ciphertext of a blob of a run; null where it is none of it. Throws FaultError `RunGone`. */
  async change(runId: string, blobId: string): Promise<BlobPair | null> {
    const record = this.#record(runId);
    record.flush();
    const [row] = record.itemRows({ blobId });
    if (row === undefined) return null;
    for await (const pair of this.pairs(runId, new Set([Number(row.item)]))) return pair;
    return null;
  }

  /** Each key material that replies of KMS named in a run, with the key. */
  keysSeen(runId: string): Promise<KeySeen[]> {
    this.#journal.flush();
    return keysSeen(this.#record(runId));
  }

  /** Absolute paths of the files that a run may have replaced. */
  async *paths(runId: string): AsyncGenerator<string> {
    const { no, output } = this.#row(runId);
    if (!outputMode(output).inPlace) return;
    for await (const page of this.#journal.record(no).filePages())
      for (const { path } of page) if (path !== null) yield path;
  }

  /** Numbers of the items of which new ciphertext stands. Throws FaultError `RunGone`. */
  comparable(runId: string): Promise<number[]> {
    return comparableItems(this.#record(runId));
  }

  /** See {@link blobPairs}. Throws FaultError `RunGone`. */
  pairs(runId: string, items: ReadonlySet<number>): AsyncGenerator<BlobPair> {
    const { no, output } = this.#row(runId);
    return blobPairs(this.#journal.record(no), output, items, this.#live.get(runId) ?? null);
  }

  /** See {@link resultText}. Throws FaultError `RunGone`. */
  resultText(runId: string, blobId: string): Promise<string | null> {
    return resultText(this.#record(runId), blobId, this.#live.get(runId) ?? null);
  }

  /** See {@link resultPath}. Throws FaultError `RunGone`. */
  resultPath(runId: string, blobId: string): string | null {
    return resultPath(this.#record(runId), blobId);
  }

  #record(runId: string): RunRecord {
    return this.#journal.record(this.#row(runId).no);
  }
}
