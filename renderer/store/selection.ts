import { create } from 'zustand';
import type { Rule } from '#shared/model/rule.ts';
import type { Lines } from '../lib/table/arrange.ts';
import {
  extend,
  moveTo,
  NOTHING_SELECTED,
  type Selection,
  Ticks,
  toggle,
  toggleMany,
} from '../lib/table/selection.ts';
import type { Table } from '../lib/table/table.ts';

interface SelectionStore extends Selection {
  /** Rules that chose what is ticked; null once anything was ticked otherwise. */
  readonly byRules: readonly Rule[] | null;
  toggle(id: string): void;
  /** Ticks rows by their indexes in the table; all ticked already: unticks them. */
  toggleMany(indexes: Uint32Array): void;
  extend(id: string, lines: Lines): void;
  moveTo(id: string): void;
  /** Ticks these and nothing else. */
  selectOnly(ids: readonly string[], byRules?: readonly Rule[]): void;
  selectRows(indexes: Uint32Array): void;
  clear(): void;
  /** Goes over to another table and forgets blobs that are gone. Group keys (as cursor) stay. */
  follow(table: Table): void;
}

/** Which blobs are ticked and where the keyboard stands in the table. */
export const useSelection = create<SelectionStore>()((set) => ({
  ...NOTHING_SELECTED,
  byRules: null,
  toggle: (id) => set((state) => ({ ...toggle(state, id), byRules: null })),
  toggleMany: (indexes) => set((state) => ({ ...toggleMany(state, indexes), byRules: null })),
  extend: (id, lines) => set((state) => ({ ...extend(state, id, lines), byRules: null })),
  moveTo: (id) => set((state) => moveTo(state, id)),
  selectOnly: (ids, byRules) =>
    set(({ selected: { table } }) => ({
      byRules: byRules ?? null,
      selected: new Ticks(table).set(
        ids.map((id) => table.indexOf(id)).filter((index) => index !== undefined),
        true,
      ),
    })),
  selectRows: (indexes) =>
    set(({ selected }) => ({ selected: new Ticks(selected.table).set(indexes, true), byRules: null })),
  clear: () => set(({ selected }) => ({ selected: new Ticks(selected.table), byRules: null })),
  follow: (table) => set(({ selected }) => ({ selected: selected.in(table) })),
}));
