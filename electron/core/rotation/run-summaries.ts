import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { Turns } from '../limits/turns.ts';
import type { Journal } from './journal/journal.ts';
import { summaryOf } from './journal/summary.ts';
import { figuresOnDisk } from './run/recover.ts';
import type { Run } from './types.ts';

/** Ended runs of dead processes that are looked at. */
const ENDED_LOOKED_AT = 20;

/** Summaries of all runs: those under way here speak for themselves, the others are counted from the journal, once. */
export class RunSummaries {
  readonly #journal: Journal;
  /** The folder of the copies that branches are made from. */
  readonly #copies: string;
  readonly #live: ReadonlyMap<string, Run>;
  readonly #ended = new Map<string, RunSummary>();
  /** The last summary of each run that is being undone here; null before its first. */
  readonly #undoing = new Map<string, RunSummary | null>();

  /** `live`: runs under way in this process; `copies`: the folder of the copies that branches are made from. */
  constructor(journal: Journal, live: ReadonlyMap<string, Run>, copies: string) {
    this.#journal = journal;
    this.#live = live;
    this.#copies = copies;
  }

  /** Throws FaultError `RunGone`. */
  async get(id: string): Promise<RunSummary> {
    return this.#live.get(id)?.summary() ?? (await this.#recall(id));
  }

  /** Newest first. */
  async list(): Promise<RunSummary[]> {
    this.#flushIfPossible();
    const turns = new Turns();
    const list: RunSummary[] = [];
    for (const id of this.#journal.ids()) {
      // Old dry runs may go meanwhile.
      if (this.#journal.runOf(id) !== null) list.push(await this.get(id));
      if (turns.over) await turns.give();
    }
    return list.reverse();
  }

  /**
   * Runs of processes that are dead, oldest first: every one that was cut off, and the last twenty that ended, which may
   * not be in the history yet.
   */
  async interrupted(): Promise<RunSummary[]> {
    this.#journal.flush();
    const alive = new Map<string, boolean>([[this.#journal.owner.id, true]]);
    const lives = (id: string): boolean => {
      const known = alive.get(id) ?? this.#journal.owner.isAlive(id);
      alive.set(id, known);
      return known;
    };
    const rows = (await this.#journal.runs()).filter((row) => !lives(row.owner) && !this.#live.has(row.id));
    const recent = new Set(rows.slice(-ENDED_LOOKED_AT));
    const interrupted: RunSummary[] = [];
    for (const row of rows)
      if (row.state !== 'ended' || recent.has(row)) interrupted.push(await this.get(row.id));
    return interrupted;
  }

  /** A run changed: it is counted anew. */
  forget(id: string): void {
    this.#ended.delete(id);
  }

  /** A run is being undone here; `summary`: how far that is. */
  undoing(id: string, summary: RunSummary | null): void {
    this.#ended.delete(id);
    this.#undoing.set(id, summary);
  }

  undone(id: string): void {
    this.#undoing.delete(id);
    this.#ended.delete(id);
  }

  /** The summary of a run that is not under way here. Throws FaultError `RunGone`. */
  async #recall(id: string): Promise<RunSummary> {
    const known = this.#ended.get(id) ?? this.#undoing.get(id);
    if (known != null) return known;
    this.#flushIfPossible();
    const row = this.#journal.runOf(id);
    if (row === null) throw new FaultError(explainOwn('RunGone'));
    const ended = row.state === 'ended';
    const record = this.#journal.record(row.no);
    const kept = ended ? record.keptFigures() : null;
    const elsewhere = this.#journal.elsewhere(row);
    const cut = !ended && elsewhere === null && !row.dryRun && !this.#undoing.has(id);
    const figures = kept ?? (await (cut ? figuresOnDisk(this.#journal, row) : record.figures()));
    // It may have changed while it was counted.
    if (kept === null && !isDeepStrictEqual(this.#journal.run(row.no), row)) return this.#recall(id);
    if (ended && kept === null) record.keepFigures(row, figures);
    const summary = this.#withoutGone(row.no, summaryOf(row, figures, elsewhere));
    if (this.#undoing.has(id)) return { ...summary, status: 'undoing', undo: null };
    if (ended) this.#ended.set(id, summary);
    return summary;
  }

  /** What needs files that are not there any more is not offered. */
  #withoutGone(no: number, summary: RunSummary): RunSummary {
    if (summary.elsewhere !== null) return summary;
    const path = this.#journal.record(no).firstPath();
    if (path === null) return { ...summary, retry: null, resume: null, gone: 'stream' };
    return path.startsWith(this.#copies + sep) && !existsSync(path)
      ? { ...summary, retry: null, resume: null, undo: null, gone: 'copies' }
      : summary;
  }

  /** What the journal cannot take in now (a full disk) does not keep what it has from being read. */
  #flushIfPossible(): void {
    try {
      this.#journal.flush();
    } catch {
      // Runs under way say themselves how they stand, and hold back until the journal can be written.
    }
  }
}
