#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import { quietLibraries } from './bridge/engine/index.ts';
import { toFault } from './bridge/index.ts';
import { type AuditFlags, audit } from './hosts/cli/audit.ts';
import { BAD_INPUT, refusedExitCode } from './hosts/cli/exit-code.ts';
import { headOption, history, limitOption, verifyHistory } from './hosts/cli/history.ts';
import { inspect } from './hosts/cli/inspect.ts';
import { keys } from './hosts/cli/keys.ts';
import { checkMethod } from './hosts/cli/method.ts';
import {
  accountId,
  algorithm,
  blobCount,
  contextPair,
  count,
  port,
  rate,
  repeated,
  seconds,
  url,
  urls,
} from './hosts/cli/options.ts';
import { plan, planDiff, runPlanFile } from './hosts/cli/plan.ts';
import { practiceKms } from './hosts/cli/practice.ts';
import { checkContexts, checkOutput, type ReencryptFlags, reencrypt } from './hosts/cli/reencrypt.ts';
import { rule } from './hosts/cli/rule-option.ts';
import {
  closeRun,
  compareRun,
  listRuns,
  type OnwardFlags,
  resumeRun,
  retryRun,
  showRun,
  undoRun,
} from './hosts/cli/runs.ts';
import { serveCommand } from './hosts/cli/serve.ts';
import { limitWaits } from './hosts/cli/session.ts';
import { answerSignals } from './hosts/cli/signals.ts';
import { ssoLogin } from './hosts/cli/sso-login.ts';
import { faultLines } from './hosts/cli/text.ts';

quietLibraries();
let exitCode = 0;
/** The code of a command that ends with this fault. */
let refused: (fault: Fault) => number = () => BAD_INPUT;
const run =
  <A extends unknown[]>(work: (...args: A) => Promise<number>) =>
  async (...args: A) => {
    exitCode = await work(...args);
  };

/** A command over a run: signals stop it in an orderly way, and what passes is another end than bad usage. */
const overRun = <A extends unknown[]>(work: (...args: A) => Promise<number>) =>
  run((...args: A) => {
    refused = refusedExitCode;
    answerSignals();
    return work(...args);
  });

function connectionFlags(command: Command): Command {
  return command
    .option('--profile <name>', 'AWS profile')
    .option('--region <region>', 'AWS Region')
    .option('--endpoint-url <url>', 'KMS endpoint to use instead of the Regional one', url)
    .option('--fips', 'use FIPS endpoints')
    .option('--dual-stack', 'use dual-stack (IPv4 and IPv6) endpoints')
    .addOption(
      new Option('--practice', 'use the practice KMS').conflicts([
        'profile',
        'region',
        'endpointUrl',
        'fips',
        'dualStack',
      ]),
    );
}

function twoStepFlags(command: Command): Command {
  return command
    .option(
      '--decrypt-here',
      'Decrypt on this connection and Encrypt on another, where ReEncrypt cannot do it',
    )
    .option('--accept-plaintext-in-memory', 'with --decrypt-here: agree to what it means, for this run')
    .option('--to-profile <name>', 'with --decrypt-here: AWS profile of the destination')
    .option(
      '--to-region <region>',
      'with --decrypt-here: Region of the destination (default: that of its ARN)',
    )
    .option('--to-endpoint-url <url>', 'with --decrypt-here: KMS endpoint of the destination', url);
}

const EVEN_IF_THERE = 'send blobs, too, that KMS has shown to be as asked already';
const ALLOW_POSSIBLE_PLAINTEXT =
  'with --out: copy files, too, in which a value beside a blob may be its plaintext';

const program = new Command('rewrap')
  .description('Inspect and re-encrypt AWS KMS ciphertext. No plaintext leaves KMS unless you ask for it.')
  .version(__REWRAP_VERSION__)
  .option(
    '--timeout <seconds>',
    'longest wait for one answer of credentials, STS or KMS (default: 30)',
    seconds,
  )
  .hook('preAction', () => {
    const { timeout } = program.opts<{ timeout?: number }>();
    if (timeout !== undefined) limitWaits(timeout);
  })
  .exitOverride()
  .showHelpAfterError('(rewrap --help shows how)');

program
  .command('inspect')
  .description('say what ciphertext is, offline')
  .argument('<path...>', 'files and folders')
  .option('--json', 'print one JSON array')
  .option('--git-history', 'list blobs that stand in the git history of the paths, and in no file, too')
  .action(run(inspect));

