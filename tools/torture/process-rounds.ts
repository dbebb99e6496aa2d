import type { FaultRule } from '../../electron/practice-kms/index.ts';
import { bundleHost, type ProcessRound, processRound } from './processes.ts';
import { drawOf, tortureRounds } from './rounds.ts';

const SLOW: FaultRule = { kind: 'latency', every: 2, ms: 40 };

/** A round with whatever may happen, drawn at random. */
function drawn(random: () => number): ProcessRound {
  const of = drawOf(random);
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
  const draw = (random: () => number) => {
    const how = drawn(random);
    return {
      drawn: `${how.processes} processes, ${how.output}, ${how.kms.map(({ kind }) => kind).join(' and ')}`,
      go: async () => {
        const { killed, hosts, pauses, undone } = await processRound(host, how, random);
        total.killed += killed;
        total.hosts += hosts;
        total.pauses += pauses;
        const did = `${killed} processes and ${hosts} hosts killed, ${pauses} times paused`;
        return { did: `${did}${undone ? ', undone' : ''}`, faults: [] };
      },
    };
  };
  const all = () => `${total.killed} processes and ${total.hosts} hosts killed, ${total.pauses} times paused`;
  await tortureRounds(rounds, seed, draw, all).finally(remove);
}
