import { create } from 'zustand';
import type { Fault } from '#shared/model/fault.ts';
import type {
  BlobResult,
  Comparison,
  ComparisonProgress,
  LastResult,
  RunItem,
  RunRequest,
  RunSummary,
} from '#shared/model/run.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { count } from '../../lib/words/format.ts';
import { type PaceSample, withSample } from '../../lib/words/pace.ts';
import { doneOf } from '../../lib/words/run-words.ts';
import { useKeyGroups } from '../blobs/key-groups.ts';
import { useSelection } from '../blobs/selection.ts';

const PAGE = 5000;
const RESULTS_PAGE = 20_000;
/** Beyond this many items only failed ones are fetched for a report on screen. */
export const ITEM_LIMIT = 10_000;

export interface LoadedItems {
  readonly items: readonly RunItem[];
  /** Items that exist beyond those fetched. */
  readonly more: number;
}

interface RunStore {
  readonly runs: ReadonlyMap<string, RunSummary>;
  readonly status: 'loading' | 'ready' | 'failed';
  readonly fault: Fault | null;
  /** Outcome of the last ended run for each blob. */
  readonly results: ReadonlyMap<string, LastResult>;
  /** The run that it is from, by blob. */
  readonly resultRuns: ReadonlyMap<string, string>;
  /** Ended runs of which results were asked for, and came or could not be fetched. */
  readonly settled: ReadonlySet<string>;
  /** `anew`: what was known before is forgotten, ids of blobs with it. */
  load(anew?: boolean): Promise<void>;
  /** Asks again what the last runs made of the blobs. */
  loadResults(): Promise<void>;
  /** The engine stopped: nothing of what ran moves any more. What it came to is known once it runs again. */
  stopped(): void;
  start(request: RunRequest): Promise<string>;
  cancel(runId: string): Promise<void>;
  pause(runId: string): Promise<void>;
  /** Goes on with a paused or unfinished run. */
  resume(runId: string): Promise<void>;
  /** Starts what failed or was not reached again, as it was asked for: the new run's id. */
  retryFailed(runId: string, grantTokens?: string[]): Promise<string>;
  undo(runId: string): Promise<Undone>;
  /** How far comparisons of plaintexts are, by run. */
  readonly comparing: ReadonlyMap<string, ComparisonProgress>;
  /** `sample`: so many blobs, chosen at random; null: all. Answers when it is through, or was stopped. */
  compare(runId: string, sample: number | null): Promise<Comparison>;
  stopComparing(runId: string): Promise<void>;
  compareProgress(progress: ComparisonProgress): void;
  progress(summary: RunSummary): void;
  /** How fast each run went while this window watched. */
  readonly pace: ReadonlyMap<string, readonly PaceSample[]>;
}

export type Undone = Awaited<ReturnType<typeof undoNow>>;
const undoNow = (runId: string) => call(bridge().runs.undo({ runId }));

const UNDER_WAY: ReadonlySet<RunSummary['status']> = new Set([
  'running',
  'pausing',
  'paused',
  'waiting',
  'cancelling',
  'undoing',
]);

/** Nothing of it is moving, nor will by itself. */
export const isOver = (run: RunSummary): boolean => !UNDER_WAY.has(run.status);

/** How many runs move, or else how many are held back; null: none is under way. */
export function runsNote(runs: readonly RunSummary[]): string | null {
  const open = runs.filter((run) => !isOver(run));
  const paused = open.filter(({ status }) => status === 'paused').length;
  const waiting = open.filter(({ status }) => status === 'waiting').length;
  if (open.length > paused + waiting) return `${count(open.length - paused - waiting)} running`;
  if (paused > 0) return `${count(paused)} paused`;
  return waiting > 0 ? `${count(waiting)} waiting` : null;
}

/** Whether any run goes on: not over, not paused, not waiting for the network. */
export const areMoving = (runs: Iterable<RunSummary>): boolean =>
  [...runs].some((run) => !isOver(run) && run.status !== 'paused' && run.status !== 'waiting');

/** Whole per cent that is done of all runs under way; null: none is under way. */
export function runsPercent(runs: Iterable<RunSummary>): number | null {
  const open = [...runs].filter((run) => !isOver(run)).map(doneOf);
  const total = open.reduce((sum, each) => sum + each.total, 0);
  const done = open.reduce((sum, each) => sum + each.done, 0);
  return open.length === 0 ? null : total === 0 ? 0 : Math.floor((done / total) * 100);
}

/** The last run that can be undone; null: none. */
export function lastUndoable(runs: Iterable<RunSummary>): RunSummary | null {
  const could = [...runs].filter((run) => isOver(run) && run.undo !== null && run.elsewhere === null);
  return could.reduce<RunSummary | null>(
    (last, run) => (last === null || run.startedAt > last.startedAt ? run : last),
    null,
  );
}

/** What was said of a run cannot be taken back by a late message: an ended one may only be undone. */
function isLate(before: RunSummary, now: RunSummary): boolean {
  if (before.status === 'unfinished' || !isOver(before)) return false;
  if (now.status === 'undoing' || now.status === 'undone') return before.status === 'undone';
  return !isOver(now) || before.status === 'undone';
}

