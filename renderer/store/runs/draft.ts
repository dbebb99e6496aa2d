import { create } from 'zustand';
import type { BlobRow } from '#shared/model/blob.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { Rule } from '#shared/model/rule.ts';
import type { RunItem, RunRequest } from '#shared/model/run.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { pairsOf } from '../../lib/request/context.ts';
import {
  buildRequest,
  type Draft,
  draftRows,
  EMPTY_DRAFT,
  fewOf,
  firstAlgorithm,
} from '../../lib/request/request.ts';
import { cannotOpen, FEW_ANSWERS, type Fix } from '../../lib/words/fixes.ts';
import { usePreferences } from '../app/preferences.ts';
import { copyText, useUi } from '../app/ui.ts';
import { useBlobs } from '../blobs/blobs.ts';
import { useIntake } from '../blobs/intake.ts';
import { useSelection } from '../blobs/selection.ts';
import { useConnection } from '../connection/connection.ts';
import { useKeys } from '../connection/keys.ts';
import { asSent, draftFor } from './draft-start.ts';
import { usePlans } from './plans.ts';
import { fetchItems, useRuns } from './runs.ts';

/** The part of the sheet that something is to be changed in. */
type Focus = 'destination' | 'source-key' | 'source-context' | 'output' | 'more';

const FOCUS: Readonly<Record<Fix, Focus>> = {
  context: 'source-context',
  'source-key': 'source-key',
  'any-source': 'source-key',
  'destination-key': 'destination',
  output: 'output',
  'grant-tokens': 'more',
  'read-again': 'destination',
  again: 'destination',
};

/** Blobs that wait for the sheet. */
interface Asked {
  readonly rows: readonly BlobRow[];
  readonly rules: readonly Rule[];
}

export type Phase = 'edit' | 'preflight' | 'checked' | 'running' | 'result';

interface DraftStore {
  readonly open: boolean;
  readonly draft: Draft;
  /** Rules that chose the blobs; none where they were ticked. */
  readonly rules: readonly Rule[];
  readonly phase: Phase;
  readonly dryRunId: string | null;
  readonly runId: string | null;
  /** Whether the blobs that were chosen are gone with an engine that died; their run is not. */
  readonly stale: boolean;
  /** Why the last start was refused. */
  readonly fault: Fault | null;
  /** Whether the dry run under way asks about a few blobs alone, before a run of many that had no preflight. */
  readonly probing: boolean;
  /** What KMS answered to all of the few, where it opened none of them: the run was not started. */
  readonly unopened: { readonly fault: Fault; readonly asked: number } | null;
  /** Where the person is to look first. */
  readonly focus: Focus;
  /** Other blobs that the sheet was opened for while it shows a run or preflight under way; null: none. */
  readonly asked: Asked | null;
  /**
   * Shows the sheet for blobs that failed, with everything as it was asked for but what is to be changed. Of a preflight
   * the other blobs are left out, and can be taken in again.
   */
  fix(items: readonly RunItem[], fix: Fix): Promise<void>;
  openFor(rows: readonly BlobRow[], rules?: readonly Rule[]): void;
  /** Lets the run that the sheet shows go on in Runs, and sets up one for {@link DraftStore.asked}. */
  openAsked(): void;
  /** Opens the sheet for the ticked blobs; without any, for the one that the cursor is on. */
  openSheet(): void;
  close(): void;
  patch(patch: Partial<Draft>): void;
  patchSource(patch: Partial<Draft['source']>): void;
  patchDestination(patch: Partial<Draft['destination']>): void;
  patchOutput(patch: Partial<Draft['output']>): void;
  chooseDestination(key: KeyInfo): void;
  chooseSourceKey(key: KeyInfo | null): void;
  /** Leaves blobs out of the run. A preflight stays good: it judged each blob by itself. */
  exclude(blobIds: readonly string[]): void;
  /** Takes blobs that were left out in again. */
  include(blobIds: readonly string[]): void;
  preflight(): Promise<void>;
  /** `anyway`: also where a few first answers say that none of the blobs opens. */
  run(anyway?: boolean): Promise<void>;
  retryFailed(): Promise<void>;
  /** Copies the command that does the same in a shell. */
  copyCommand(): Promise<void>;
  ended(runId: string): void;
  /** The engine was started anew: the blobs that were chosen are other ones now. A run stays, to be resumed. */
  beginAnew(): void;
  backToEdit(): void;
  /** Writes down what the run would do. `shards`: as so many plans for machines that work at the same time. */
  savePlan(shards?: number): Promise<void>;
}

