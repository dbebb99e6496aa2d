import { seeded } from './seeded.test-help.ts';
import { bundleShell, type ShardRound, shardRound } from './shards.ts';

/** A round with whatever may happen, drawn at random. */
function drawn(random: () => number): ShardRound {
  const of = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
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
  const before = performance.now();
  let lost = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const random = seeded(seed + round);
      const how = drawn(random);
      const report = await shardRound(shell.cli, how, random);
      for (const key of ['starts', 'killed', 'requests'] as const) total[key] += report[key];
      const { faults, peak } = report;
      console.log(
        `round ${round} (seed ${seed + round}): ${how.shards} shards, ${how.files} files, twins ${how.twins}${how.throttling ? ', throttled' : ''}${how.slow ? ', one stands still' : ''}, rate ${how.rate ?? 'free'} (peak ${peak}): ${report.starts} starts, ${report.killed} killed: ${faults.length === 0 ? 'survived' : faults.join('; ')}`,
      );
      if (faults.length > 0) lost += 1;
    }
    console.log(
      `${rounds - lost} of ${rounds} rounds survived: ${total.starts} starts, ${total.killed} killed, ${total.requests} requests, in ${((performance.now() - before) / 1000).toFixed(0)} s`,
    );
    if (lost > 0) process.exitCode = 1;
  } finally {
    shell.remove();
  }
}
