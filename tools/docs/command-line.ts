import type { Command } from 'commander';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return '';
  return `\n| ${head[0]} | ${head[1]} |\n|---|---|\n${rows.map(([left, right]) => `| \`${cell(left)}\` | ${cell(right)} |\n`).join('')}`;
}

/** Options that many commands share are described once. */
function sharedOptions(commands: readonly Command[]): ReadonlySet<string> {
  const known = ['--profile', '--region', '--endpoint-url', '--fips', '--dual-stack', '--practice'];
  return new Set(
    known.filter(
      (name) => commands.filter((one) => one.options.some(({ long }) => long === name)).length > 2,
    ),
  );
}

function description(option: Command['options'][number]): string {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
  const start = option.defaultValue;
  const shown = typeof start === 'string' || typeof start === 'number' ? ` Default: ${start}.` : '';
  const text = `${option.description}${choices}`;
  return `${text[0]?.toUpperCase()}${text.slice(1)}.${shown}`.replace(/\.\.+/g, '.');
}

/** `docs/command-line.md`, from the commands themselves: what `--help` prints, in one page. */
export function commandLinePage(program: Command, commands: ReadonlyMap<string, Command>): string {
  const shared = sharedOptions([...commands.values()]);
  const visible = (command: Command) => command.options.filter((option) => !option.hidden);
  const parts = [
    '# Command line',
    '',
    '<!-- Made from the commands themselves by `npm run docs:write`. -->',
    '',
    '`rewrap` does what the window does. In a clone, write `npm run --silent rewrap --` for it. Errors and progress go to standard',
    'error. [Plans and runs](runs.md#exit-codes) has the exit codes.',
    '',
    '## Options of every command',
    table(
      ['Option', 'Meaning'],
      visible(program).map((option) => [option.flags, description(option)]),
    ),
    '## Options of commands that connect',
    '',
    'They mean what they mean in the AWS CLI. [Connecting to AWS](connecting.md) has more.',
    table(
      ['Option', 'Meaning'],
      [...shared].flatMap((name) => {
        const option = [...commands.values()].flatMap(visible).find(({ long }) => long === name);
        return option === undefined ? [] : [[option.flags, description(option)] as const];
      }),
    ),
  ];
  for (const [words, command] of commands) {
    const text = command.description();
    const args = command.registeredArguments
      .map((argument) => {
        const name = `${argument.name()}${argument.variadic ? '…' : ''}`.toUpperCase();
        return argument.required ? ` ${name}` : ` [${name}]`;
      })
      .join('');
    const connects = visible(command).some(({ long }) => long !== undefined && shared.has(long));
    parts.push(
      `## rewrap ${words}`,
      '',
      `${text[0]?.toUpperCase()}${text.slice(1)}.`,
      '',
      '```sh',
      `rewrap ${words}${args}${visible(command).length > 0 ? ' [options]' : ''}`,
      '```',
      table(
        ['Option', 'Meaning'],
        visible(command)
          .filter(({ long }) => long === undefined || !shared.has(long))
          .map((option) => [option.flags, description(option)]),
      ),
    );
    if (connects) parts.push('And the options of commands that connect.', '');
  }
  return `${parts
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}
