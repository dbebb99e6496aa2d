import type { PageHandlers } from '#shared/contract/api.ts';
import { listProfiles } from '../../kms/index.ts';
import type { Rooms } from './rooms.ts';

export function connectionHandlers({ connection, settings }: Rooms): PageHandlers['connection'] {
  return {
    profiles: () => listProfiles(),
    use: async (choice) => {
      const state = await connection.use(choice);
      if (state.status === 'ready') settings.rememberConnection(choice);
      return state;
    },
    state: async () => connection.state,
  };
}
