import type { Command } from 'commander';
import { rate } from '../options.ts';
import { shardCount } from '../plan-shard.ts';

/** What makes one plan the work of many machines: commands and options beside those that there are. */
export function scaleCommands(program: Command): void {
  const [plan] = program.commands.filter((command) => command.name() === 'plan');
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
    .option('-o, --output <dir>', 'a new or empty folder for them')
    .addHelpText(
      'after',
      `
Examples:
  rewrap plan shard plan.json --shards 16 -o shards
  rewrap plan shard plan.json --shards 100 --rate 4000 -o /shared/shards`,
    );
}
