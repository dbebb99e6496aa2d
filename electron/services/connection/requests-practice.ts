import type { PageHandlers } from '#shared/contract/api.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { Services } from '../services.ts';

export function practiceHandlers({
  connection,
  practice,
  workspace,
  recorder,
}: Services): PageHandlers['practice'] {
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
      const folder = await practice.restoreVault();
      recorder.note('vault-restored', { outcome: 'made anew', detail: 'the sample vault' });
      return workspace.addPaths([folder], 'path');
    },
  };
}
