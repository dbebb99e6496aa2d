import type { ItemState, RunItem } from '#shared/model/run.ts';
import type { Journal } from './journal/journal.ts';
import { type FileState, itemOf, type JournalItemState, type RunRow, stateOf } from './journal/rows.ts';
import type { RunRecord } from './journal/run-record.ts';
import { asItStands } from './run/recover.ts';

/** Which blobs of a run are wanted. `states`: empty means all. `words`: each must be found; empty means all. */
export interface RecordQuery {
  readonly offset: number;
  readonly limit: number;
  readonly states: readonly ItemState[];
  readonly words: string;
}

export interface RecordPage {
  /** Blobs that match. */
  readonly total: number;
  /** Blobs that have the words, by state, whatever states are wanted. */
  readonly counts: Partial<Record<ItemState, number>>;
  readonly items: RunItem[];
}

/** In this order blobs are listed: what needs a person first. */
const ORDER: readonly ItemState[] = [
  'failed',
  'skipped',
  'running',
  'waiting',
  'restored',
  'reencrypted',
  'would-succeed',
  'already',
];

/** A run that moves is looked through again after so long, milliseconds. */
const FRESH_MS = 1000;
/** Answers that are kept: the record on screen, and the one before. */
const KEPT = 3;
/** Words that are looked for; more are no search. */
const MOST_WORDS = 8;

/** Numbers of the items that have the words, by state, each in the order of the run. */
type Found = ReadonlyMap<ItemState, Uint32Array>;

/** Finds blobs in the records of runs. A run is looked through once for each set of words; pages are then slices. */
export class RecordSearch {
  readonly #journal: Journal;
  readonly #live: ReadonlyMap<string, unknown>;
  readonly #kept = new Map<string, { readonly at: number; readonly found: Promise<Found> }>();

  /** `live`: runs under way in this process. */
  constructor(journal: Journal, live: ReadonlyMap<string, unknown>) {
    this.#journal = journal;
    this.#live = live;
  }

  async page(row: RunRow, { offset, limit, states, words }: RecordQuery): Promise<RecordPage> {
    const record = this.#journal.record(row.no);
    const cutOff = row.state === 'open' && !this.#live.has(row.id);
    const found = await this.#find(row, record, words, cutOff);
    const { numbers, total } = slice(found, states, offset, limit);
    const counts = Object.fromEntries([...found].map(([state, { length }]) => [state, length]));
    const rows = new Map(record.itemRows({ items: numbers }).map((each) => [Number(each.item), each]));
    return {
      total,
      counts,
      items: numbers.flatMap((number) => {
        const each = rows.get(number);
        return each === undefined ? [] : [itemOf(cutOff ? asItStands(each) : each, row.output)];
      }),
    };
  }

  #find(row: RunRow, record: RunRecord, words: string, cutOff: boolean): Promise<Found> {
    const key = `${row.no} ${row.state} ${row.undoneAt} ${words}`;
    const known = this.#kept.get(key);
    if (known !== undefined && (row.state === 'ended' || Date.now() - known.at < FRESH_MS))
      return known.found;
    record.flush();
    const found = lookThrough(record, words, cutOff);
    this.#kept.delete(key);
    this.#kept.set(key, { at: Date.now(), found });
    // What failed is asked again.
    found.catch(() => this.#kept.delete(key));
    for (const old of [...this.#kept.keys()].slice(0, -KEPT)) this.#kept.delete(old);
    return found;
  }
}

/** A part of what was found, in the order in which it is listed. `states`: empty means all. */
function slice(
  found: Found,
  states: readonly ItemState[],
  offset: number,
  limit: number,
): { numbers: number[]; total: number } {
  const numbers: number[] = [];
  let total = 0;
  let skip = offset;
  for (const state of ORDER.filter((each) => states.length === 0 || states.includes(each))) {
    const items = found.get(state) ?? new Uint32Array();
    if (numbers.length < limit) numbers.push(...items.subarray(skip, skip + limit - numbers.length));
    skip = Math.max(0, skip - items.length);
    total += items.length;
  }
  return { numbers, total };
}

const SEARCHED = `f.display LIKE ? ESCAPE '\\' OR i.place LIKE ? ESCAPE '\\' OR i.request_id LIKE ? ESCAPE '\\'
  OR i.decrypt_request_id LIKE ? ESCAPE '\\' OR hex(i.fingerprint_before) LIKE ? ESCAPE '\\'
  OR json_extract(i.fault, '$.code') LIKE ? ESCAPE '\\' OR json_extract(i.fault, '$.message') LIKE ? ESCAPE '\\'
  OR (SELECT word FROM words WHERE id = i.source_key) LIKE ? ESCAPE '\\'`;
const TIMES = SEARCHED.split('LIKE ?').length - 1;

/** One pass over the items of a run, with turns for others. */
async function lookThrough(record: RunRecord, words: string, cutOff: boolean): Promise<Found> {
  const each = words.split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
  const page = record.sql(
    `SELECT i.item, i.state, f.state AS file_state${cutOff ? ', f.target, f.sha256_after AS file_after' : ''}
     FROM items i JOIN files f ON f.run = i.run AND f.file = i.file
     WHERE i.run = ? AND i.item >= ? AND i.item < ? ${`AND (${SEARCHED}) `.repeat(each.length)}ORDER BY i.item`,
  );
  const patterns = each.flatMap((word) =>
    Array<string>(TIMES).fill(`%${word.replaceAll(/[\\%_]/g, '\\$&')}%`),
  );
  const found = new Map<ItemState, number[]>();
  for await (const [from, end] of record.itemRanges())
    for (const row of page.all(record.no, from, end, ...patterns)) {
      const now = cutOff ? asItStands(row) : row;
      const state = stateOf(now.state as JournalItemState, now.file_state as FileState);
      const list = found.get(state);
      if (list === undefined) found.set(state, [Number(row.item)]);
      else list.push(Number(row.item));
    }
  return new Map([...found].map(([state, items]) => [state, Uint32Array.from(items)]));
}
