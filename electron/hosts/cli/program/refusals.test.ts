import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { bindHandlers, createProgram } from './program.ts';
import { commandsOf } from './shape.ts';

/** What a command line is refused with; null: it is taken. Each command only says that it was reached. */
async function refusal(...words: string[]): Promise<string | null> {
  const program = createProgram();
  const errors: string[] = [];
  for (const command of [program, ...commandsOf(program).values()])
    command.configureOutput({ writeErr: (text) => errors.push(text), writeOut: (text) => errors.push(text) });
  bindHandlers(
    program,
    Object.fromEntries([...commandsOf(program).keys()].map((name) => [name, async () => 0])),
    () => {},
  );
  try {
    await program.parseAsync(words, { from: 'user' });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return errors.join('');
  }
}

describe('refusals of a command line', () => {
  const program = createProgram();
  const all = [...commandsOf(program)];

  it.each(
    all.flatMap(([words, command]) =>
      command.registeredArguments
        .filter(({ argChoices }) => argChoices === undefined)
        .map((argument, at) => [`rewrap ${words}`, argument.name(), words, at] as const),
    ),
  )('%s: an empty %s is refused, and is not the current folder', async (_, _name, words, at) => {
    const before = Array.from({ length: at }, () => 'x');
    const command = commandsOf(createProgram()).get(words);
    const needed =
      command?.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long ?? '', '2']) ?? [];
    const more = Array.from({ length: (command?.registeredArguments.length ?? 0) - at - 1 }, () => 'x');
    for (const empty of ['', ' '])
      expect(await refusal(...words.split(' '), ...before, empty, ...more, ...needed)).toMatch(/It is empty/);
  });

  it.each(
    all.flatMap(([words, command]) =>
      command.options
        .filter((option) => option.required && option.argChoices === undefined)
        .map((option) => [words, option.long ?? ''] as const),
    ),
  )('rewrap %s %s: an empty value is refused', async (words, option) => {
    const refused = await refusal(...words.split(' '), option, '');
    expect(refused).toContain("argument '' is invalid");
  });

  it('of a long value that is refused only the beginning is repeated, so that the reason is seen', async () => {
    const long = `a=${'x'.repeat(9000)}`;
    const refused = await refusal('reencrypt', 'a', '--in-place', '--to', 'alias/a', '--context', long);
    expect(refused).toMatch(/argument 'a=x{98}…' is invalid\. KMS takes 8,192 bytes of context at most\./);
    expect(await refusal('reencrypt', 'a', '--in-place', '--to', 'alias/a', '--context', 'abc')).toContain(
      "argument 'abc' is invalid. Give KEY=VALUE",
    );
  });

  it('an option that takes one value is refused with two, and taken with one twice', async () => {
    const to = ['reencrypt', 'a', '--in-place', '--to'];
    expect(await refusal(...to, 'alias/a', '--to', 'alias/b')).toContain('given twice');
    expect(await refusal(...to, 'alias/a', '--to', 'alias/a')).toBeNull();
    expect(await refusal('keys', '--profile', 'a', '--profile', 'b')).toContain('given twice');
    expect(await refusal('runs', '--limit', '5', '--limit', '6')).toContain('given twice');
    expect(await refusal('serve', '--port', '5', '--port', '6')).toContain('given twice');
    expect(await refusal('serve', '--port', '5')).toBeNull();
    expect(await refusal('keys', '--timeout', '5', '--timeout', '6')).toContain('given twice');
  });

  it('what may be repeated may be', async () => {
    const words = ['reencrypt', 'a', 'b', '--in-place', '--to', 'alias/a'];
    expect(
      await refusal(
        ...words,
        '--context',
        'a=b',
        '--context',
        'c=d',
        '--to-context',
        'a=b',
        '--to-context',
        '{"c":"d"}',
      ),
    ).toBeNull();
    expect(
      await refusal(
        ...words,
        '--add-context',
        'a=b',
        '--add-context',
        'c=d',
        '--remove-context',
        'e',
        '--remove-context',
        'f',
      ),
    ).toBeNull();
    expect(await refusal(...words, '--grant-token', 'a', '--grant-token', 'b')).toBeNull();
    expect(await refusal('plan', 'a', '--to', 'k', '--rule', 'path=a', '--rule', 'path=b')).toBeNull();
    expect(
      await refusal(
        'serve',
        '--out',
        'a',
        '--out',
        'b',
        '--allow-account',
        '111122223333',
        '--allow-account',
        '111122223334',
        '--allow-endpoint',
        'https://a',
        '--allow-endpoint',
        'https://b',
      ),
    ).toBeNull();
    expect(await refusal('audit', '.', '--safe-to-delete', 'a', '--safe-to-delete', 'b')).toBeNull();
    expect(await refusal('evidence', '-o', 'x', '--attach', 'a', '--attach', 'b')).toBeNull();
  });

  it('a mistyped option is said before one that is missing', async () => {
    const refused = await refusal('reencrypt', '.', '--too', 'alias/a', '--in-place');
    expect(refused).toContain("unknown option '--too'");
    expect(refused).toContain('Did you mean --to?');
    expect(refused).toContain('(rewrap reencrypt --help shows how)');
    expect(await refusal('reencrypt', '.', '--in-place')).toContain("required option '--to <key>'");
  });

  it('help takes the words of a command, and refuses what is none', async () => {
    expect(await refusal('help', 'nope')).toContain("unknown command 'nope'");
    expect(await refusal('help', 'inspekt')).toContain('Did you mean inspect?');
    expect(await refusal('help', 'runs', 'shwo')).toContain('Did you mean show?');
    expect(await refusal('help', 'runs', 'show')).toContain('Usage: rewrap runs show');
    expect(await refusal('help')).toContain('Usage: rewrap [options] [command]');
  });

  it("every command's help names the options of all commands, once", async () => {
    for (const [words] of all) {
      const help = (await refusal(...words.split(' '), '--help')) ?? '';
      expect(help.match(/--timeout <seconds>/g)).toHaveLength(1);
      expect(help).not.toContain('--version');
    }
  });
});
