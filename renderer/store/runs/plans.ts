import { create } from 'zustand';
import type { Reply, ReplyValue, RequestInput } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { PlanEntry } from '#shared/model/plan-view.ts';
import type { Rule } from '#shared/model/rule.ts';
import type { RunRequest } from '#shared/model/run.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { fetchDownload } from '../../lib/platform.ts';
import { plural } from '../../lib/words/format.ts';
import { attempt, useUi } from '../app/ui.ts';
import { useRuns } from './runs.ts';

interface PlanStore {
  /** Plans that were opened since Rewrap started, the last one first. */
  readonly plans: readonly PlanEntry[];
  load(): Promise<void>;
  /** A plan was opened: it is shown. */
  opened(planId: string): Promise<void>;
  /** Through the host's dialog. */
  choose(): Promise<void>;
  close(planId: string): Promise<void>;
  /** Hands a plan out as a file. What was refused, or null. */
  save(request: RunRequest, rules: readonly Rule[]): Promise<Fault | null>;
  /** Hands it out as so many shards. What was refused, or null. */
  shard(request: RunRequest, rules: readonly Rule[], shards: number): Promise<Fault | null>;
  /** Starts a plan and shows its run. Throws what `call` throws. */
  run(planId: string, dryRun: boolean): Promise<void>;
}

/** Plans that are open: what runs would do, as files say it. */
export const usePlans = create<PlanStore>()((set, get) => ({
  plans: [],
  async load() {
    try {
      set(await call(bridge().plans.list({})));
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  async opened(planId) {
    await get().load();
    useUi.getState().showPlan(planId);
  },
  async choose() {
    await attempt(() => call(bridge().plans.open({})));
  },
  async close(planId) {
    useUi.getState().showPlan(null);
    await call(bridge().plans.close({ planId })).catch(() => null);
    await get().load();
  },
  save: (request, rules) => handOut(request, rules, (draft) => bridge().plans.save(draft)),
  shard: (request, rules, shards) =>
    handOut(request, rules, (draft) => bridge().plans.shard({ ...draft, shards })),
  async run(planId, dryRun) {
    const { runId } = await call(bridge().plans.run({ planId, dryRun }));
    useRuns.getState().progress(await call(bridge().runs.get({ runId })));
    useUi.getState().showRun(runId);
  },
}));

type PlanDraft = RequestInput<(typeof requests)['plans']['save']>;
type Saved = ReplyValue<(typeof requests)['plans']['save']>;

/** Has the host hand out what a request would do, and says what it left out. What was refused, or null. */
async function handOut(
  { grantTokens, dryRun: _, ...request }: RunRequest,
  rules: readonly Rule[],
  save: (draft: PlanDraft) => Promise<Reply<Saved>>,
): Promise<Fault | null> {
  try {
    const { url, name, saved, leftOut } = await call(save({ request, rules: [...rules] }));
    if (url !== null) fetchDownload(url, name);
    if (url === null && !saved) return null;
    const missing = [
      leftOut > 0 && `${plural(leftOut, 'pasted blob')} left out`,
      grantTokens.length > 0 && 'grant tokens left out',
    ].filter((part) => part !== false);
    useUi.getState().toast([`Saved ${name}`, ...missing].join('; '));
    return null;
  } catch (error) {
    return pageFaultOf(error);
  }
}