/** Fetches a run's items: all of a small run, the failed ones of a large run. */
export async function fetchItems(run: RunSummary, failedOnly = false): Promise<LoadedItems> {
  const only = failedOnly || run.counts.total > ITEM_LIMIT ? 'failed' : 'all';
  const items: RunItem[] = [];
  for (;;) {
    const page = await call(bridge().runs.items({ runId: run.id, only, offset: items.length, limit: PAGE }));
    items.push(...page.items);
    if (page.items.length === 0 || items.length >= page.total || items.length >= ITEM_LIMIT)
      return { items, more: page.total - items.length };
  }
}

/** Old and new ciphertext, base64, of a blob of a run; null where it is not on disk any more. */
export const fetchChange = (runId: string, blobId: string) => call(bridge().runs.change({ runId, blobId }));

/** A page of a run's record, failures first. `states`: empty means all. */
export async function fetchRecord(
  runId: string,
  states: readonly RunItem['state'][],
  words: string,
  offset: number,
  limit: number,
) {
  const { total, counts, items } = await call(
    bridge().runs.record({ runId, states: [...states], words, offset, limit }),
  );
  return { total, counts, rows: items };
}

/** Every run of this window and before, and what became of each blob. */
export const useRuns = create<RunStore>()((set, get) => ({
  runs: new Map(),
  status: 'loading',
  fault: null,
  results: new Map(),
  resultRuns: new Map(),
  settled: new Set(),
  async load(anew = false) {
    try {
      const { runs } = await call(bridge().runs.list({}));
      set((state) => ({
        runs: new Map([...runs.map((run) => [run.id, run] as const), ...(anew ? [] : state.runs)]),
        ...(anew ? { results: new Map(), resultRuns: new Map() } : {}),
        status: 'ready',
        fault: null,
      }));
      set(await fetchResults());
    } catch (error) {
      set({ status: 'failed', fault: pageFaultOf(error) });
    }
  },
  async loadResults() {
    const known = await fetchResults().catch(() => null);
    if (known !== null) set(known);
  },
  stopped() {
    const halt = (run: RunSummary): RunSummary =>
      isOver(run)
        ? run
        : { ...run, status: 'unfinished', rate: 0, secondsLeft: null, resume: null, undo: null, retry: null };
    set((state) => ({ runs: new Map([...state.runs].map(([id, run]) => [id, halt(run)])) }));
  },
  async start(request) {
    const { runId } = await call(bridge().runs.start(request));
    // The first event may have been missed, or be long in coming: ask once.
    get().progress(await call(bridge().runs.get({ runId })));
    return runId;
  },
  async cancel(runId) {
    await call(bridge().runs.cancel({ runId }));
  },
  async pause(runId) {
    await call(bridge().runs.pause({ runId }));
  },
  async resume(runId) {
    await call(bridge().runs.resume({ runId }));
    get().progress(await call(bridge().runs.get({ runId })));
  },
  async retryFailed(runId, grantTokens) {
    const started = await call(
      bridge().runs.retry({ runId, ...(grantTokens === undefined ? {} : { grantTokens }) }),
    );
    get().progress(await call(bridge().runs.get(started)));
    return started.runId;
  },
  async undo(runId) {
    const undone = await undoNow(runId);
    get().progress(await call(bridge().runs.get({ runId })));
    return undone;
  },
  pace: new Map(),
  comparing: new Map(),
  async compare(runId, sample) {
    try {
      return await call(bridge().runs.compare({ runId, sample }));
    } finally {
      set((state) => ({ comparing: new Map([...state.comparing].filter(([id]) => id !== runId)) }));
    }
  },
  async stopComparing(runId) {
    await call(bridge().runs.stopCompare({ runId }));
  },
  compareProgress(progress) {
    set((state) => ({ comparing: new Map(state.comparing).set(progress.runId, progress) }));
  },
  progress(summary) {
    const before = get().runs.get(summary.id);
    if (before !== undefined && isLate(before, summary)) return;
    set(({ runs, pace }) => ({
      runs: new Map(runs).set(summary.id, summary),
      pace: summary.status === 'running' ? withSample(pace, summary) : pace,
    }));
    const news = before === undefined || !isOver(before) || before.status !== summary.status;
    if (isOver(summary) && news) void settle(summary, set, get);
  },
}));

type Set_ = (patch: Partial<RunStore>) => void;

/** The last result of each blob, as the host has it: it outlives a page that is loaded again. */
async function fetchResults(): Promise<Pick<RunStore, 'results' | 'resultRuns'>> {
  const all: BlobResult[] = [];
  for (;;) {
    const page = await call(bridge().runs.results({ offset: all.length, limit: RESULTS_PAGE }));
    all.push(...page.results);
    if (page.results.length === 0 || all.length >= page.total) break;
  }
  return {
    results: new Map(all.map(({ blobId, result }) => [blobId, result])),
    resultRuns: new Map(all.map(({ blobId, runId }) => [blobId, runId])),
  };
}

/** After a run ended: remembers each blob's outcome, and lets go of the ticks of those that are done. */
async function settle(run: RunSummary, set: Set_, get: () => RunStore): Promise<void> {
  const known = await fetchResults().catch(() => null);
  set({ ...known, settled: new Set(get().settled).add(run.id) });
  if (known !== null) {
    if (!run.dryRun) useSelection.getState().unselect((id) => isDoneBy(run.id, id, get()));
  }
  // What KMS said in the run may have named groups.
  void useKeyGroups.getState().load();
}

/** Whether a run brought a blob to what was asked. */
function isDoneBy(runId: string, blobId: string, { results, resultRuns }: RunStore): boolean {
  const result = results.get(blobId);
  return resultRuns.get(blobId) === runId && (result === 'reencrypted' || result === 'already');
}
