import { create } from 'zustand';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunRequest, RunSummary } from '#shared/model/run.ts';
import { bridge, call, faultOf } from '../api.ts';
import type { LastResult } from '../lib/words.ts';
import { useClusters } from './clusters.ts';

const PAGE = 5000;
/** Beyond this many items only failed ones are fetched for a report on screen. */
export const ITEM_LIMIT = 10_000;

export interface RunItems {
  readonly items: readonly RunItem[];
  /** Items that exist beyond those fetched. */
  readonly more: number;
}

interface RunStore {
  readonly runs: ReadonlyMap<string, RunSummary>;
  readonly status: 'loading' | 'ready' | 'failed';
  readonly fault: Fault | null;
  /** Requests started from this window, for "Retry failed". */
  readonly requests: ReadonlyMap<string, RunRequest>;
  /** Outcome of the last ended run for each blob. */
  readonly results: ReadonlyMap<string, LastResult>;
  load(): Promise<void>;
  start(request: RunRequest): Promise<string>;
  cancel(runId: string): Promise<void>;
  /** Starts the failed blobs of an ended run again, as they were asked for. Null where nothing is to retry. */
  retryFailed(runId: string): Promise<string | null>;
  progress(summary: RunSummary): void;
}

export const isOver = (run: RunSummary): boolean => run.status !== 'running' && run.status !== 'cancelling';

/** Fetches a run's items: all of a small run, the failed ones of a large run. */
export async function fetchItems(run: RunSummary, failedOnly = false): Promise<RunItems> {
  const only = failedOnly || run.counts.total > ITEM_LIMIT ? 'failed' : 'all';
  const items: RunItem[] = [];
  for (;;) {
    const page = await call(bridge().runs.items({ runId: run.id, only, offset: items.length, limit: PAGE }));
    items.push(...page.items);
    if (page.items.length === 0 || items.length >= page.total || items.length >= ITEM_LIMIT)
      return { items, more: page.total - items.length };
  }
}

/** Every run of this window and before, and what became of each blob. */
export const useRuns = create<RunStore>()((set, get) => ({
  runs: new Map(),
  status: 'loading',
  fault: null,
  requests: new Map(),
  results: new Map(),
  async load() {
    try {
      const { runs } = await call(bridge().runs.list({}));
      set((state) => ({
        runs: new Map([...runs.map((run) => [run.id, run] as const), ...state.runs]),
        status: 'ready',
        fault: null,
      }));
    } catch (error) {
      set({ status: 'failed', fault: faultOf(error) });
    }
  },
  async start(request) {
    const { runId } = await call(bridge().runs.start(request));
    set((state) => ({ requests: new Map(state.requests).set(runId, request) }));
    // The first event may have been missed, or be long in coming: ask once.
    get().progress(await call(bridge().runs.get({ runId })));
    return runId;
  },
  async cancel(runId) {
    await call(bridge().runs.cancel({ runId }));
  },
  async retryFailed(runId) {
    const run = get().runs.get(runId);
    const request = get().requests.get(runId);
    // To decrypt here is agreed to anew for each run: from the sheet.
    if (run === undefined || request === undefined || request.route !== 'reencrypt') return null;
    const { items } = await fetchItems(run, true);
    const blobIds = items.filter((item) => item.state === 'failed').map((item) => item.blobId);
    return blobIds.length === 0 ? null : get().start({ ...request, blobIds });
  },
  progress(summary) {
    const before = get().runs.get(summary.id);
    // Replies and events may cross: an ended run never becomes a running one again.
    if (before !== undefined && isOver(before) && !isOver(summary)) return;
    set((state) => ({ runs: new Map(state.runs).set(summary.id, summary) }));
    if (isOver(summary) && (before === undefined || !isOver(before))) void settle(summary, set, get);
  },
}));

type Set_ = (patch: Partial<RunStore>) => void;

/** After a run ended: remembers each blob's outcome. */
async function settle(run: RunSummary, set: Set_, get: () => RunStore): Promise<void> {
  const { items } = await fetchItems(run).catch(() => ({ items: [] }));
  const results = new Map(get().results);
  for (const item of items) {
    const result = lastResult(item, run.dryRun);
    if (result !== null) results.set(item.blobId, result);
  }
  set({ results });
  // What KMS said in the run may have named groups.
  void useClusters.getState().load();
}

function lastResult(item: RunItem, dryRun: boolean): LastResult | null {
  if (item.state === 'would-succeed') return 'would-succeed';
  if (item.state === 'reencrypted') return 'reencrypted';
  if (item.state === 'failed') return dryRun ? 'would-fail' : 'failed';
  return null;
}
