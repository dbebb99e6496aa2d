import type { RewrapApi } from '#shared/contract/api.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { PlanEntry, PlanView } from '#shared/model/plan-view.ts';
import type { RunRequest } from '#shared/model/run.ts';
import { BROKEN, no, ok } from './answers.ts';
import type { Emit } from './events.ts';
import { KEYS } from './keys.ts';
import type { FakeOptions } from './options.ts';
import { makeCheck, makeComparison, makePlan } from './plans.ts';
import { FakeRun } from './runs.ts';
import { makeStates, stateItems } from './states.ts';

/** Runs, and the plans that start some. `rows`: the list as it is now. */
export function fakeRuns(
  options: FakeOptions,
  rows: () => readonly BlobRow[],
  emit: Emit,
): Pick<RewrapApi, 'runs' | 'plans'> {
  const runs = new Map<string, FakeRun>();
  const plans: string[] = [];
  const states = options.states ? makeStates() : [];
  const entryOf = ({ planId, name, createdAt, mode, touches, destinationKeyId }: PlanView): PlanEntry => ({
    planId,
    name,
    createdAt,
    mode,
    touches,
    destinationKeyId,
  });
  const begin = (request: RunRequest) => {
    const id = `r${runs.size + 1}`;
    const chosen = rows().filter((row) => request.blobIds.includes(row.id));
    const settings = {
      failing: options.failing,
      slow: options.slow,
      connection: 'practice KMS · us-east-1 · 111122223333',
    };
    runs.set(id, new FakeRun(id, request, chosen, settings, (run) => emit('runProgress', run)));
    return ok({ runId: id });
  };
  const room: RewrapApi['runs'] = {
    start: (request) => begin(request),
    pause: ({ runId }) => {
      runs.get(runId)?.hold(true, (run) => emit('runProgress', run));
      return ok({});
    },
    resume: ({ runId }) => {
      runs.get(runId)?.hold(false, (run) => emit('runProgress', run));
      return ok({});
    },
    retry: ({ runId }) => {
      const run = runs.get(runId);
      if (run === undefined) return no(BROKEN);
      const failed = run.items.filter((item) => item.state === 'failed');
      return begin({ ...run.request, blobIds: failed.map((item) => item.blobId) });
    },
    undo: ({ runId }) => {
      const run = runs.get(runId);
      if (run === undefined) return no(BROKEN);
      return ok({ restored: run.undo((now) => emit('runProgress', now)), left: [], leftTotal: 0 });
    },
    compare: () => no(BROKEN),
    stopCompare: () => ok({}),
    get: ({ runId }) => {
      const run = runs.get(runId);
      return run === undefined ? no(BROKEN) : ok(run.summary);
    },
    list: () => ok({ runs: [...runs.values()].map((run) => run.summary).concat(states) }),
    items: ({ runId, offset, limit, only }) => {
      const state = states.find(({ id }) => id === runId);
      const all = state === undefined ? (runs.get(runId)?.items ?? []) : stateItems(state);
      const items = all.filter((item) => only === 'all' || item.state === 'failed');
      return ok({ total: items.length, items: items.slice(offset, offset + limit) });
    },
    cancel: ({ runId }) => {
      runs.get(runId)?.cancel((run) => emit('runProgress', run));
      return ok({});
    },
    resultText: () => ok({ text: 'AQICAHh…' }),
    download: () => ok({ url: '/download', name: 'rewrapped.zip' }),
  };
  const plansNamespace: RewrapApi['plans'] = {
    select: () => ok({ blobIds: idsOf(rows().slice(0, 7)), notes: [] }, 100),
    save: () => ok({ url: null, name: 'rewrap-plan.json', saved: true, leftOut: 0 }),
    open: () => {
      plans.unshift(`p${plans.length + 1}`);
      emit('planOpened', { planId: plans[0] ?? '' });
      return ok({ planId: plans[0] ?? null });
    },
    list: () => ok({ plans: plans.map((planId) => entryOf(makePlan(planId, rows()))) }),
    view: ({ planId }) => (options.failing ? no(BROKEN) : ok(makePlan(planId, rows()))),
    check: () => ok(makeCheck(rows()), 400),
    compare: () => ok(makeComparison(rows())),
    run: ({ dryRun }) =>
      begin({
        blobIds: idsOf(rows()),
        source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
        destination: {
          keyId: KEYS[1]?.arn ?? '',
          algorithm: 'SYMMETRIC_DEFAULT',
          context: { mode: 'same' },
        },
        grantTokens: [],
        output: { mode: 'in-place', backup: true },
        route: 'reencrypt',
        verify: true,
        dryRun,
      }),
    close: ({ planId }) => {
      plans.splice(plans.indexOf(planId), 1);
      return ok({});
    },
  };
  return { runs: room, plans: plansNamespace };
}

const idsOf = (rows: readonly BlobRow[]): string[] => rows.map(({ id }) => id);
