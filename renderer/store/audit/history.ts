import { create } from 'zustand';
import type { HistoryFilter } from '#shared/model/history.ts';
import { bridge, call } from '../../api.ts';

/** What is looked for in the history. */
interface HistoryQuery {
  readonly words: string;
  /** One kind; null: all. */
  readonly kind: HistoryFilter['kinds'][number] | null;
  readonly outcome: string | null;
  /** Local days, `2026-11-30`, both included; empty: open. */
  readonly from: string;
  readonly to: string;
  /** The records of one run, its blobs among them; null: of all. */
  readonly run: { readonly id: string; readonly name: string } | null;
}

export const NO_QUERY: HistoryQuery = {
  words: '',
  kind: null,
  outcome: null,
  from: '',
  to: '',
  run: null,
};

interface HistoryStore {
  readonly query: HistoryQuery;
  set(patch: Partial<HistoryQuery>): void;
}

/** What the history is narrowed to; kept, so that coming back to it finds the same place. */
export const useHistory = create<HistoryStore>()((set) => ({
  query: NO_QUERY,
  set: (patch) => set(({ query }) => ({ query: { ...query, ...patch } })),
}));

/** Local midnight of a day, some days later, in UTC as the history has its times; null where it is no day. */
function dayStart(day: string, later = 0): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (match === null) return null;
  const date = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]) + later);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The request of a query. Blobs are folded under their runs until something is looked for that they alone may have. */
export const filterOf = ({ words, kind, outcome, from, to, run }: HistoryQuery): HistoryFilter => ({
  words: words.trim(),
  kinds: kind === null ? [] : [kind],
  outcome,
  from: dayStart(from),
  before: dayStart(to, 1),
  runId: run?.id ?? null,
  folded: words.trim() === '' && kind === null && outcome === null && run === null,
});

/** A page of the history, newest first, and the head of its chain. */
export async function fetchHistory(filter: HistoryFilter, offset: number, limit: number) {
  const { total, head, records } = await call(bridge().history.find({ filter, offset, limit }));
  return { total, head, rows: records };
}