twoStepFlags(
  connectionFlags(
    program
      .command('reencrypt')
      .description('re-encrypt ciphertext inside KMS and put it back as it was found')
      .argument('<path...>', 'files and folders')
      .requiredOption('--to <key>', 'destination key: id, ARN, alias or alias ARN')
      .option('--from <key>', 'pin the source key (needed for RSA and SM2 ciphertext)')
      .option('--from-algorithm <name>', 'source algorithm (default SYMMETRIC_DEFAULT)', algorithm)
      .option('--to-algorithm <name>', 'destination algorithm (default: what the key has)', algorithm)
      .option('--context <key=value>', 'source encryption context, repeatable', contextPair)
      .option(
        '--to-context <key=value>',
        'destination encryption context (default: as the source)',
        contextPair,
      )
      .option(
        '--add-context <key=value>',
        'add a pair to the context that each blob has, or change its value, repeatable',
        contextPair,
      )
      .option(
        '--remove-context <key>',
        'take a pair out of the context that each blob has, repeatable',
        repeated,
      )
      .option('--grant-token <token>', 'grant token, repeatable', repeated)
      .option('--dry-run', 'ask KMS whether it would work; change nothing')
      .option('--check-permissions', 'ask KMS for the rights alone, without any ciphertext; change nothing')
      .option('--estimate', 'say how many requests, how long and at what cost; change nothing')
      .option('--rate <n>', 'with --estimate: reckon with so many requests a second', rate)
      .option('--out <dir>', 'write the new files into this folder')
      .option('--in-place', 'replace the files')
      .option('--backup', 'with --in-place: keep each original beside its file')
      .option('--no-verify', 'replace without asking KMS whether the new blob opens')
      .option('--take-good', 'when a blob fails, its file takes the others all the same')
      .option('--even-if-there', EVEN_IF_THERE)
      .option('--allow-possible-plaintext', ALLOW_POSSIBLE_PLAINTEXT)
      .option(
        '--emulator-blobs',
        'send blobs, too, that an emulator of KMS made: name the emulator that made them (--endpoint-url)',
      )
      .option('--json', 'print one JSON document'),
  ),
).action(
  overRun(async (paths: string[], flags: ReencryptFlags) => {
    checkOutput(flags);
    checkContexts(flags);
    checkMethod(flags);
    return reencrypt(paths, flags);
  }),
);

const planCommand = connectionFlags(
  program
    .command('plan')
    .description('write down what a run would do, to look at, compare and run later; nothing is sent')
    .argument('[path...]', 'files and folders')
    .option('--to <key>', 'destination key: id, ARN, alias or alias ARN')
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
    .option('--from <key>', 'pin the source key (needed for RSA and SM2 ciphertext)')
    .option('--from-algorithm <name>', 'source algorithm (default SYMMETRIC_DEFAULT)', algorithm)
    .option('--to-algorithm <name>', 'destination algorithm (default: what the key has)', algorithm)
    .option('--context <key=value>', 'source encryption context, repeatable', contextPair)
    .option(
      '--to-context <key=value>',
      'destination encryption context (default: as the source)',
      contextPair,
    )
    .option('--out <dir>', 'write the new files into this folder (default: replace the files)')
    .option('--no-backup', 'keep no original beside a replaced file')
    .option('--no-verify', 'replace without asking KMS whether the new blob opens')
    .option('--take-good', 'when a blob fails, its file takes the others all the same')
    .option('--even-if-there', EVEN_IF_THERE)
    .option('--allow-possible-plaintext', ALLOW_POSSIBLE_PLAINTEXT)
    .option('--concurrency <n>', 'requests at a time', count)
    .option('--rate <n>', 'requests a second at most', rate)
    .option('-o, --output <file>', 'where the plan goes (default: standard output)'),
).action(run(plan));
planCommand
  .command('diff')
  .description('what is different in plan B from plan A')
  .argument('<a>', 'a plan')
  .argument('<b>', 'another plan')
  .action(run(planDiff));

connectionFlags(
  program
    .command('run')
    .description('do what a plan says')
    .argument('<plan>', 'a file made by `rewrap plan`')
    .option('--root <dir>', 'the folder that relative paths of the plan start from')
    .option('--dry-run', 'ask KMS whether it would work; change nothing')
    .option('--even-if-there', EVEN_IF_THERE)
    .option('--json', 'print one JSON document'),
).action(overRun(runPlanFile));

connectionFlags(
  program
    .command('keys')
    .description('list the keys this identity can see')
    .option('--json', 'print one JSON document'),
).action(run(keys));

connectionFlags(
  program
    .command('audit')
    .description(
      'say what is protected by which key, and what is wrong; offline unless a connection is named',
    )
    .argument('[path...]', 'files and folders')
    .option('--rules <file>', 'judge by this rules file (YAML or JSON); exit code 1 where a rule is broken')
    .option('--rules-schema', 'print the JSON Schema of a rules file')
    .addOption(
      new Option('--format <format>', 'form of the report')
        .choices(['text', 'json', 'sarif', 'csv', 'html'])
        .default('text'),
    )
    .option('-o, --out <file>', 'write it into this file')
    .option('--if-deleted <key>', 'say what breaks if this key is deleted')
    .option('--git-history', 'list blobs that stand in the git history of the paths, and in no file, too'),
).action(run(async (paths: string[], flags: AuditFlags) => audit(paths, flags)));

