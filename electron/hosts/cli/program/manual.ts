import type { Command, Option } from 'commander';
import { EXAMPLES } from './examples.ts';
import { commandsOf } from './shape.ts';

/** The manual page `rewrap.1`, in the `man` macros, from the commands and options that there are. */
export function manualPage(program: Command): string {
  const lines = [
    `.TH REWRAP 1 "" "Rewrap ${__REWRAP_VERSION__}" "Rewrap"`,
    '.SH NAME',
    'rewrap \\- inspect and re\\-encrypt AWS KMS ciphertext',
    '.SH SYNOPSIS',
    '.B rewrap',
    '.I command',
    '.RI [ options ]',
    '.RI [ arguments ]',
    '.SH DESCRIPTION',
    text(
      'Reads AWS KMS ciphertext without decrypting it, and moves it to another key inside KMS with ReEncrypt. A file is replaced only after its new ciphertext is on disk and was shown to open under the new key.',
    ),
    '.SH OPTIONS OF EVERY COMMAND',
    ...program.options.flatMap(optionLines),
    '.SH COMMANDS',
    ...[...commandsOf(program)].flatMap(([words, command]) => commandLines(words, command)),
    ...REST,
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(words: string, command: Command): string[] {
  return [
    `.SS ${quoted(`rewrap ${words} ${command.usage()}`)}`,
    text(`${command.description().replace(/^./, (first) => first.toUpperCase())}.`),
    ...command.options.flatMap(optionLines),
    '.PP',
    'Examples:',
    '.PP',
    '.nf',
    '.RS',
    ...(EXAMPLES[words] ?? []).map(text),
    '.RE',
    '.fi',
  ];
}

const optionLines = (option: Option): string[] => [
  '.TP',
  `.B ${text(option.flags)}`,
  text(`${option.description}${option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`}`),
];

const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'Nothing is left to do; of a dry run: would be.'],
  [
    1,
    'At least one blob failed, and the same command would fail again; or standard output could not be written.',
  ],
  [2, 'Bad usage, or input that could not be read.'],
  [3, 'The run stopped and kept its place: the same command continues.'],
  [4, 'A question of an audit cannot be answered from what was read.'],
  [130, 'Ctrl-C.'],
];

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['AWS_PROFILE, AWS_REGION, AWS_CONFIG_FILE, AWS_ENDPOINT_URL_KMS and others', 'As the AWS CLI reads them.'],
  ['REWRAP_HOME', 'Folder of settings, runs and history, instead of the default.'],
  ['NO_COLOR, FORCE_COLOR', 'Colours off, or on where standard output is no terminal.'],
];

const REST = [
  '.SH EXIT STATUS',
  ...EXIT_CODES.flatMap(([code, what]) => ['.TP', `.B ${code}`, text(what)]),
  '.SH ENVIRONMENT',
  ...ENVIRONMENT.flatMap(([name, what]) => ['.TP', `.B ${text(name)}`, text(what)]),
  '.SH SEE ALSO',
  '.BR aws (1)',
];

/** A line of text as roff takes it literally: no escape, no request at its beginning. */
function text(line: string): string {
  const escaped = line
    .replaceAll(/\s+/g, ' ')
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

const quoted = (line: string): string => `"${text(line).replaceAll('"', '\\(dq')}"`;
