import type { PageHandlers } from '#shared/contract/api.ts';
import type { Rooms } from '../services.ts';

export function historyHandlers({ history }: Rooms): PageHandlers['history'] {
  return {
    list: async ({ offset, limit }) => history.list(offset, limit),
    verify: async ({ expected }) => history.verify(expected),
  };
}
