import { Command } from 'commander';
import { seconds } from '../options.ts';
import { auditCommands } from './audit-commands.ts';
import { examplesText } from './examples.ts';
import { explainCommand, keyCommands, servingCommands, shellCommands } from './other-commands.ts';
import { recordCommands } from './record-commands.ts';
import { helpByWords, helpOnError, refuseEmptyAndRepeated, unknownCommand } from './refusals.ts';
import { scaleCommands } from './scale-commands.ts';
import { commandsOf } from './shape.ts';
import { workCommands } from './work-commands.ts';

/** What a command does, with its arguments and then all its options, those of the commands above it included; the exit code. */
// biome-ignore lint/suspicious/noExplicitAny: each command has arguments and options of its own, which its parsers check
export type Handler = (...args: any[]) => Promise<number>;

/** The commands of `rewrap` with their options, which help, completion and the manual page are made from. They do nothing yet. */
export function createProgram(): Command {
  const program: Command = new Command('rewrap')
    .description('Inspect and re-encrypt AWS KMS ciphertext. No plaintext leaves KMS unless you ask for it.')
    .version(`${__REWRAP_VERSION__} (Node ${process.versions.node}, ${process.platform} ${process.arch})`)
    .option(
      '--timeout <seconds>',
      'longest wait for one answer of credentials, STS or KMS (default: 30)',
      seconds,
    )
    .option('-q, --quiet', 'print only what was asked for and what went wrong')
    .option('-v, --verbose', 'print the keys, algorithms and request id of each blob, and every skipped file')
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: (command) =>
        command === program ? [] : program.options.filter((option) => option.long !== '--version'),
    });
  helpOnError(program, 'rewrap');
  workCommands(program);
  keyCommands(program);
  auditCommands(program);
  recordCommands(program);
  scaleCommands(program);
  explainCommand(program);
  servingCommands(program);
  shellCommands(program);
  helpByWords(program);
  refuseEmptyAndRepeated(program);
  for (const [words, command] of commandsOf(program)) {
    command.addHelpText('after', examplesText(words));
    helpOnError(command, `rewrap ${words}`);
    refuseEmptyAndRepeated(command);
  }
  return program;
}

/** Has each command do its work. `ended` gets its exit code. Throws where one is left without. */
export function bindHandlers(
  program: Command,
  handlers: Readonly<Record<string, Handler>>,
  ended: (exitCode: number) => void,
): void {
  for (const [words, command] of commandsOf(program)) {
    const handler = handlers[words];
    if (handler === undefined) throw new Error(`rewrap ${words} does nothing`);
    // Of a command with others below it, a word too many is one of those, mistyped.
    const namesOthers = command.commands.length > 0 && command.registeredArguments.length === 0;
    if (namesOthers) command.allowExcessArguments();
    command.action(async () => {
      if (namesOthers && command.args.length > 0) unknownCommand(command);
      ended(await handler(...command.processedArgs, command.optsWithGlobals()));
    });
  }
}
