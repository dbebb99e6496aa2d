import { Argument, type Command } from 'commander';
import { accountId, port, repeated, urls } from '../options.ts';
import { connectionOptions, JSON_DOCUMENT } from './common-options.ts';
import { SHELLS } from './completion.ts';

/** Commands that ask about keys and the principal, and sign in to ask: keys, whoami, sso-login. */
export function keyCommands(program: Command): void {
  connectionOptions(
    program
      .command('keys')
      .description('list the keys this identity can see')
      .option('--json', JSON_DOCUMENT),
  );

  connectionOptions(
    program
      .command('whoami')
      .description('say as which principal, with which credentials and to which endpoint commands work')
      .option('--json', JSON_DOCUMENT),
  );

  program
    .command('sso-login')
    .description('sign in to the SSO session of a profile; the AWS CLI shares it')
    .argument('<profile>', 'AWS profile');
}

/** What an error means: it needs no connection and no file. */
export function explainCommand(program: Command): void {
  program
    .command('explain')
    .description('say what an error code or a finding means and what to do; without a code, list them all')
    .argument('[code]', 'as printed: AccessDeniedException, ProfileUnusable, plaintext-beside-blob')
    .option('--json', JSON_DOCUMENT);
}

/** Commands that stay until they are stopped: serve and practice-kms. */
export function servingCommands(program: Command): void {
  connectionOptions(
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
  );

  program
    .command('practice-kms')
    .description('run the practice KMS for any AWS client')
    .option('--port <n>', 'port on 127.0.0.1', port, 0)
    .option('--state <dir>', 'where it keeps its keys')
    .option('--cloudtrail <dir>', 'write requests into this folder, as CloudTrail does');
}

/** Commands that make the shell and `man` know the others. */
export function shellCommands(program: Command): void {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS));
  program.command('manual').description('print the manual page, rewrap.1');
}
