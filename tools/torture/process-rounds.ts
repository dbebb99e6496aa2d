import type { FaultRule } from '../../electron/practice-kms/index.ts';
import { bundleHost, type ProcessRound, processRound } from './processes.ts';
import { seeded } from './seeded.test-help.ts';

const SLOW: FaultRule = { kind: 'latency', every: 2, ms: 40 };

/** A round with whatever may happen, drawn at random. */
function drawn(random: () => number): ProcessRound {
  const of = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  return {
    processes: of([2, 3, 4]),
    output: of(['in-place', 'in-place', 'no-backup', 'folder'] as const),
    kms: of<readonly FaultRule[]>([
      [SLOW],
      [SLOW],
      [SLOW, { kind: 'throttling', skip: 4, times: 6 }],
      [SLOW, { kind: 'drop-after', every: 9 }],
    ]),
    acts: 2 + Math.floor(random() * 7),
  };
}

/** Runs by several processes that die, so many rounds of them. Sets the exit code where one was not survived. */
export async function tortureProcesses(rounds: number, seed: number): Promise<void> {
  const { host, remove } = await bundleHost();
  const total = { killed: 0, hosts: 0, pauses: 0 };
  const before = performance.now();
  let lost = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const random = seeded(seed + round);
      const how = drawn(random);
      let end: string;
      try {
        const report = await processRound(host, how, random);
        for (const key of ['killed', 'hosts', 'pauses'] as const) total[key] += report[key];
        end = `${report.killed} processes and ${report.hosts} hosts killed, ${report.pauses} times paused${report.undone ? ', undone' : ''}: survived`;
      } catch (error) {
        lost++;
        end = error instanceof Error ? error.message : String(error);
      }
      console.log(
        `round ${round} (seed ${seed + round}): ${how.processes} processes, ${how.output}, ${how.kms.map(({ kind }) => kind).join(' and ')}: ${end}`,
      );
    }
    console.log(
      `${rounds - lost} of ${rounds} rounds survived: ${total.killed} processes and ${total.hosts} hosts killed, ${total.pauses} times paused, in ${((performance.now() - before) / 1000).toFixed(0)} s`,
    );
    if (lost > 0) process.exitCode = 1;
  } finally {
    remove();
  }
}
