import { create } from 'zustand';
import { FIRST_TABLE_LOOK } from '#shared/model/choices.ts';
import type { SavedFilter, TableLook } from '#shared/model/preferences.ts';
import { bridge, call, hasBridge } from '../../api.ts';
import type { GroupBy, Sort } from '../../lib/table/arrange.ts';
import type { FindingFilter, KindFilter } from '../../lib/table/narrow.ts';

/** What the table is narrowed to. */
interface Filter {
  readonly query: string;
  /** Text that was typed and kept. */
  readonly terms: readonly string[];
  /** The word of a state; null: all. */
  readonly state: string | null;
  readonly kind: KindFilter;
  readonly finding: FindingFilter;
  /** Name of a repository; empty: in none; null: all. */
  readonly repository: string | null;
  /** Only these blobs, and what they have in common; null: all. */
  readonly only: { readonly label: string; readonly ids: ReadonlySet<string> } | null;
}

type Columns = TableLook['columns'];

interface ArrangeStore extends Filter {
  readonly group: GroupBy;
  readonly sort: Sort;
  readonly collapsed: ReadonlySet<string>;
  readonly columns: Columns;
  readonly filters: readonly SavedFilter[];
  setQuery(query: string): void;
  /** Keeps what is typed as a term of its own. */
  keepQuery(): void;
  addTerm(term: string): void;
  removeTerm(term: string): void;
  setState(state: string | null): void;
  setKind(kind: KindFilter): void;
  setFinding(finding: FindingFilter): void;
  setRepository(repository: string | null): void;
  setOnly(only: Filter['only']): void;
  /** Shows everything again. */
  clearFilter(): void;
  setGroup(group: GroupBy): void;
  /** Sorts by a column; the same column again turns the order around. */
  sortBy(column: string): void;
  setSort(sort: Sort): void;
  setCollapsed(key: string, collapsed: boolean): void;
  /** `how`: shown or hidden by the person; null: as the table sees fit. */
  setColumn(id: string, how: 'shown' | 'hidden' | null): void;
  /** Null: the column's own width. */
  setWidth(id: string, rem: number | null): void;
  setColumnOrder(order: readonly string[]): void;
  resetColumns(): void;
  /** Keeps the present filter; one of the same name is replaced. */
  saveFilter(name: string): void;
  applyFilter(name: string): void;
  removeFilter(name: string): void;
  /** Takes over what the host kept. */
  load(): Promise<void>;
}

const NO_FILTER: Filter = {
  query: '',
  terms: [],
  state: null,
  kind: 'all',
  finding: 'all',
  repository: null,
  only: null,
};

/** How many filters and terms the host keeps. */
const MOST_FILTERS = 50;
const MOST_TERMS = 20;
/** How long changes are gathered before they are sent to the host, milliseconds. */
const GATHER_MS = 250;

let changed = false;
let sending: ReturnType<typeof setTimeout> | undefined;

/** How the table is filtered, grouped and sorted, and which columns it has. */
export const useArrange = create<ArrangeStore>()((set, get) => {
  /** A change that is kept for the next start. */
  const keep = (patch: Partial<ArrangeStore>): void => {
    changed = true;
    set(patch);
    clearTimeout(sending);
    sending = setTimeout(() => {
      const { group, sort, columns, filters } = get();
      // Best effort: what cannot be kept lasts until the window closes.
      if (hasBridge()) void bridge().app.setTable({ group, sort, columns, filters: [...filters] });
    }, GATHER_MS);
  };
  const columns = (patch: Partial<Columns>): void => keep({ columns: { ...get().columns, ...patch } });
  const addTerm = (term: string): void => {
    const { terms } = get();
    const text = term.trim().slice(0, 1000);
    if (text !== '' && !terms.includes(text) && terms.length < MOST_TERMS) set({ terms: [...terms, text] });
  };
  return {
    ...NO_FILTER,
    group: FIRST_TABLE_LOOK.group,
    sort: FIRST_TABLE_LOOK.sort,
    columns: FIRST_TABLE_LOOK.columns,
    filters: [],
    collapsed: new Set(),
    setQuery: (query) => set({ query }),
    keepQuery() {
      addTerm(get().query);
      set({ query: '' });
    },
    addTerm,
    removeTerm: (term) => set(({ terms }) => ({ terms: terms.filter((each) => each !== term) })),
    setState: (state) => set({ state }),
    setKind: (kind) => set({ kind }),
    setFinding: (finding) => set({ finding }),
    setRepository: (repository) => set({ repository }),
    setOnly: (only) => set({ only }),
    clearFilter: () => set(NO_FILTER),
    setGroup: (group) => keep({ group }),
    sortBy: (column) => {
      const { sort } = get();
      keep({ sort: { column, descending: sort.column === column && !sort.descending } });
    },
    setSort: (sort) => keep({ sort }),
    setCollapsed: (key, closed) =>
      set((state) => {
        const collapsed = new Set(state.collapsed);
        if (closed) collapsed.add(key);
        else collapsed.delete(key);
        return { collapsed };
      }),
    setColumn(id, how) {
      const without = (ids: readonly string[]): string[] => ids.filter((each) => each !== id);
      const { hidden, shown } = get().columns;
      columns({
        hidden: [...without(hidden), ...(how === 'hidden' ? [id] : [])],
        shown: [...without(shown), ...(how === 'shown' ? [id] : [])],
      });
    },
    setWidth(id, rem) {
      const { [id]: _, ...widths } = get().columns.widths;
      columns({ widths: rem === null ? widths : { ...widths, [id]: rem } });
    },
    setColumnOrder: (order) => columns({ order: [...order] }),
    resetColumns: () => keep({ columns: FIRST_TABLE_LOOK.columns }),
    saveFilter(name) {
      const { terms, query, state, kind, finding, repository, filters } = get();
      const typed = query.trim();
      const saved: SavedFilter = {
        name,
        terms: typed === '' || terms.includes(typed) ? [...terms] : [...terms, typed],
        state,
        kind: kind === 'all' ? null : kind,
        finding: finding === 'all' ? null : finding,
        repository,
      };
      keep({ filters: [...filters.filter((each) => each.name !== name), saved].slice(-MOST_FILTERS) });
    },
    applyFilter(name) {
      const saved = get().filters.find((each) => each.name === name);
      if (saved === undefined) return;
      const { terms, state, kind, finding, repository } = saved;
      set({
        ...NO_FILTER,
        terms,
        state,
        repository,
        kind: (kind ?? 'all') as KindFilter,
        finding: (finding ?? 'all') as FindingFilter,
      });
    },
    removeFilter: (name) => keep({ filters: get().filters.filter((each) => each.name !== name) }),
    async load() {
      try {
        const kept = await call(bridge().app.table({}));
        // What the person chose while the answer was under way stands.
        if (!changed) set(kept);
      } catch {
        // The first arrangement then lasts until something is chosen.
      }
    },
  };
});

/** Whether anything narrows the table. */
export const isFiltered = (filter: Filter): boolean =>
  filter.query.trim() !== '' ||
  filter.terms.length > 0 ||
  filter.state !== null ||
  filter.kind !== 'all' ||
  filter.finding !== 'all' ||
  filter.repository !== null ||
  filter.only !== null;
