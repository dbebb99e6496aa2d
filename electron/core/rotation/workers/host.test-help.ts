/**
 * A host with a run by two processes, for a test to kill: says each figure on a line of its own. Started with what it is to do as
 * JSON.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { runWorkerEnvironment } from '../../children/index.ts';
import { connect } from '../../kms/index.ts';
import { channelTo } from '../../two-step/index.ts';
import { type RunInput, RunManager } from '../index.ts';

const { home, input, access } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly home: string;
  readonly input: Omit<RunInput, 'kms'>;
  readonly access: Parameters<typeof connect>[1];
};
const manager = new RunManager(home, ({ counts }) => console.log(`done ${counts.succeeded}`), {
  workers: {
    most: 2,
    start: () => {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')],
        {
          env: runWorkerEnvironment(),
          serialization: 'advanced',
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        },
      );
      console.log(`child ${child.pid}`);
      return channelTo(child);
    },
  },
});
await manager.start({ ...input, kms: await connect({ kind: 'practice' }, access) });
