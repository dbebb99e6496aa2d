import { isDeepStrictEqual } from 'node:util';
import { type Argument, type Command, InvalidArgumentError, type Option } from 'commander';
import { filled } from '../options.ts';

/** What commander does with words that it refuses. It throws; its typings leave these out. */
interface Refusing {
  unknownCommand(): never;
  unknownOption(flag: string): never;
  missingMandatoryOptionValue(option: Option): never;
  _dispatchHelpCommand(name: string | undefined): void;
}
const refusing = (command: Command): Refusing => command as unknown as Refusing;

/** Refuses the first word of `command` as no command, with the nearest that there is. */
export const unknownCommand = (command: Command): never => refusing(command).unknownCommand();

/** Longest part of a refused value that is repeated, in characters: the reason stands behind it. */
const MAX_REPEATED = 100;

const cutShort = (message: string): string =>
  message.replace(
    /(argument(?: value)? ')([\s\S]+)(' is invalid)/,
    (_, before: string, value: string, after: string) =>
      `${before}${value.length > MAX_REPEATED ? `${value.slice(0, MAX_REPEATED)}…` : value}${after}`,
  );

/** Ends each refusal with where help is. An option that is mistyped is said before one that is missing: it may be it. */
export function helpOnError(command: Command, words: string): void {
  command.showHelpAfterError(`(${words} --help shows how)`);
  const error = command.error.bind(command);
  command.error = (message, options) => error(cutShort(message), options);
  const inner = refusing(command);
  const missing = inner.missingMandatoryOptionValue.bind(command);
  inner.missingMandatoryOptionValue = (option) => {
    const mistyped = command.args.find((word) => /^--?[a-z]/i.test(word));
    return mistyped === undefined ? missing(option) : inner.unknownOption(mistyped);
  };
}

/** `rewrap help runs show`, at any depth; a word that is no command is refused as such. */
export function helpByWords(program: Command): void {
  refusing(program)._dispatchHelpCommand = () => {
    let at = program;
    for (const word of program.args.slice(1)) {
      const next = at.commands.find((each) => each.name() === word);
      if (next === undefined) {
        at.args = [word];
        unknownCommand(at);
      }
      at = next as Command;
    }
    at.help();
  };
}

/**
 * Refuses an empty value of any option and argument, which an unset variable of a shell gives (an empty path would mean
 * the current folder), and an option that is given twice with two values where it takes one.
 */
export function refuseEmptyAndRepeated(command: Command): void {
  for (const option of command.options) {
    if (!option.required && !option.optional) continue;
    const parse = parserOf(option);
    option.argParser((value: string, previous: unknown) => {
      const parsed = parse(filled(value), previous);
      const before = command.getOptionValueSource(option.attributeName()) === 'cli';
      if (before && !isRepeatable(option) && !isDeepStrictEqual(parsed, previous))
        throw new InvalidArgumentError('It is given twice, with two values: name one.');
      return parsed;
    });
  }
  for (const argument of command.registeredArguments) {
    const parse = parserOf(argument);
    argument.argParser((value: string, previous: unknown) => {
      const parsed = parse(filled(value), previous);
      return argument.variadic ? [...((previous as unknown[] | undefined) ?? []), parsed] : parsed;
    });
  }
}

/** Help says it, and this reads it there. */
const isRepeatable = ({ description }: Option): boolean => /\brepeatable\b/.test(description);

/** The parser that there is, or one that takes all. */
function parserOf({ parseArg }: Option | Argument): (value: string, previous: unknown) => unknown {
  // biome-ignore lint/suspicious/noExplicitAny: a parser takes what it gave before
  return (parseArg as any) ?? ((value: string) => value);
}
