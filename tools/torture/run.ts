import { parseArgs } from 'node:util';
import { FAULT_SCENARIOS, MOUNTED_SCENARIOS } from './fault-scenarios.ts';
import { tortureProcesses } from './process-rounds.ts';
import { runScenario } from './run-scenario.ts';
import { tortureShards } from './shard-rounds.ts';
import { mayMount } from './small-disk.ts';
import { bundleChild, torture } from './torture.ts';

/**
 * `npm run torture` (`-- --kills 100 --rounds 1`): prints how many faults and kills were survived. `-- --shards 200`: so
 * many rounds of plans in shards instead; `-- --processes 20`: of runs by several processes.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    shards: { type: 'string' },
    processes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
if (values.shards !== undefined) {
  await tortureShards(Number(values.shards), Number(values.seed));
  process.exit(process.exitCode ?? 0);
}
if (values.processes !== undefined) {
  await tortureProcesses(Number(values.processes), Number(values.seed));
  process.exit(process.exitCode ?? 0);
}
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(0);

const first = performance.now();
const total = { scenarios: 0, faults: 0, runs: 0, held: 0 };
const scenarios = mayMount() ? [...FAULT_SCENARIOS, ...MOUNTED_SCENARIOS] : FAULT_SCENARIOS;
if (!mayMount())
  console.log(
    `${MOUNTED_SCENARIOS.length} scenarios with a disk of their own are left out: only root can mount`,
  );
for (let round = 0; round < Number(values.rounds); round++) {
  const totals = await runScenario(scenarios, Math.random, (name, faults) => {
    if (round === 0) console.log(`${name}: ${faults} faults survived`);
  });
  for (const key of ['scenarios', 'faults', 'runs', 'held'] as const) total[key] += totals[key];
}
console.log(
  `${total.faults} faults survived in ${total.scenarios} scenarios of ${scenarios.length} kinds: ${total.runs} runs, ` +
    `${total.held} times held back and gone on, in ${seconds(first)} s`,
);

const { child, remove } = await bundleChild();
const before = performance.now();
let last = 0;
try {
  const survived = await torture(Number(values.kills), child, Math.random, (now) => {
    if (now.kills - last < 50) return;
    last = now.kills;
    console.log(`${now.kills} kills survived, ${now.scenarios} folders`);
  });
  const { kills, atRandom, scenarios, completed, undone } = survived;
  console.log(
    `${kills} kills survived (${atRandom} at random instants, the others at a step) over ${scenarios} folders of ` +
      `mixed files: ${completed} runs completed, ${undone} undone, in ${seconds(before)} s`,
  );
} finally {
  remove();
}