/** A run of at least so many blobs asks about a few of them first. */
const MANY = 50;

/** The re-encrypt sheet: what is asked for, and how far it got. Closing it never stops a run. */
export const useDraft = create<DraftStore>()((set, get) => {
  const edit = (change: (draft: Draft) => Draft): void =>
    set((state) => ({
      draft: change(state.draft),
      // What a preflight proved holds only for what it was asked.
      ...(state.phase === 'checked' ? { phase: 'edit', dryRunId: null } : {}),
      fault: null,
      unopened: null,
    }));
  // A start may wait long for its approval. What comes of it is not of the blobs that the sheet was set up for meanwhile.
  let setUps = 0;
  /** The first answers that were judged: that they are there is said more than once. */
  let judged: string | null = null;
  /** What is said of a start that the sheet has let go of. */
  const complain = (error: unknown): void => useUi.getState().complain(pageFaultOf(error));
  const begin = async (dryRun: boolean): Promise<void> => {
    const built = buildRequest(get().draft, dryRun);
    if (!built.ok) return;
    const before = get().phase;
    const mine = setUps;
    set({
      phase: dryRun ? 'preflight' : 'running',
      fault: null,
      unopened: null,
      ...(dryRun ? { dryRunId: null } : { runId: null }),
    });
    try {
      const id = await useRuns.getState().start(built.request);
      if (mine !== setUps) return;
      set(dryRun ? { dryRunId: id } : { runId: id });
      const run = useRuns.getState().runs.get(id);
      if (run !== undefined && run.finishedAt !== null) get().ended(id);
    } catch (error) {
      if (mine === setUps) set({ phase: before, fault: pageFaultOf(error) });
      else complain(error);
    }
  };
  /** Asks about a few of many blobs; {@link judge} then starts the run, or says that none of them opens. */
  const probe = async (request: RunRequest): Promise<void> => {
    set({ phase: 'preflight', probing: true, dryRunId: null, fault: null, unopened: null });
    judged = null;
    const mine = setUps;
    try {
      const id = await useRuns.getState().start({
        ...request,
        blobIds: fewOf(request.blobIds, useBlobs.getState().byId, FEW_ANSWERS),
        dryRun: true,
        beforeRunOf: request.blobIds.length,
      });
      if (mine !== setUps) return;
      set({ dryRunId: id });
      const run = useRuns.getState().runs.get(id);
      if (run !== undefined && run.finishedAt !== null) get().ended(id);
    } catch (error) {
      if (mine === setUps) set({ phase: 'edit', probing: false, fault: pageFaultOf(error) });
      else complain(error);
    }
  };
  const judge = async (runId: string): Promise<void> => {
    if (judged === runId) return;
    judged = runId;
    const mine = setUps;
    const run = useRuns.getState().runs.get(runId);
    const none = run !== undefined && run.counts.failed > 0 && run.counts.failed === run.counts.total;
    const failed = none ? await fetchItems(run, true).catch(() => null) : null;
    if (mine !== setUps) return;
    const fault = cannotOpen(failed?.items ?? []);
    set({
      phase: 'edit',
      probing: false,
      dryRunId: null,
      unopened: fault === null || run === undefined ? null : { fault, asked: run.counts.total },
    });
    if (fault === null && run?.status !== 'cancelled') await begin(false);
  };
  /** Has the list say what is on the disk; of the blobs that were chosen, those that are still there stay. */
  const readAgain = async (): Promise<void> => {
    await useIntake.getState().rescan();
    await useBlobs.getState().follow();
    const { byId } = useBlobs.getState();
    const { phase } = get();
    if (phase === 'result') return;
    edit((draft) => ({ ...draft, rows: draft.rows.flatMap(({ id }) => byId.get(id) ?? []) }));
  };
  const setUp = ({ rows, rules }: Asked): void => {
    setUps += 1;
    set({
      open: true,
      stale: false,
      focus: 'destination',
      asked: null,
      rules,
      phase: 'edit',
      probing: false,
      dryRunId: null,
      runId: null,
      fault: null,
      unopened: null,
      draft: draftFor(rows),
    });
    void useKeys.getState().load(false);
  };
  return {
    open: false,
    asked: null,
    probing: false,
    unopened: null,
    stale: false,
    draft: EMPTY_DRAFT,
    rules: [],
    phase: 'edit',
    dryRunId: null,
    runId: null,
    fault: null,
    focus: 'destination',
    openSheet() {
      const { selected, cursor, byRules } = useSelection.getState();
      const { rows, byId } = useBlobs.getState();
      const ticked = rows.filter((row) => selected.has(row.id));
      const here = cursor === null ? undefined : byId.get(cursor);
      if (ticked.length > 0) get().openFor(ticked, byRules ?? []);
      else if (here !== undefined) get().openFor([here]);
      else useUi.getState().toast('Select the blobs to re-encrypt first');
    },
    openFor(all, rules = []) {
      const { phase, draft, stale } = get();
      if (phase !== 'running' && phase !== 'preflight') {
        setUp({ rows: all, rules });
        return;
      }
      // A run of this sheet is under way: show it rather than lose sight of it, and say so where it is not of these blobs.
      // Ids of an engine that died name other blobs now.
      const mine = new Set(stale ? [] : draftRows(draft).map(({ id }) => id));
      const rows = all.filter(({ id }) => !mine.has(id));
      set({ open: true, asked: rows.length === 0 ? null : { rows, rules } });
    },
    openAsked() {
      const { asked } = get();
      if (asked !== null) setUp(asked);
    },
    async fix(items, fix) {
      const { draft, phase, stale } = get();
      if (phase === 'running' || phase === 'preflight') return;
      if (fix === 'read-again') return readAgain();
      const ids = new Set(items.map(({ blobId }) => blobId));
      const mine = !stale && draft.rows.some(({ id }) => ids.has(id));
      const base = mine ? draft : await asSent(items, draft);
      if (mine && phase === 'checked')
        set({
          draft: {
            ...draft,
            excluded: new Set([
              ...draft.excluded,
              ...draftRows(draft).flatMap(({ id }) => (ids.has(id) ? [] : [id])),
            ]),
          },
          phase: 'edit',
          dryRunId: null,
        });
      else {
        const { byId } = useBlobs.getState();
        get().openFor(items.flatMap(({ blobId }) => byId.get(blobId) ?? []));
        const { rows, leftOut, family, output } = get().draft;
        // Where the new ciphertext can go depends on the blobs; the rest is as it was asked for.
        const kept = mine && draft.output.mode !== null && fix !== 'output' ? draft.output : output;
        set({
          draft: { ...base, rows, leftOut, family, output: kept, excluded: new Set(), method: 'reencrypt' },
        });
      }
      const [first] = items;
      const context = first?.sent?.sourceContext ?? {};
      if (fix === 'context')
        get().patchSource({
          mode: 'given',
          pairs: get().draft.source.pairs.length > 0 ? get().draft.source.pairs : pairsOf(context),
        });
      if (fix === 'any-source') get().chooseSourceKey(null);
      set({ focus: FOCUS[fix], open: true, fault: null });
    },
    close: () => set({ open: false, asked: null }),
    patch: (patch) => edit((draft) => ({ ...draft, ...patch })),
    patchSource: (patch) => edit((draft) => ({ ...draft, source: { ...draft.source, ...patch } })),
    patchDestination: (patch) =>
      edit((draft) => ({ ...draft, destination: { ...draft.destination, ...patch } })),
    patchOutput: (patch) => edit((draft) => ({ ...draft, output: { ...draft.output, ...patch } })),
    chooseDestination: (key) =>
      edit((draft) => ({
        ...draft,
        // What was agreed to was said of the key before.
        method: 'reencrypt',
        destination: { ...draft.destination, key, algorithm: firstAlgorithm(key) },
      })),
    chooseSourceKey: (key) =>
      edit((draft) => {
        const first = key === null ? null : firstAlgorithm(key);
        const keep =
          key === null || key.algorithms.length === 0 || key.algorithms.includes(draft.source.algorithm);
        const algorithm = keep || first === null ? draft.source.algorithm : first;
        return { ...draft, source: { ...draft.source, key, algorithm } };
      }),
    exclude: (blobIds) =>
      set(({ draft }) => ({ draft: { ...draft, excluded: new Set([...draft.excluded, ...blobIds]) } })),
    include(blobIds) {
      const back = new Set(blobIds);
      set(({ draft }) => ({
        draft: { ...draft, excluded: new Set([...draft.excluded].filter((id) => !back.has(id))) },
      }));
    },
    preflight: () => begin(true),
    run: async (anyway = false) => {
      const account = useConnection.getState().connection?.identity?.account ?? '';
      const first = usePreferences.getState().accounts[account]?.dryRunFirst === true;
      // What a preflight proved holds until the request is changed.
      if (get().phase === 'checked') return begin(false);
      if (!first) {
        const built = buildRequest(get().draft, false);
        const many = built.ok && built.request.blobIds.length >= MANY && built.request.method === 'reencrypt';
        return many && !anyway ? probe(built.request) : begin(false);
      }
      useUi.getState().toast(`Account ${account}: a preflight comes first`);
      return begin(true);
    },
    async retryFailed() {
      const { runId } = get();
      if (runId === null) return;
      const before = setUps;
      try {
        set({ phase: 'running', runId: null, fault: null });
        const id = await useRuns.getState().retryFailed(runId);
        if (before !== setUps) return;
        set({ runId: id });
        const started = useRuns.getState().runs.get(id);
        if (started !== undefined && started.finishedAt !== null) get().ended(id);
      } catch (error) {
        if (before === setUps) set({ phase: 'result', runId, fault: pageFaultOf(error) });
        else complain(error);
      }
    },
    async copyCommand() {
      const built = buildRequest(get().draft, false);
      if (!built.ok) return;
      set({ fault: null });
      try {
        const { grantTokens: _, dryRun: __, ...request } = built.request;
        const { text } = await call(bridge().plans.command({ request }));
        await copyText(text, 'the command');
      } catch (error) {
        set({ fault: pageFaultOf(error) });
      }
    },
    ended(runId) {
      const { phase, dryRunId, runId: mine, probing } = get();
      if (phase === 'preflight' && runId === dryRunId) {
        if (probing) void judge(runId);
        else set({ phase: 'checked' });
      }
      if (phase === 'running' && runId === mine) set({ phase: 'result' });
    },
    beginAnew() {
      const { phase } = get();
      if (phase === 'running' || phase === 'result') {
        set({ stale: true, asked: null });
        return;
      }
      setUps += 1;
      set({
        open: false,
        asked: null,
        draft: EMPTY_DRAFT,
        rules: [],
        phase: 'edit',
        probing: false,
        unopened: null,
        dryRunId: null,
        runId: null,
        fault: null,
      });
    },
    async savePlan(shards) {
      const { draft, rules } = get();
      const built = buildRequest(draft, false);
      if (!built.ok) return;
      set({ fault: null });
      const { save, shard } = usePlans.getState();
      const refused = await (shards === undefined
        ? save(built.request, rules)
        : shard(built.request, rules, shards));
      if (refused !== null) set({ fault: refused });
    },
    backToEdit: () =>
      set(({ draft }) => ({
        phase: 'edit',
        dryRunId: null,
        runId: null,
        fault: null,
        // Agreed to for one run.
        draft: { ...draft, method: 'reencrypt' },
      })),
  };
});
