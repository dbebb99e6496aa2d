import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionScript, SHELLS } from './completion.ts';
import { EXAMPLES } from './examples.ts';
import { manualPage } from './manual.ts';
import { createProgram } from './program.ts';
import { commandsOf, shapesOf } from './shape.ts';

const program = createProgram();
const has = (tool: string): boolean =>
  spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-completion-'));
  mkdirSync(join(folder, 'secrets dir'));
  writeFileSync(join(folder, 'sec.env'), '');
  writeFileSync(join(folder, 'config'), '[default]\n[profile prod]\nregion=x\n[ profile  ops-1 ]\n');
  for (const shell of SHELLS)
    writeFileSync(join(folder, `rewrap.${shell}`), completionScript(program, shell));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers after these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const { stdout, stderr } = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash expands it
      'source ./rewrap.bash; COMP_WORDS=(rewrap "$@"); COMP_CWORD=$#; _rewrap; printf "%s\\n" "${COMPREPLY[@]}"',
      'bash',
      ...words,
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, AWS_CONFIG_FILE: join(folder, 'config'), AWS_SHARED_CREDENTIALS_FILE: 'none' },
    },
  );
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe.skipIf(process.platform === 'win32' || !has('bash'))('bash offers', () => {
  test.each([
    [[''], expect.arrayContaining(['inspect', 'runs', 'completion'])],
    [['ins'], ['inspect']],
    [
      ['runs', 're'],
      ['resume', 'retry'],
    ],
    [
      ['runs', '--json', 're'],
      ['resume', 'retry'],
    ],
    [['history', 'v'], ['verify']],
    [['inspect', '--js'], ['--json']],
    [['--time'], ['--timeout']],
    [['reencrypt', 'x', '--to-no'], ['--to-no-context']],
    [['runs', 'retry', '--no'], ['--no-grant-tokens']],
    [['audit', '--format', 's'], ['sarif']],
    [['audit', '--format', '=', 's'], ['sarif']],
    [['reencrypt', '--to-algorithm', 'RSAES_OAEP_SHA_2'], ['RSAES_OAEP_SHA_256']],
    [
      ['keys', '--profile', ''],
      ['default', 'prod', 'ops-1'],
    ],
    [['sso-login', 'p'], ['prod']],
    [['completion', 'f'], ['fish']],
    [
      ['inspect', 'sec'],
      ['secrets dir', 'sec.env'],
    ],
    [['reencrypt', '--out', 'sec'], ['secrets dir']],
    [
      ['audit', '--rules', 'sec'],
      ['secrets dir', 'sec.env'],
    ],
    [['plan', 'd'], ['diff']],
    [['keys', '--region', ''], []],
    [['runs', 'show', ''], []],
  ])('after %j', (words, expected) => {
    const found = offered(...words);
    expect(Array.isArray(expected) ? found.toSorted() : found).toEqual(
      Array.isArray(expected) ? expected.toSorted() : expected,
    );
  });
});

describe.each(['zsh', 'fish'] as const)('%s', (shell) => {
  test.skipIf(!has(shell))('reads its script', () => {
    const { status, stderr } = spawnSync(shell, ['-n', join(folder, `rewrap.${shell}`)], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

/** Types each line and Tab in a zsh of a terminal of its own, which writes what it is offered into `hits`. */
const ZSH = `zmodload zsh/zpty
print -r -- 'autoload -Uz compinit; compinit -u -D; source ./rewrap.zsh
bindkey "^I" complete-word; setopt noautomenu nolistbeep
compadd() {
  if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
    typeset -a hits; builtin compadd -A hits "$@"; print -rl -- $hits >>hits
  fi
  builtin compadd "$@"
}
comppostfuncs=(over); over() { print -r -- --- >>hits; comppostfuncs=(over); }' >setup.zsh
zpty shell zsh -f -i
zpty -w shell 'source ./setup.zsh; print READ""Y'
zpty -r -m shell out '*READY*'
for line; do
  before=$(wc -l <hits)
  zpty -n -w shell "$line"$'\t'
  while [[ $(tail -n 1 hits) != --- || $(wc -l <hits) == $before ]]; do zpty -r -t shell out || sleep 0.01; done
  zpty -n -w shell $'\\x15'
done
zpty -d shell
cat hits`;

test.skipIf(!has('zsh'))('zsh offers commands, options, values and profiles', () => {
  writeFileSync(join(folder, 'hits'), '');
  const expected: readonly (readonly [string, readonly string[]])[] = [
    ['rewrap ins', ['inspect']],
    ['rewrap -q runs re', ['resume', 'retry']],
    ['rewrap inspect --js', ['--json']],
    ['rewrap audit --format s', ['sarif']],
    ['rewrap audit --format=s', ['sarif']],
    ['rewrap keys --profile ', ['default', 'prod', 'ops-1']],
    ['rewrap inspect sec', ['sec.env', 'secrets\\ dir']],
    ['rewrap keys --region ', []],
  ];
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', ZSH, 'zsh', ...expected.map(([line]) => line)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, AWS_CONFIG_FILE: join(folder, 'config'), AWS_SHARED_CREDENTIALS_FILE: 'none' },
  });
  expect(stderr).toBe('');
  const offers = stdout.split('---\n').map((hits) => [...new Set(hits.split('\n').filter(Boolean))]);
  expect(expected.map(([line], i) => [line, offers[i]])).toEqual(expected);
});

test.skipIf(!has('fish'))('fish offers commands, options and profiles', () => {
  const ask = (line: string) =>
    spawnSync('fish', ['--no-config', '-c', `source rewrap.fish; complete -C ${JSON.stringify(line)}`], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, HOME: folder, AWS_CONFIG_FILE: join(folder, 'config') },
    })
      .stdout.split('\n')
      .map((line) => line.split('\t')[0]);
  expect(ask('rewrap ins')).toContain('inspect');
  expect(ask('rewrap runs re')).toEqual(expect.arrayContaining(['resume', 'retry']));
  expect(ask('rewrap audit --format s')).toContain('sarif');
  expect(ask('rewrap audit --format=s')).toContain('--format=sarif');
  expect(ask('rewrap keys --profile o')).toContain('ops-1');
});

test('every command and option stands in every script', () => {
  for (const shell of SHELLS) {
    const script = completionScript(program, shell);
    for (const { words, options } of shapesOf(program)) {
      for (const each of words) expect(script).toContain(each);
      for (const { names } of options)
        expect(script).toContain(shell === 'fish' ? names[0]?.slice(2) : names[0]);
    }
  }
});

test('every command has two examples, of itself', () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual([...commandsOf(program).keys()].toSorted());
  for (const [words, lines] of Object.entries(EXAMPLES))
    for (const line of lines) expect(line).toMatch(new RegExp(`(^|[|(] ?|\\()rewrap ${words}( |\\)|$)`));
});

test('the manual page names every option, and man has nothing to say against it', () => {
  const page = manualPage(program);
  for (const [, command] of commandsOf(program))
    for (const option of command.options) expect(page).toContain(`.B ${option.flags.replaceAll('-', '\\-')}`);
  const path = join(folder, 'rewrap.1');
  writeFileSync(path, page);
  if (has('mandoc')) {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', path], { encoding: 'utf8' });
    // The page is the same whenever it is made: it has no date.
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  }
  if (process.platform === 'linux' && has('groff'))
    expect(spawnSync('groff', ['-man', '-ww', '-z', path], { encoding: 'utf8' }).stderr).toBe('');
});
