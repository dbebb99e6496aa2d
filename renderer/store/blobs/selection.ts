import { create } from 'zustand';
import type { Rule } from '#shared/model/rule.ts';
import { bridge, call, hasBridge } from '../../api.ts';
import type { Lines } from '../../lib/table/arrange.ts';
import {
  extend,
  moveTo,
  NOTHING_SELECTED,
  type Selection,
  Ticks,
  toggle,
  toggleMany,
} from '../../lib/table/selection.ts';
import type { Table } from '../../lib/table/table.ts';

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
  /** Unticks the ticked blobs of which that holds. */
  unselect(of: (id: string) => boolean): void;
  /** Ticks again what was ticked before the page was loaded, unless something is by now. */
  restore(): Promise<void>;
  clear(): void;
  /** Goes over to another table and forgets blobs that are gone. Group keys (as cursor) stay. */
  follow(table: Table): void;
}

/** How long changes are gathered before the host hears of them, milliseconds. */
const GATHER_MS = 400;
/** Whether the host hears what is ticked: not before it was asked what was. */
let keeping = false;
let sending: ReturnType<typeof setTimeout> | undefined;

/** Which blobs are ticked and where the keyboard stands in the table. */
export const useSelection = create<SelectionStore>()((set, get) => ({
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
  unselect: (of) =>
    set(({ selected }) => {
      const gone = [...selected.indexes].filter((index) => of(selected.table.rows[index]?.id ?? ''));
      return gone.length === 0 ? {} : { selected: selected.set(gone, false), byRules: null };
    }),
  async restore() {
    const { blobIds } = await call(bridge().blobs.selection({})).catch(() => ({ blobIds: [] }));
    const { selected, selectOnly } = get();
    if (selected.size === 0 && blobIds.length > 0) selectOnly(blobIds);
    keeping = true;
  },
  clear: () => set(({ selected }) => ({ selected: new Ticks(selected.table), byRules: null })),
  follow: (table) => set(({ selected }) => ({ selected: selected.in(table) })),
}));

/** Has the host keep what is ticked, for a page that is loaded again. Returns how to stop. */
export const keepSelection = (): (() => void) =>
  useSelection.subscribe(({ selected }, before) => {
    if (!keeping || selected === before.selected || !hasBridge()) return;
    clearTimeout(sending);
    sending = setTimeout(() => {
      const { selected: now } = useSelection.getState();
      const blobIds = Array.from(now.indexes, (index) => now.table.rows[index]?.id ?? '');
      // Best effort: what cannot be kept lasts as long as the page.
      void bridge().blobs.select({ blobIds });
    }, GATHER_MS);
  });
