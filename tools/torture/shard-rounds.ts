import { drawOf, tortureRounds } from './rounds.ts';
import { bundleShell, type ShardRound, shardRound } from './shards.ts';

/** A round with whatever may happen, drawn at random. */
function drawn(random: () => number): ShardRound {
  const of = drawOf(random);
  const shards = of([1, 4, 16]);
  const twins = of(['none', 'none', 'at once', 'overlap'] as const);
  return {
    shards,
    files: of([12, 30, 60]),
    kills: of([0, 0.4, 0.8]),
    twins,
    throttling: random() < 0.3,
    slow: random() < 0.2,
    rate: random() < 0.5 ? shards * 10 : null,
    backup: random() < 0.7,
  };
}

/** Plans in shards on machines that die, so many rounds of them. Sets the exit code where one was not survived. */
export async function tortureShards(rounds: number, seed: number): Promise<void> {
  const shell = await bundleShell();
  const total = { starts: 0, killed: 0, requests: 0 };
  const draw = (random: () => number) => {
    const how = drawn(random);
    const { shards, files, twins, throttling, slow, rate } = how;
    return {
      drawn: `${shards} shards, ${files} files, twins ${twins}${throttling ? ', throttled' : ''}${slow ? ', one stands still' : ''}, rate ${rate ?? 'free'}`,
      go: async () => {
        const { starts, killed, requests, peak, faults } = await shardRound(shell.cli, how, random);
        total.starts += starts;
        total.killed += killed;
        total.requests += requests;
        return { did: `peak ${peak}, ${starts} starts, ${killed} killed`, faults };
      },
    };
  };
  const all = () => `${total.starts} starts, ${total.killed} killed, ${total.requests} requests`;
  await tortureRounds(rounds, seed, draw, all).finally(() => shell.remove());
}
