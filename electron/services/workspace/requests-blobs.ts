import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { Services } from '../services.ts';

export function blobsHandlers({ workspace, blobs, runs }: Services): PageHandlers['blobs'] {
  return {
    list: async ({ offset, limit }) => {
      await blobs.prepare();
      return blobs.rows(offset, limit);
    },
    changes: async ({ since, offset, limit }) => {
      await blobs.prepare();
      return blobs.changes(since, offset, limit);
    },
    sources: async ({ offset, limit }) => workspace.sources(offset, limit),
    inspect: async ({ blobId }) => blobs.inspect(blobId),
    resultText: async ({ runId, blobId }) => {
      const text = await runs.resultText(runId, blobId);
      if (text === null)
        throw new FaultError(
          fault(
            'NoResult',
            'There is no new ciphertext for this blob.',
            'It was not re-encrypted in this run.',
            '',
          ),
        );
      return { text };
    },
  };
}

export function blobsHostHandlers({ workspace }: Services): HostHandlers['blobs'] {
  return { places: async ({ offset, limit }) => ({ blobs: workspace.places(offset, limit) }) };
}
