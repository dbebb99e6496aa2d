import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { HistoryFilter } from '#shared/model/history.ts';
import { Turns } from '../../core/limits/turns.ts';

/** Records looked through at a time; others can have a turn after each lot. */
const LOT = 2000;
/** Filters of which the answer is kept. */
const KEPT = 4;
/** Words that are looked for; more are no search. */
const MOST_WORDS = 8;

interface Answer {
  /** Numbers of records that match, oldest first. */
  readonly seqs: number[];
  /** Looked through up to this number. */
  upTo: number;
  /** The look that is under way. */
  looking: Promise<void>;
}

type Prepare = (statement: string) => StatementSync;

/**
 * Finds records of the history. All are looked through once for each filter, afterwards only those that came since: the
 * history only grows, so that what was found stays found.
 */
export class HistorySearch {
  readonly #prepare: Prepare;
  readonly #kept = new Map<string, Answer>();

  constructor(prepare: Prepare) {
    this.#prepare = prepare;
  }

  /** Numbers of the records up to `head` that match, newest first. */
  async find(
    filter: HistoryFilter,
    head: number,
    offset: number,
    limit: number,
  ): Promise<{ total: number; seqs: number[] }> {
    const key = JSON.stringify(filter);
    const answer = this.#kept.get(key) ?? { seqs: [], upTo: 0, looking: Promise.resolve() };
    this.#kept.delete(key);
    this.#kept.set(key, answer);
    for (const old of [...this.#kept.keys()].slice(0, -KEPT)) this.#kept.delete(old);
    // One look after the other: the second then finds nothing new.
    answer.looking = answer.looking.catch(() => {}).then(() => this.#lookOn(filter, answer, head));
    await answer.looking;
    const { seqs } = answer;
    const end = Math.max(0, seqs.length - offset);
    return { total: seqs.length, seqs: seqs.slice(Math.max(0, end - limit), end).reverse() };
  }

  async #lookOn(filter: HistoryFilter, answer: Answer, head: number): Promise<void> {
    if (answer.upTo >= head) return;
    const turns = new Turns();
    const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
    const { condition, values } = conditionOf(filter);
    const page = this.#prepare(
      `SELECT seq${words.length > 0 ? ', body' : ''} FROM history
       WHERE seq > ? AND seq <= ? ${condition} ORDER BY seq`,
    );
    for (let from = answer.upTo; from < head; from += LOT) {
      const end = Math.min(from + LOT, head);
      for (const row of page.all(from, end, ...values))
        if (words.length === 0 || holds(String(row.body), words)) answer.seqs.push(Number(row.seq));
      answer.upTo = end;
      if (turns.over) await turns.give();
    }
  }
}

/** Has SQLite use the index of records that are no blob's, where those alone are wanted. */
const NO_BLOB = "json_extract(body, '$.kind') <> 'blob'";
/** Kept beside the table by {@link HISTORY_INDEX}. */
export const HISTORY_INDEX = `CREATE INDEX IF NOT EXISTS history_no_blob ON history (seq) WHERE ${NO_BLOB}`;

function conditionOf({ kinds, outcome, from, before, runId, folded }: HistoryFilter): {
  condition: string;
  values: SQLInputValue[];
} {
  const condition: string[] = [];
  const values: SQLInputValue[] = [];
  const narrow = (text: string, ...given: SQLInputValue[]): void => {
    condition.push(`AND ${text}`);
    values.push(...given);
  };
  if (folded) narrow(NO_BLOB);
  if (kinds.length > 0)
    narrow("json_extract(body, '$.kind') IN (SELECT value FROM json_each(?))", JSON.stringify(kinds));
  if (outcome !== null) narrow("json_extract(body, '$.outcome') = ?", outcome);
  if (from !== null) narrow('at >= ?', from);
  if (before !== null) narrow('at < ?', before);
  if (runId !== null) narrow("json_extract(body, '$.runId') = ?", runId);
  return { condition: condition.join(' '), values };
}

/** Whether each word is found in a value of the record, not in the names of its members. */
function holds(body: string, words: readonly string[]): boolean {
  const inJson = body.toLowerCase();
  // Cheap first: most records hold the word nowhere. A backslash or a quote stands in JSON with another before it.
  if (!words.every((word) => inJson.includes(JSON.stringify(word).slice(1, -1)))) return false;
  const values: string[] = [];
  try {
    JSON.parse(body, (_key, value: unknown) => {
      if (typeof value === 'string') values.push(value.toLowerCase());
      return value;
    });
  } catch {
    // A record that was damaged is found by what stands in it.
    return true;
  }
  return words.every((word) => values.some((value) => value.includes(word)));
}
