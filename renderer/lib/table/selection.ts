import type { Lines } from './arrange.ts';
import { Table } from './table.ts';

export type Tick = 'all' | 'some' | 'none';

/** Which rows of a table are ticked: one mark a row, so that all of a hundred thousand cost no more than one. */
export class Ticks {
  readonly table: Table;
  /** Number of ticked rows. */
  readonly size: number;
  /** 1 for each ticked row, by its index in the table. */
  readonly marks: Uint8Array;

  constructor(table: Table, marks: Uint8Array = new Uint8Array(table.size)) {
    this.table = table;
    this.marks = marks;
    let size = 0;
    for (let i = 0; i < marks.length; i += 1) size += marks[i] ?? 0;
    this.size = size;
  }

  /** Whether a blob is ticked, by its id. */
  has(id: string): boolean {
    const index = this.table.indexOf(id);
    return index !== undefined && this.marks[index] === 1;
  }

  /** Indexes of the ticked rows, in the order of the table. */
  get indexes(): Uint32Array {
    const indexes = new Uint32Array(this.size);
    let at = 0;
    for (let index = 0; index < this.marks.length; index += 1)
      if (this.marks[index] === 1) indexes[at++] = index;
    return indexes;
  }

  /** Tri-state of a group: all, some or none of these rows are ticked. */
  of(indexes: Uint32Array): Tick {
    if (this.size === 0) return 'none';
    let hits = 0;
    for (let i = 0; i < indexes.length; i += 1) hits += this.marks[indexes[i] ?? 0] ?? 0;
    if (hits === 0) return 'none';
    return hits === indexes.length ? 'all' : 'some';
  }

  /** With these rows ticked, or unticked. */
  set(indexes: Iterable<number>, ticked: boolean): Ticks {
    const marks = this.marks.slice();
    if (indexes instanceof Uint32Array) {
      for (let i = 0; i < indexes.length; i += 1) marks[indexes[i] ?? 0] = ticked ? 1 : 0;
    } else for (const index of indexes) marks[index] = ticked ? 1 : 0;
    return new Ticks(this.table, marks);
  }

  /** The same blobs in another table; those that are gone are forgotten. */
  in(table: Table): Ticks {
    if (table === this.table) return this;
    const marks = new Uint8Array(table.size);
    if (this.size === 0) return new Ticks(table, marks);
    for (const index of this.indexes) {
      const to = table.indexOf(this.table.rows[index]?.id ?? '');
      if (to !== undefined) marks[to] = 1;
    }
    return new Ticks(table, marks);
  }
}

/** What is ticked in the table. The cursor is where the keyboard stands; it may be a group's key. */
export interface Selection {
  readonly selected: Ticks;
  readonly cursor: string | null;
  readonly anchor: string | null;
}

export const NOTHING_SELECTED: Selection = {
  selected: new Ticks(Table.of([])),
  cursor: null,
  anchor: null,
};

/** Ticks or unticks one blob; it becomes cursor and anchor. */
export function toggle({ selected }: Selection, id: string): Selection {
  const index = selected.table.indexOf(id);
  const next = index === undefined ? selected : selected.set([index], !selected.has(id));
  return { selected: next, cursor: id, anchor: id };
}

/** Ticks all of these rows, or unticks them when all were ticked. Other ticks stay. */
export function toggleMany(state: Selection, indexes: Uint32Array): Selection {
  return { ...state, selected: state.selected.set(indexes, state.selected.of(indexes) !== 'all') };
}

/**
 * Ticks everything between the anchor and `id` in the order shown, and moves the cursor there. The anchor stays, so
 * that the next range starts from the same place. Ticks elsewhere stay: a careful selection is never lost to a slip.
 */
export function extend(state: Selection, id: string, lines: Lines): Selection {
  const to = lines.placeOf(id);
  if (to === undefined) return state;
  const anchor = state.anchor ?? state.cursor ?? id;
  const from = lines.placeOf(anchor);
  const start = from ?? to;
  const between = lines.rowsBetween(Math.min(start, to), Math.max(start, to));
  return {
    selected: state.selected.set(between, true),
    cursor: id,
    anchor: from === undefined ? id : anchor,
  };
}

/** Moves the cursor without ticking anything. */
export const moveTo = (state: Selection, id: string): Selection => ({ ...state, cursor: id, anchor: id });
