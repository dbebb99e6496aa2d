import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { notHere } from '../not-here.ts';
import { plannedFiles, runPlan } from '../plans/plans.ts';
import type { Services } from '../services.ts';

export function runsHandlers({ runs }: Services): PageHandlers['runs'] {
  return {
    start: async (request) => ({ runId: await runs.start(request) }),
    get: async ({ runId }) => runs.summary(runId),
    list: async () => ({ runs: await runs.list() }),
    items: async ({ runId, ...query }) => runs.items(runId, query),
    cancel: async ({ runId }) => {
      await runs.cancel(runId);
      return {};
    },
    pause: async ({ runId }) => {
      runs.pause(runId);
      return {};
    },
    resume: async ({ runId }) => {
      await runs.resume(runId);
      return {};
    },
    retry: async ({ runId, grantTokens }) => ({ runId: await runs.retry(runId, grantTokens) }),
    undo: ({ runId }) => runs.undo(runId),
    download: () => notHere('hand out downloads'),
  };
}

export function runsHostHandlers({ runs, workspace }: Services): HostHandlers['runs'] {
  return {
    named: async ({ prefix }) => ({ runId: runs.named(prefix) }),
    startCommand: async ({ request, paths }) => ({ runId: await runs.startCommand(request, paths) }),
    suspend: ({ runId }) => runs.suspend(runId),
    planFiles: async ({ blobIds }) => ({ files: await plannedFiles(workspace, blobIds) }),
    runPlan: async ({ plan, root, dryRun }) => ({ runId: await runPlan(runs, plan, root, dryRun) }),
    kept: async ({ runId }) => ({
      files: runs.kept(runId).map(({ relative, bytes }) => ({ relative, bytes: new Uint8Array(bytes) })),
    }),
  };
}
