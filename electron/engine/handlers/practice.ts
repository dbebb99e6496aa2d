import type { PageHandlers } from '#shared/contract/api.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { Rooms } from './rooms.ts';

export function practiceHandlers({ connection, practice, workspace }: Rooms): PageHandlers['practice'] {
  return {
    restoreVault: async () => {
      if (connection.state.choice.kind !== 'practice')
        throw new FaultError(
          fault(
            'NotPractice',
            'The sample vault belongs to the practice KMS.',
            '',
            'Connect to practice first.',
          ),
        );
      return workspace.addPaths([await practice.restoreVault()], 'path');
    },
  };
}
