import { create } from 'zustand';
import type { SeverityFilter } from '../../lib/words/audit.ts';

interface FindingsStore {
  readonly filter: SeverityFilter;
  readonly query: string;
  /** Rules that show each of their findings. */
  readonly open: ReadonlySet<string>;
  /** Ids of findings that are ticked. */
  readonly ticked: ReadonlySet<string>;
  /** Id of the line that the pane shows; null: none. */
  readonly chosen: string | null;
  set(patch: Partial<Pick<FindingsStore, 'filter' | 'query' | 'chosen'>>): void;
  setOpen(code: string, open: boolean): void;
  /** Ticks all of these, or where all are ticked none of them. */
  toggle(ids: readonly string[]): void;
  clearTicks(): void;
}

/** How the findings are looked at; kept, so that coming back finds the same place. */
export const useFindings = create<FindingsStore>()((set) => ({
  filter: 'all',
  query: '',
  open: new Set(),
  ticked: new Set(),
  chosen: null,
  set: (patch) => set(patch),
  setOpen: (code, isOpen) =>
    set(({ open }) => {
      const next = new Set(open);
      if (isOpen) next.add(code);
      else next.delete(code);
      return { open: next };
    }),
  toggle: (ids) =>
    set(({ ticked }) => {
      const next = new Set(ticked);
      const all = ids.every((id) => ticked.has(id));
      for (const id of ids) {
        if (all) next.delete(id);
        else next.add(id);
      }
      return { ticked: next };
    }),
  clearTicks: () => set({ ticked: new Set() }),
}));
