import { create } from 'zustand';
import { extend, moveTo, NOTHING_SELECTED, type Selection, toggle, toggleMany } from '../lib/selection.ts';

interface SelectionStore extends Selection {
  toggle(id: string): void;
  toggleMany(ids: readonly string[]): void;
  extend(id: string, order: readonly string[]): void;
  moveTo(id: string): void;
  selectOnly(ids: readonly string[]): void;
  clear(): void;
  /** Forgets blobs that are gone. Group keys (as cursor) stay. */
  keepOnly(exists: ReadonlyMap<string, unknown>): void;
}

/** Which blobs are ticked and where the keyboard stands in the table. */
export const useSelection = create<SelectionStore>()((set) => ({
  ...NOTHING_SELECTED,
  toggle: (id) => set((state) => toggle(state, id)),
  toggleMany: (ids) => set((state) => toggleMany(state, ids)),
  extend: (id, order) => set((state) => extend(state, id, order)),
  moveTo: (id) => set((state) => moveTo(state, id)),
  selectOnly: (ids) => set({ selected: new Set(ids) }),
  clear: () => set({ selected: new Set() }),
  keepOnly: (exists) =>
    set((state) => {
      const selected = new Set([...state.selected].filter((id) => exists.has(id)));
      return selected.size === state.selected.size ? state : { selected };
    }),
}));
