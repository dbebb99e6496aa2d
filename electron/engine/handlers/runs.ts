import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { notHere } from './not-here.ts';
import type { Rooms } from './rooms.ts';

export function runsHandlers({ runs }: Rooms): PageHandlers['runs'] {
  return {
    start: async (request) => ({ runId: await runs.start(request) }),
    get: async ({ runId }) => runs.get(runId).summary(),
    list: async () => ({ runs: runs.list() }),
    items: async ({ runId, offset, limit, only }) => {
      const all = runs.get(runId).items();
      const chosen = only === 'failed' ? all.filter((item) => item.state === 'failed') : all;
      return { total: chosen.length, items: chosen.slice(offset, offset + limit) };
    },
    cancel: async ({ runId }) => {
      runs.get(runId).cancel();
      return {};
    },
    download: () => notHere('hand out downloads'),
  };
}

export function runsHostHandlers({ runs }: Rooms): HostHandlers['runs'] {
  return {
    kept: async ({ runId }) => ({
      files: runs
        .get(runId)
        .kept()
        .map(({ relative, bytes }) => ({ relative, bytes: new Uint8Array(bytes) })),
    }),
  };
}
