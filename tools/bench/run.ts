import { parseArgs } from 'node:util';
import { auditSuite } from './audit.ts';
import { controlSuite } from './control.ts';
import { intakeSuite } from './intake.ts';
import { type BenchSection, keep, machine } from './results.ts';
import { rotationSuite } from './rotation.ts';
import { shardsSuite } from './shards.ts';
import { startSuite } from './start.ts';
import { windowSuite } from './window.ts';
import { workersSuite } from './workers.ts';

/**
 * `npm run bench` (`-- --suite rotation,workers,control,intake,window,start,audit --files 1000,10000 --blobs 4000 --large 100000 --rows 100000
 * --rounds 5`). Each suite measures
 * Rewrap and something comparable in the same run, taking turns; its section of RESULTS.md is written anew. `--suite shards
 * --large 10000000` is for a day with time: it is not among those that run by themselves.
 */
const { values } = parseArgs({
  options: {
    suite: { type: 'string', default: 'rotation,workers,control,intake,window,start,audit' },
    blobs: { type: 'string', default: '4000' },
    large: { type: 'string', default: '100000' },
    files: { type: 'string', default: '1000,10000,100000' },
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const rounds = Number(values.rounds);
const suites: Readonly<Record<string, () => BenchSection | null | Promise<BenchSection | null>>> = {
  intake: () => intakeSuite(values.files.split(',').map(Number), rounds),
  rotation: () => rotationSuite(Number(values.blobs), rounds, Number(values.large)),
  workers: () => workersSuite(Number(values.large), 5, Math.min(rounds, 3)),
  shards: () => shardsSuite(Number(values.large)),
  control: () => controlSuite([Number(values.rows) / 10, Number(values.rows)], rounds),
  window: () => windowSuite(Number(values.rows), rounds),
  audit: () => auditSuite(Number(values.rows), rounds),
  start: () => startSuite(10_000, rounds),
};

const sections: BenchSection[] = [];
for (const name of values.suite.split(',')) {
  const suite = suites[name];
  if (suite === undefined) throw new Error(`No suite ${name}; there are ${Object.keys(suites).join(', ')}.`);
  const section = await suite();
  if (section === null) console.log(`# ${name}\n\nNot measured: there is no Chromium on this machine.\n`);
  else {
    sections.push(section);
    console.log(`# ${section.title}\n\n${section.table}\n\n${JSON.stringify(section.figures, null, 2)}\n`);
  }
}
console.log(machine);
if (values.write) keep(sections);