const runsCommand = program
  .command('runs')
  .description('list the runs of this machine, and what can be done with each')
  .option('--json', 'print one JSON array')
  .action(run(listRuns));
/** Tokens of a run are deleted when it ends: a retry is given them again. */
const withTokens = (name: string, command: Command): Command =>
  name !== 'retry'
    ? command
    : command
        .option('--grant-token <token>', 'grant token, repeatable', repeated)
        .option('--no-grant-tokens', 'try again without those that the run had');
for (const [name, what, work] of [
  ['resume', 'go on with a run that was cut off', resumeRun],
  ['retry', 'start what failed, or was not reached, again: a new run', retryRun],
] as const)
  withTokens(name, twoStepFlags(connectionFlags(runsCommand.command(name).description(what))))
    .argument('<run>', 'its id, as `rewrap runs` lists it, or the beginning of it')
    .option('--json', 'print one JSON document')
    .action(
      overRun(async (id: string, flags: OnwardFlags) => {
        const all = { ...runsCommand.opts(), ...flags };
        checkMethod(all);
        return work(id, all);
      }),
    );
connectionFlags(
  runsCommand
    .command('compare')
    .description('say whether old and new blobs of a run hold the same plaintext, decrypting both here'),
)
  .argument('<run>', 'its id, as `rewrap runs` lists it, or the beginning of it')
  .option('--sample <n>', 'so many blobs, chosen at random (default: all)', blobCount)
  .option('--accept-plaintext-in-memory', 'agree to what it means')
  .option('--to-profile <name>', 'AWS profile of the destination, of a run with --decrypt-here')
  .option('--to-region <region>', 'Region of the destination, of a run with --decrypt-here')
  .option('--to-endpoint-url <url>', 'KMS endpoint of the destination, of a run with --decrypt-here', url)
  .option('--json', 'print one JSON document')
  .action(run((id: string, flags) => compareRun(id, { ...runsCommand.opts(), ...flags })));
for (const [name, what, work] of [
  ['undo', 'put every file of a run back as it was, each proved by its hash', undoRun],
  ['close', 'close a run that was cut off as it stands: what is new stays, what is old stays', closeRun],
  ['show', 'say what became of each blob of a run', showRun],
] as const)
  runsCommand
    .command(name)
    .description(what)
    .argument('<run>', 'its id, as `rewrap runs` lists it, or the beginning of it')
    .option('--json', 'print one JSON document')
    .action(overRun((id: string, flags) => work(id, { ...runsCommand.opts(), ...flags })));

const historyCommand = program
  .command('history')
  .description('list what was done: runs, and whatever touched KMS or a file')
  .option('--limit <n>', 'newest records to list', limitOption, 100)
  .option('--json', 'print one JSON array')
  .action(run(history));
historyCommand
  .command('verify')
  .description('check the chain of the history; exit code 1 where a link is broken')
  .option('--expect <count:hash>', 'a head that an earlier report states', headOption)
  .option('--json', 'print one JSON document')
  .action(run((flags) => verifyHistory({ ...historyCommand.opts(), ...flags })));

program
  .command('sso-login')
  .description('sign in to the SSO session of a profile; the AWS CLI shares it')
  .argument('<profile>', 'AWS profile')
  .action(run(ssoLogin));

program
  .command('practice-kms')
  .description('run the practice KMS for any AWS client')
  .option('--port <n>', 'port on 127.0.0.1', port, 0)
  .option('--state <dir>', 'where it keeps its keys')
  .action(run(practiceKms));

connectionFlags(
  program
    .command('serve')
    .description('open Rewrap in a browser on this machine')
    .argument('[path...]', 'files and folders to take in')
    .option('--port <n>', 'port on 127.0.0.1', port, 0)
    .option('--out <dir>', 'offer this output folder in the window, repeatable', repeated)
    .option('--open', 'open the default browser')
    .option('--allow-account <id>', 'allow keys of this account without asking, repeatable', accountId)
    .option(
      '--allow-decrypt-here',
      'allow decrypting on this machine, and comparing plaintexts, without asking',
    )
    .option('--allow-unverified', 'allow runs without verification or without backup, without asking')
    .option('--allow-undo', 'allow runs to be undone without asking')
    .option(
      '--allow-endpoint <url>',
      'let the page choose this KMS endpoint without asking, repeatable',
      urls,
    )
    .option('--allow-plans', 'allow plan files from the page to be run without asking'),
).action(run(serveCommand));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    exitCode = error.exitCode === 0 ? 0 : BAD_INPUT;
  } else {
    const problem = toFault(error);
    console.error(`rewrap: ${problem.code}`);
    console.error(faultLines(problem));
    exitCode = refused(problem);
    if (!(error instanceof FaultError) && process.env.REWRAP_DEBUG) console.error(error);
  }
}
// What still waits for an answer, in a library perhaps, is not waited for.
for (const stream of [process.stdout, process.stderr])
  if (!stream.destroyed && stream.writableLength > 0)
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
process.exit(exitCode);
