import type { Command, Option } from 'commander';
import { ENCRYPTION_ALGORITHMS } from '#shared/kms/facts.ts';

/** What a shell may complete in the place of a value: words, files, folders, AWS profiles, or nothing. */
export type ValueKind = readonly string[] | 'file' | 'folder' | 'profile' | 'nothing';

export interface OptionShape {
  /** `--json`, and `-q` where there is one. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null: it takes no value. */
  readonly value: ValueKind | null;
}

/** A command as completion sees it. */
export interface CommandShape {
  /** After `rewrap`; empty for `rewrap` itself. */
  readonly words: readonly string[];
  readonly description: string;
  readonly options: readonly OptionShape[];
  readonly below: readonly { readonly name: string; readonly description: string }[];
  /** What its arguments are. */
  readonly argument: ValueKind;
}

/** Every command, `rewrap` itself first; options of all commands stand in each. */
export function shapesOf(program: Command): CommandShape[] {
  const common = program.options.filter((option) => option.long !== '--version');
  const shape = (words: readonly string[], command: Command): CommandShape => ({
    words,
    description: command.description(),
    options: [...new Set([...command.options, ...common])].map(optionShape).concat(HELP),
    below: command.commands.map((each) => ({ name: each.name(), description: each.description() })),
    argument: argumentKind(command),
  });
  return [
    shape([], program),
    ...[...commandsOf(program)].map(([words, command]) => shape(words.split(' '), command)),
  ];
}

const HELP: OptionShape = { names: ['--help', '-h'], description: 'display help for command', value: null };

function optionShape(option: Option): OptionShape {
  const names = [option.long, option.short].filter((name) => name !== undefined);
  return { names, description: option.description, value: valueKind(option) };
}

function valueKind(option: Option): ValueKind | null {
  if (!option.required && !option.optional) return null;
  if (option.argChoices !== undefined) return option.argChoices;
  if (option.long === '--profile' || option.long === '--to-profile') return 'profile';
  if (option.long?.endsWith('-algorithm')) return ENCRYPTION_ALGORITHMS;
  if (/<(?:file|history)>/.test(option.flags)) return 'file';
  return option.flags.includes('<dir>') ? 'folder' : 'nothing';
}

function argumentKind({ registeredArguments: [first] }: Command): ValueKind {
  if (first === undefined) return 'nothing';
  if (first.argChoices !== undefined) return first.argChoices;
  if (first.name() === 'profile') return 'profile';
  return first.name() === 'run' ? 'nothing' : 'file';
}

/** Every command with something to do, by its words after `rewrap`: "runs show". */
export function commandsOf(program: Command): Map<string, Command> {
  const found = new Map<string, Command>();
  const visit = (command: Command, words: readonly string[]): void => {
    for (const each of command.commands) {
      const path = [...words, each.name()];
      found.set(path.join(' '), each);
      visit(each, path);
    }
  };
  visit(program, []);
  return found;
}
