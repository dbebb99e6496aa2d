import { type Command, Option } from 'commander';
import { parseCount, rate, seconds, shardCount, shardIndex } from '../options.ts';
import { JSON_DOCUMENT } from './common-options.ts';

/** What makes one plan the work of many machines: commands and options beside those that there are. */
export function scaleCommands(program: Command): void {
  const named = (name: string) => program.commands.find((command) => command.name() === name);
  const plan = named('plan');
  const run = named('run');
  named('runs')
    ?.command('merge')
    .description('say what the shards of a plan did, as the run of one machine would')
    .argument('<dir...>', 'the folder of shards, and that of their state where it is another')
    .option('--state <dir>', 'folder of their state (default: state in the folder of shards)')
    .option('--history <file>', 'write every record of every history into this file, one JSON object a line')
    .option('--json', JSON_DOCUMENT);
  run
    ?.optionsGroup('One shard of many (PLAN is a folder made by `rewrap plan shard`):')
    .option('--index <k>', 'which shard, from 0', shardIndex)
    .option('--index-from-env', 'the shard that Kubernetes, AWS Batch, Slurm or GNU parallel number')
    .option('--shards <n>', 'how many you believe there are: any other number is refused', shardCount)
    .option(
      '--state <dir>',
      'folder that every machine sees, for what was done (default: state in the folder)',
    )
    .option(
      '--lease <seconds>',
      'how long a process that shows no sign of life keeps its shard (default: 15)',
      seconds,
    )
    .optionsGroup('Other options:')
    .option('--workers <n>', 'do the plan by so many processes of this machine; they are one run', parseCount)
    .addOption(new Option('--progress <format>', 'write progress to standard error').choices(['jsonl']));
  plan
    ?.command('shard')
    .description('split a plan into plans that machines run at the same time; no file is split')
    .argument('<plan>', 'a file made by `rewrap plan`')
    .requiredOption('--shards <n>', 'how many', shardCount)
    // Commander gives these two to `plan`, which has them as well.
    .option(
      '--rate <total>',
      'requests a second at most, of all shards together (default: as the plan says)',
      rate,
    )
    .option('-o, --output <dir>', 'a new or empty folder for them');
}
