import { type Command, Option } from 'commander';
import { repeated } from '../options.ts';
import { connectionOptions, JSON_DOCUMENT } from './common-options.ts';

/** Two calls that work, at the end of a command's help. */
const examples = (...calls: readonly string[]): string =>
  `\nExamples:\n${calls.map((call) => `  $ rewrap ${call}\n`).join('')}`;

/** Commands that ask what protects what, and whether that may be left: audit, reconcile. */
export function auditCommands(program: Command): void {
  const audit = program
    .command('audit')
    .description(
      'say what is protected by which key, and what is wrong; offline unless a connection is named',
    )
    .argument('[path...]', 'files and folders; - is standard input')
    .option('--rules <file>', 'judge by this rules file (YAML or JSON); exit code 1 where a rule is broken')
    .option('--rules-schema', 'print the JSON Schema of a rules file')
    .addOption(
      new Option('--format <format>', 'form of the report')
        .choices(['text', 'json', 'sarif', 'csv', 'html', 'cyclonedx'])
        .default('text'),
    )
    .option('-o, --out <file>', 'write it into this file')
    .option('--git-history', 'list blobs that stand in the git history of the paths, and in no file, too')
    .optionsGroup('Before a key is deleted:')
    .option('--if-deleted <key>', 'say what breaks if this key is deleted')
    .addOption(
      new Option(
        '--safe-to-delete <key>',
        'exit 0 only if nothing needs this key, 1 where something does, 4 where that cannot be said; reads git history, too; repeatable',
      )
        .argParser(repeated)
        .conflicts(['rules', 'ifDeleted']),
    )
    .addOption(
      new Option(
        '--terraform-plan <file>',
        'as --safe-to-delete, for every key that this output of `terraform show -json` would delete',
      ).conflicts(['rules', 'ifDeleted']),
    );
  connectionOptions(audit);

  program
    .command('reconcile')
    .description(
      'compare CloudTrail files with the history: what differs, what is missing, who used an old key since; offline',
    )
    .argument('<path...>', 'CloudTrail files and folders: JSON, JSON Lines, gzip')
    .option('--run <id>', 'compare the blobs of this run alone')
    .option('--json', JSON_DOCUMENT)
    .option('-o, --out <file>', 'write it into this file')
    .addHelpText('after', examples('reconcile AWSLogs', 'reconcile AWSLogs --json -o reconciled.json'));
}
