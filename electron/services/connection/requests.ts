import type { PageHandlers } from '#shared/contract/api.ts';
import { listProfiles } from '../../core/kms/index.ts';
import { notHere } from '../not-here.ts';
import type { Services } from '../services.ts';

export function connectionHandlers({
  connection,
  destination,
  signIn,
  mfa,
  settings,
}: Services): PageHandlers['connection'] {
  return {
    profiles: () => listProfiles(),
    use: async (choice) => {
      const state = await connection.use(choice);
      if (state.status === 'ready') settings.rememberConnection(choice);
      return state;
    },
    state: async () => connection.state,
    renew: ({ side }) => (side === 'destination' ? destination : connection).renew(),
    useDestination: async ({ choice }) => {
      if (choice === null) destination.drop();
      else await destination.use(choice);
      return { destination: destination.chosen };
    },
    destination: async () => ({ destination: destination.chosen }),
    signIn: ({ profile }) => signIn.start(profile),
    cancelSignIn: async () => {
      signIn.cancel();
      return {};
    },
    openSignIn: () => notHere('open a browser'),
    answerMfa: async ({ id, code }) => {
      mfa.answer(id, code);
      return {};
    },
    waiting: async () => ({ signIn: signIn.code, mfa: mfa.waiting }),
  };
}
