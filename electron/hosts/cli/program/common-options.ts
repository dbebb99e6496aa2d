import { type Command, Option } from 'commander';
import { contextOption } from '../input/contexts.ts';
import { algorithm, filled, keyName, repeated, url } from '../options.ts';

const CONNECTION = 'Connection options:';
const CONTEXT = 'Encryption context:';

/** AWS's own connection flags, and the practice KMS. */
export function connectionOptions(command: Command): Command {
  return command
    .optionsGroup(CONNECTION)
    .option('--profile <name>', 'AWS profile', filled)
    .option('--region <region>', 'AWS Region', filled)
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

/** What is for `--decrypt-here` alone. */
export function twoStepOptions(command: Command): Command {
  return command
    .optionsGroup('Decrypt here, encrypt there:')
    .option(
      '--decrypt-here',
      'Decrypt on this connection and Encrypt on another, where ReEncrypt cannot do it',
    )
    .option('--accept-plaintext-in-memory', 'with --decrypt-here: agree to what it means, for this run')
    .option('--to-profile <name>', 'with --decrypt-here: AWS profile of the destination', filled)
    .option(
      '--to-region <region>',
      'with --decrypt-here: Region of the destination (default: that of its ARN)',
      filled,
    )
    .option('--to-endpoint-url <url>', 'with --decrypt-here: KMS endpoint of the destination', url);
}

/** Both sides of a re-encryption, the destination key apart. */
export function sideOptions(command: Command): Command {
  return command
    .option('--from <key>', 'require this source key (needed for RSA and SM2 ciphertext)', keyName)
    .option('--from-algorithm <name>', 'source algorithm (default: SYMMETRIC_DEFAULT)', algorithm)
    .option('--to-algorithm <name>', 'destination algorithm (default: the strongest of the key)', algorithm)
    .optionsGroup(CONTEXT)
    .option(
      '--context <pair>',
      'source encryption context: KEY=VALUE, a JSON object or file://PATH, repeatable (default: what the file declares)',
      contextOption,
    )
    .option(
      '--to-context <pair>',
      'destination encryption context, repeatable (default: as the source)',
      contextOption,
    )
    .option('--to-no-context', 'give the new blobs no encryption context')
    .option(
      '--add-context <pair>',
      'add a pair to the context that each blob has, or change its value, repeatable',
      contextOption,
    )
    .option(
      '--remove-context <key>',
      'take a pair out of the context that each blob has, repeatable',
      repeated,
    );
}

/** How careful a run is. */
export function safetyOptions(command: Command): Command {
  return command
    .option('--no-verify', 'replace without asking KMS whether the new blob opens')
    .option('--take-good', 'when a blob fails, its file takes the others all the same')
    .option('--even-if-there', EVEN_IF_THERE)
    .option(
      '--allow-possible-plaintext',
      'with --out: copy files, too, in which a value beside a blob may be its plaintext',
    )
    .option(
      '--emulator-blobs',
      'send blobs, too, that an emulator of KMS made: name the emulator that made them (--endpoint-url)',
    );
}

export const EVEN_IF_THERE = 'send blobs, too, that KMS has shown to be as asked already';

export const DRY_RUN = 'ask KMS whether it would work; change nothing';

export const JSON_DOCUMENT = 'print one JSON document, faults included';
