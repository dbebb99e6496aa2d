import type { Command } from 'commander';
import { blobCount, filled, headOption, limitOption, repeated, url } from '../options.ts';
import { connectionOptions, JSON_DOCUMENT, twoStepOptions } from './common-options.ts';

const RUN = 'its id, as `rewrap runs` lists it, or the beginning of it';

/** Commands over what was done before: runs and history. */
export function recordCommands(program: Command): void {
  const runs = program
    .command('runs')
    .description('list the runs of this machine, newest first, and what can be done with each')
    .option('--limit <n>', 'list so many, the newest (default: all)', limitOption)
    .option('--json', 'print one JSON array');
  const over = (name: string, what: string): Command =>
    runs.command(name).description(what).argument('<run>', RUN, filled);

  for (const [name, what] of [
    ['resume', 'continue a run that was cut off'],
    ['retry', 'start what failed, or was not reached, again: a new run'],
  ] as const) {
    const command = over(name, what).option('--json', JSON_DOCUMENT);
    command.option('--grant-token <token>', 'grant token, repeatable (default: those that it has)', repeated);
    // Tokens of a run are deleted when it ends: a retry is given them again.
    if (name === 'retry') command.option('--no-grant-tokens', 'try again without those that the run had');
    twoStepOptions(connectionOptions(command));
  }
  connectionOptions(
    over('compare', 'say whether old and new blobs of a run hold the same plaintext, decrypting both here')
      .option('--sample <n>', 'so many blobs, chosen at random (default: all)', blobCount)
      .option('--accept-plaintext-in-memory', 'agree to what it means')
      .option('--to-profile <name>', 'AWS profile of the destination, of a run with --decrypt-here', filled)
      .option('--to-region <region>', 'Region of the destination, of a run with --decrypt-here', filled)
      .option('--to-endpoint-url <url>', 'KMS endpoint of the destination, of a run with --decrypt-here', url)
      .option('--json', JSON_DOCUMENT),
  );
  for (const [name, what] of [
    ['undo', 'put every file of a run back as it was, each proved by its hash'],
    ['close', 'close a run that was cut off as it stands: what is new stays, what is old stays'],
    ['show', 'say what became of each blob of a run'],
  ] as const)
    over(name, what).option('--json', JSON_DOCUMENT);

  program
    .command('history')
    .description('list what was done: runs, and whatever touched KMS or a file; newest last')
    .option('--limit <n>', 'newest records to list', limitOption, 100)
    .option('--json', 'print one JSON array')
    .command('verify')
    .description('check the chain of the history; exit code 1 where a link is broken')
    .option('--expect <count:hash>', 'a head that an earlier report states', headOption)
    .option('--json', JSON_DOCUMENT);
}
