/**
 * Runs Rewrap's rotation engine in a process of its own, which may end by SIGKILL at the nth step of the journal
 * or of the file system. `node child.mjs <JSON of ChildInput>`; prints JSON of {@link ChildReport} when it comes to its end.
 */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { RunSummary } from '#shared/model/run.ts';
import { DiskPool } from '../../electron/core/intake/index.ts';
import type { Kms, PracticeAccess } from '../../electron/core/kms/index.ts';
import { sealingKms } from '../../electron/core/rotation/testing/fake-kms.ts';
import { runTask, type Task } from './crash-process.ts';
import { type DiskTrouble, troubledDisk } from './disk.ts';

export interface ChildInput {
  readonly task: Task;
  /** Dies at this step; 0: not by itself. */
  readonly killAt: number;
  /** A KMS in the process, of which this part of the requests fails in passing; or the practice KMS, by the real SDK. */
  readonly kms: { readonly failures: number } | { readonly practice: PracticeAccess };
  /** What is wrong with the disk; or null: files are put back by the threads that the hosts have. */
  readonly trouble: DiskTrouble | null;
}

export interface ChildReport {
  readonly steps: number;
  /** Calls of the disk that failed on purpose. */
  readonly failed: number;
  readonly runs: readonly RunSummary[];
}

const input: ChildInput = JSON.parse(process.argv[2] ?? '{}');
let steps = 0;
let failed = 0;
const step = (): void => {
  steps++;
  if (steps === input.killAt) process.kill(process.pid, 'SIGKILL');
};

async function kmsOf(from: ChildInput['kms']): Promise<Kms> {
  if ('failures' in from) return sealingKms(from.failures);
  const { connect } = await import('../../electron/core/kms/index.ts');
  return connect({ kind: 'practice' }, from.practice);
}

const kms = await kmsOf(input.kms);
const { trouble } = input;
const fails = () => {
  failed++;
};
const disk =
  trouble === null
    ? { disk: new DiskPool(() => new Worker(new URL('thread.mjs', import.meta.url))) }
    : { fs: troubledDisk({ trouble, random: Math.random, step, failed: fails }) };
// Not without the one who started it.
process.stdin.on('end', () => process.exit(3)).resume();

// From here on it may be killed at random.
writeSync(2, 'ready\n');
const runs = await runTask(input.task, { kms, disk, step });
kms.close();
const report: ChildReport = { steps, failed, runs };
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
