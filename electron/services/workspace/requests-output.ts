import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { notHere } from '../not-here.ts';
import type { Services } from '../services.ts';

export function outputHandlers(): PageHandlers['output'] {
  return {
    chooseFolder: () => notHere('open a folder dialog'),
    reveal: () => notHere('show files in a file manager'),
  };
}

export function outputHostHandlers({ runs }: Services): HostHandlers['output'] {
  return {
    addFolder: ({ path }) => runs.addFolder(path),
    pathOf: async ({ runId, blobId }) => ({ path: runs.resultPath(runId, blobId) }),
  };
}
