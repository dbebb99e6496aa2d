import { type Command, InvalidArgumentError, Option } from 'commander';
import { RULE_NAMES } from '#shared/model/choices.ts';
import { type PlainRule, readRule } from '#shared/model/rule-text.ts';
import { filled, keyName, parseCount, rate, repeated } from '../options.ts';
import {
  connectionOptions,
  DRY_RUN,
  EVEN_IF_THERE,
  JSON_DOCUMENT,
  safetyOptions,
  sideOptions,
  twoStepOptions,
} from './common-options.ts';

/** Commands that look at ciphertext and move it: inspect, reencrypt, plan, run. */
export function workCommands(program: Command): void {
  program
    .command('inspect')
    .description('say what ciphertext is, offline')
    .argument('<path...>', 'files and folders; - is standard input')
    .option('--git-history', 'list blobs that stand in the git history of the paths, and in no file, too')
    .option('--json', 'print one JSON array, faults included');

  const reencrypt = program
    .command('reencrypt')
    .description('re-encrypt ciphertext inside KMS and put it back as it was found')
    .argument('<path...>', 'files and folders; - is standard input')
    .requiredOption('--to <key>', 'destination key: id, ARN, alias or alias ARN', keyName)
    .option(
      '--out <dir>',
      'write the new files into this folder; - writes one file to standard output',
      filled,
    )
    .option('--in-place', 'replace the files')
    .option('--backup', 'with --in-place: keep each original beside its file')
    .addOption(
      new Option(
        '--git-branch <name>',
        'commit the new ciphertext to this new branch instead, one commit for each top-level folder; the working tree stays as it is',
      ).conflicts(['out', 'inPlace', 'backup', 'dryRun', 'checkPermissions', 'estimate']),
    )
    .option('--sops-config', 'with --git-branch: name the new key in .sops.yaml, too')
    .option(
      '--body-file <file>',
      'with --git-branch: write the text of a pull request, for `gh pr create --body-file`; - is standard output',
    );
  sideOptions(reencrypt).optionsGroup('Before a run:');
  reencrypt
    .option('--dry-run', DRY_RUN)
    .option('--check-permissions', 'ask KMS for the rights alone, without any ciphertext; change nothing')
    .option('--estimate', 'say how many requests, how long and at what cost; change nothing')
    .option('--rate <n>', 'with --estimate: assume so many requests a second', rate)
    .optionsGroup('Other options:')
    .option('--grant-token <token>', 'grant token, repeatable', repeated);
  safetyOptions(reencrypt).option('--json', JSON_DOCUMENT);
  twoStepOptions(connectionOptions(reencrypt));

  const plan = program
    .command('plan')
    .description('write down what a run would do, to look at, compare and run later; nothing is sent')
    .argument('[path...]', 'files and folders')
    .option('--to <key>', 'destination key: id, ARN, alias or alias ARN', keyName)
    .option(
      '--rule <name=value>',
      'choose blobs by fingerprint, key, kind, path or finding, repeatable',
      rule,
    )
    .addOption(
      new Option('--mode <mode>', 'what it is for').choices([
        'change-key',
        'change-context',
        'refresh',
        'change-algorithm',
      ]),
    )
    .option('--out <dir>', 'write the new files into this folder (default: replace the files)', filled)
    .option('--no-backup', 'keep no original beside a replaced file')
    .option('-o, --output <file>', 'where the plan goes (default: standard output)');
  sideOptions(plan).optionsGroup('Other options:');
  safetyOptions(plan)
    .option(
      '--concurrency <n>',
      'blobs re-encrypted at a time; as many again are verified meanwhile',
      parseCount,
    )
    .option('--rate <n>', 'requests a second at most', rate);
  connectionOptions(plan);
  plan
    .command('diff')
    .description('what is different in plan B from plan A')
    .argument('<a>', 'a plan')
    .argument('<b>', 'another plan');

  connectionOptions(
    program
      .command('run')
      .description('do what a plan says')
      .argument('<plan>', 'a file made by `rewrap plan`')
      .option('--root <dir>', 'the folder that relative paths of the plan start from')
      .option('--dry-run', DRY_RUN)
      .option('--even-if-there', EVEN_IF_THERE)
      .option('--grant-token <token>', 'grant token, repeatable', repeated)
      .option('--json', JSON_DOCUMENT),
  );
}

/** Collects `--rule NAME=VALUE`. */
function rule(value: string, previous: PlainRule[] | undefined): PlainRule[] {
  const read = readRule(value);
  if ('problem' in read)
    throw new InvalidArgumentError(
      read.problem === null
        ? `A rule is ${RULE_NAMES.map((each) => `${each}=…`).join(', ')}; for example path=**/*.env or key=alias/old.`
        : `${read.problem.charAt(0).toUpperCase()}${read.problem.slice(1)}.`,
    );
  return [...(previous ?? []), read];
}
