import { create } from 'zustand';
import type { FindingFilter, GroupBy, KindFilter, Sort } from '../lib/table/arrange.ts';

interface ArrangeStore {
  readonly query: string;
  readonly kind: KindFilter;
  readonly finding: FindingFilter;
  /** Name of a repository; empty: in none; null: all. */
  readonly repository: string | null;
  /** Only these blobs, and what they have in common; null: all. */
  readonly only: { readonly label: string; readonly ids: ReadonlySet<string> } | null;
  readonly group: GroupBy;
  readonly sort: Sort;
  readonly collapsed: ReadonlySet<string>;
  setQuery(query: string): void;
  setKind(kind: KindFilter): void;
  setFinding(finding: FindingFilter): void;
  setRepository(repository: string | null): void;
  setOnly(only: ArrangeStore['only']): void;
  setGroup(group: GroupBy): void;
  /** Sorts by a column; the same column again turns the order around. */
  sortBy(column: string): void;
  setSort(sort: Sort): void;
  setCollapsed(key: string, collapsed: boolean): void;
}

/** How the table is filtered, grouped and sorted. */
export const useArrange = create<ArrangeStore>()((set) => ({
  query: '',
  kind: 'all',
  finding: 'all',
  repository: null,
  only: null,
  group: 'key',
  sort: { column: 'added', descending: false },
  collapsed: new Set(),
  setQuery: (query) => set({ query }),
  setKind: (kind) => set({ kind }),
  setFinding: (finding) => set({ finding }),
  setRepository: (repository) => set({ repository }),
  setOnly: (only) => set({ only }),
  setGroup: (group) => set({ group }),
  sortBy: (column) =>
    set(({ sort }) => ({ sort: { column, descending: sort.column === column && !sort.descending } })),
  setSort: (sort) => set({ sort }),
  setCollapsed: (key, closed) =>
    set((state) => {
      const collapsed = new Set(state.collapsed);
      if (closed) collapsed.add(key);
      else collapsed.delete(key);
      return { collapsed };
    }),
}));
