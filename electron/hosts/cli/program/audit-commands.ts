import { type Command, InvalidArgumentError, Option } from 'commander';
import { repeated } from '../options.ts';
import { connectionOptions, JSON_DOCUMENT } from './common-options.ts';

/** A day, as in 2027-01-31. Throws InvalidArgumentError. */
function isoDate(value: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value) || Number.isNaN(Date.parse(value)))
    throw new InvalidArgumentError('A day as in 2027-01-31.');
  return value;
}

/** Commands that ask what protects what, and whether that may be left: audit, reconcile, evidence, verify. */
export function auditCommands(program: Command): void {
  const audit = program
    .command('audit')
    .description(
      'say what is protected by which key, and what is wrong; offline unless a connection is named',
    )
    .argument('[path...]', 'files and folders; - is standard input')
    .option('--rules <file>', 'judge by this rules file (YAML or JSON); exit code 1 where a rule is broken')
    .option('--explain', 'with --rules: say why each rule held or broke, on standard error')
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
    .option('-o, --out <file>', 'write it into this file');

  connectionOptions(
    program
      .command('evidence')
      .description('write a signed bundle: audit of the paths, record of a run, range of the history')
      .argument('[path...]', 'files and folders to audit')
      .requiredOption('-o, --out <dir>', 'the folder to write it into, which must be new')
      .option('--run <id>', 'with the record of this run; the history begins with it')
      .option('--attach <file>', 'with this file: a plan, an answer; repeatable', repeated)
      .addOption(
        new Option('--sign <pem>', 'sign with this private key (EC, RSA or Ed25519)').conflicts(
          'signWithKms',
        ),
      )
      .option('--sign-with-kms <key>', 'sign with this KMS key (kms:Sign and kms:GetPublicKey)'),
  );

  program
    .command('gitleaks-ignore')
    .description(
      'print lines for .gitleaksignore: results of a gitleaks report that are KMS ciphertext; exit code 1 where a result is not; offline',
    )
    .argument('<report>', 'a report of gitleaks, JSON or SARIF')
    .option('--root <dir>', 'the folder that its paths start from (default: the current one)')
    .option('--json', JSON_DOCUMENT)
    .option('-o, --out <file>', 'write them into this file');

  const campaign = program
    .command('campaign')
    .description('follow a move that many take part in: what is left, by owner, until a deadline')
    .option('--json', 'with status: print one JSON document');
  connectionOptions(
    campaign
      .command('snapshot')
      .description('count what is left of a campaign, and append it to the file of snapshots beside it')
      .argument('<file>', 'the campaign: YAML')
      .argument('<path...>', 'files and folders'),
  );
  campaign
    .command('status')
    .description('show the burn-down by owner; exit code 1 where blobs are left after the deadline')
    .argument('<file>', 'the campaign: YAML')
    .option('--fail-after <date>', 'fail after this day (default: the deadline of the campaign)', isoDate)
    .option('--json', JSON_DOCUMENT);

  program
    .command('verify')
    .description(
      'say what a signed bundle proves and what not; exit code 1 where a part is not as signed, 4 without --public-key; offline',
    )
    .argument('<bundle>', 'the folder')
    .option(
      '--public-key <pem>',
      'the key that must have signed it (without: the one in the bundle, which does not prove the origin)',
    )
    .option('--json', JSON_DOCUMENT);
}
