import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { notHere } from '../not-here.ts';
import type { Services } from '../services.ts';

export function plansHandlers({ plans }: Services): PageHandlers['plans'] {
  return {
    select: async ({ rules }) => {
      const { blobIds, notes } = await plans.select(rules);
      return { blobIds, notes: [...notes] };
    },
    save: () => notHere('hand out files'),
    open: () => notHere('open a file dialog'),
    list: async () => ({ plans: plans.list() }),
    view: async ({ planId }) => plans.view(planId),
    check: ({ planId }) => plans.check(planId),
    compare: async ({ a, b }) => plans.compare(a, b),
    run: async ({ planId, dryRun }) => ({ runId: await plans.run(planId, dryRun) }),
    close: async ({ planId }) => {
      plans.close(planId);
      return {};
    },
  };
}

export function plansHostHandlers({ plans }: Services): HostHandlers['plans'] {
  return {
    openFile: async ({ path }) => ({ planId: plans.openFile(path, 'picked') }),
    write: async ({ request, rules }) => plans.write(request, rules),
  };
}
