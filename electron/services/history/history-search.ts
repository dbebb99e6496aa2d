import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { HistoryEvent, type HistoryFilter } from '#shared/model/history.ts';
import { Turns } from '../../core/limits/turns.ts';

/** Records looked through at a time; others can have a turn after each lot. */
const LOT = 4000;
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
    // SQLite sees most words for itself, three times as fast as each record is handed over here.
    const unsure = words.filter((word) => !isPlain(word));
    const { condition, values } = conditionOf(
      filter,
      words.filter((word) => isAscii(word) && !isOfNames(word)),
    );
    const page = this.#prepare(
      unsure.length > 0
        ? `SELECT seq, body FROM history WHERE seq > ? AND seq <= ? ${condition} ORDER BY seq`
        : `SELECT json_group_array(seq) FROM (SELECT seq FROM history WHERE seq > ? AND seq <= ? ${condition} ORDER BY seq)`,
    );
    page.setReturnArrays(true);
    for (let from = answer.upTo; from < head; from += LOT) {
      const end = Math.min(from + LOT, head);
      const found = page.all(from, end, ...values) as unknown as [number | string, string][];
      if (unsure.length === 0)
        for (const seq of JSON.parse(String(found[0]?.[0])) as number[]) answer.seqs.push(seq);
      else for (const [seq, body] of found) if (holds(body, unsure)) answer.seqs.push(Number(seq));
      answer.upTo = end;
      if (turns.over) await turns.give();
    }
  }
}

/** Has SQLite use the index of records that are no blob's, where those alone are wanted. */
const NO_BLOB = "json_extract(body, '$.kind') <> 'blob'";
/** Kept beside the table. */
export const HISTORY_INDEXES = `
  CREATE INDEX IF NOT EXISTS history_no_blob ON history (seq) WHERE ${NO_BLOB};
  CREATE INDEX IF NOT EXISTS history_kind ON history (json_extract(body, '$.kind'));
  CREATE INDEX IF NOT EXISTS history_outcome ON history (json_extract(body, '$.outcome'));`;

/** `words`: of ASCII characters, which LIKE compares as they are, in either case. */
function conditionOf(
  { kinds, outcome, from, before, runId, folded }: HistoryFilter,
  words: readonly string[],
): {
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
  for (const word of words)
    narrow("body LIKE ? ESCAPE '!'", `%${inJson(word).replaceAll(/[%_!]/g, (sign) => `!${sign}`)}%`);
  return { condition: condition.join(' '), values };
}

/** As a word stands in JSON: a backslash or a quote with another before it. */
const inJson = (word: string): string => JSON.stringify(word).slice(1, -1);

const isAscii = (word: string): boolean => /^[\x21-\x7e]+$/.test(word);

/** What stands in the JSON of each record beside its values. */
const NO_VALUE = [...Object.keys(HistoryEvent.shape), 'null', 'true', 'false'].map((name) =>
  name.toLowerCase(),
);

/** Whether a word stands in every record, in the name of a member perhaps: to look for that would leave none out. */
const isOfNames = (word: string): boolean => NO_VALUE.some((name) => name.includes(word));

/** Whether a word, wherever it stands in the JSON of a record, stands in a value. */
const isPlain = (word: string): boolean =>
  /^[a-z0-9/._@+=*~$%!?&#;<>()|^' -]+$/.test(word) && !isOfNames(word);

/** Whether each word is found in a value of the record, not in the names of its members. */
function holds(body: string, words: readonly string[]): boolean {
  const written = words.map(inJson);
  // Cheap first: most records hold the word, as it was typed, where it is surely a value, or nowhere.
  if (written.every((word) => placeOf(body, word) === 'value')) return true;
  const text = body.toLowerCase();
  const places = written.map((word) => placeOf(text, word));
  if (places.includes('nowhere')) return false;
  if (places.every((place) => place === 'value')) return true;
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

/**
 * Where the JSON of a record holds a word, as its quotes say: a string opens after `:`, `[`, `,` or `{`, and the name of a
 * member is followed by a colon. `unsure`: quotes that are part of a value, or of the word.
 */
function placeOf(text: string, word: string): 'nowhere' | 'value' | 'unsure' {
  let at = text.indexOf(word);
  let unsure = false;
  while (at >= 0) {
    const open = text.lastIndexOf('"', at);
    const before = text[open - 1];
    const close = text.indexOf('"', at);
    if (before === '\\' || text[close - 1] === '\\' || close < at + word.length) unsure = true;
    else if (before === ':' && text[open - 2] === '"') return 'value';
    else if (before === ':' || before === '[') unsure = true;
    // After a closing quote: null, true, false or a number.
    else if ((before === ',' || before === '{') && text[close + 1] !== ':') unsure = true;
    at = text.indexOf(word, at + 1);
  }
  return unsure ? 'unsure' : 'nowhere';
}
