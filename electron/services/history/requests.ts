import type { PageHandlers } from '#shared/contract/api.ts';
import type { Services } from '../services.ts';

export function historyHandlers({ history }: Services): PageHandlers['history'] {
  return {
    list: async ({ offset, limit }) => history.list(offset, limit),
    verify: async ({ expected }) => history.verify(expected),
  };
}
