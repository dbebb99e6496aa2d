import type { PageHandlers } from '#shared/contract/api.ts';
import { notHere } from '../not-here.ts';
import type { Services } from '../services.ts';

export function appHandlers({
  options,
  runs,
  connection,
  settings,
  approvals,
}: Services): PageHandlers['app'] {
  return {
    state: async () => ({
      version: options.version,
      host: options.host,
      platform: process.platform,
      can: options.can,
      outputFolders: runs.folders(),
      connection: connection.state,
      approval: approvals.waiting,
    }),
    look: async () => settings.read().look,
    setLook: async (look) => {
      settings.rememberLook(look);
      return {};
    },
    endOtherSessions: () => notHere('have sessions of other pages'),
    // A host that keeps messages for its page hears this itself.
    ready: async () => ({}),
    copyDiagnostics: () => notHere('put together diagnostics'),
  };
}
