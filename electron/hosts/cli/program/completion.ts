import type { Command } from 'commander';
import { type CommandShape, type OptionShape, shapesOf, type ValueKind } from './shape.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of a shell, from the commands and options that there are. */
export function completionScript(program: Command, shell: Shell): string {
  return WRITERS[shell](shapesOf(program));
}

const WRITERS: Readonly<Record<Shell, (shapes: readonly CommandShape[]) => string>> = {
  bash,
  zsh,
  fish,
  powershell,
};

/** One word for a POSIX shell. */
const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** Names of AWS profiles in the shared files, as lines: for bash and fish in `sed`'s regular form. */
const PROFILES =
  "sed -nE 's/^[[:space:]]*\\[[[:space:]]*(profile[[:space:]]+)?([^][:space:]]+)[[:space:]]*\\].*/\\2/p'";

function bash(shapes: readonly CommandShape[]): string {
  const paths = shapes.filter(({ words }) => words.length > 0);
  const walk = paths.map(
    ({ words }) =>
      `      ${word(`${words.slice(0, -1).join(' ')}|${words.at(-1)}`)}) cmd=${word(words.join(' '))} ;;`,
  );
  const values = shapes.flatMap(({ words, options }) =>
    options
      .filter(({ value }) => value !== null)
      .map(
        ({ names, value }) =>
          `    ${names.map((name) => word(`${words.join(' ')}|${name}`)).join('|')}) ${bashValue(value ?? 'nothing')}; return ;;`,
      ),
  );
  const commands = shapes.map(({ words, options, below, argument }) => {
    const names = options.flatMap((option) => option.names.filter((name) => name.startsWith('--')));
    return `    ${word(words.join(' '))})
      if [[ $cur == -* ]]; then _rewrap_words ${word(names.join(' '))}; return; fi
      ${[...(below.length === 0 ? [] : [`_rewrap_words ${word(below.map(({ name }) => name).join(' '))}`]), bashValue(argument)].join('; ')} ;;`;
  });
  return `# bash completion of rewrap: source <(rewrap completion bash)
_rewrap_words() {
  local each
  while IFS= read -r each; do COMPREPLY+=("$each"); done < <(compgen -W "$1" -- "$cur")
}
_rewrap_files() {
  local each
  compopt -o filenames 2>/dev/null
  while IFS= read -r each; do COMPREPLY+=("$each"); done < <(compgen "$1" -- "$cur")
}
_rewrap_profiles() {
  _rewrap_words "$(${PROFILES} "\${AWS_CONFIG_FILE:-$HOME/.aws/config}" "\${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}" 2>/dev/null)"
}
_rewrap() {
  local cur prev cmd='' i
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  # --format=json comes as three words.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$cmd|\${COMP_WORDS[i]}" in
${walk.join('\n')}
    esac
  done
  case "$cmd|$prev" in
${values.join('\n')}
  esac
  case "$cmd" in
${commands.join('\n')}
  esac
}
complete -F _rewrap rewrap
`;
}

function bashValue(kind: ValueKind): string {
  if (kind === 'file') return '_rewrap_files -f';
  if (kind === 'folder') return '_rewrap_files -d';
  if (kind === 'profile') return '_rewrap_profiles';
  return kind === 'nothing' ? ':' : `_rewrap_words ${word(kind.join(' '))}`;
}

function zsh(shapes: readonly CommandShape[]): string {
  const functions = shapes.map(({ words, options, below, argument }) => {
    const own = ['_rewrap', ...words].join('_').replaceAll('-', '_');
    const specs = options.flatMap((option) => zshOption(option));
    const subs = below.map(({ name, description }) => `      ${word(`${name}:${flat(description)}`)}`);
    if (below.length === 0)
      return `${own}() {\n  _arguments -s -S \\\n    ${[...specs, word(`*:argument:${zshValue(argument)}`)].join(' \\\n    ')}\n}`;
    const dispatch = below.map(({ name }) => `      ${name}) ${`${own}_${name}`.replaceAll('-', '_')} ;;`);
    return `${own}() {
  local curcontext="$curcontext" state line
  _arguments -C -S \\
    ${[...specs, "'1: :->sub'", "'*:: :->rest'"].join(' \\\n    ')}
  case $state in
    sub)
      local -a subs=(
${subs.join('\n')}
      )
      _describe -t commands command subs${argument === 'file' ? '\n      _files' : ''} ;;
    rest) case $line[1] in
${dispatch.join('\n')}
      *) ${argument === 'file' ? '_files' : ':'} ;;
    esac ;;
  esac
}`;
  });
  return `#compdef rewrap
# zsh completion of rewrap: rewrap completion zsh > "\${fpath[1]}/_rewrap"
_rewrap_profiles() {
  local -a profiles=(\${(f)"$(${PROFILES} "\${AWS_CONFIG_FILE:-$HOME/.aws/config}" "\${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}" 2>/dev/null)"})
  compadd -a profiles
}
${functions.join('\n')}
if [[ $funcstack[1] == _rewrap ]]; then _rewrap "$@"; else compdef _rewrap rewrap; fi
`;
}

function zshOption({ names, description, value }: OptionShape): string[] {
  const said = flat(description)
    .replaceAll(/[[\]\\]/g, '\\$&')
    .replaceAll(':', '\\:');
  const takes = value === null ? '' : `:value:${zshValue(value)}`;
  // `=`: --format=json as well as --format json.
  return names.map((name) =>
    word(`*${name}${value !== null && name.startsWith('--') ? '=' : ''}[${said}]${takes}`),
  );
}

function zshValue(kind: ValueKind): string {
  if (kind === 'file') return '_files';
  if (kind === 'folder') return '_files -/';
  if (kind === 'profile') return '_rewrap_profiles';
  return kind === 'nothing' ? ' ' : `(${kind.join(' ')})`;
}

function fish(shapes: readonly CommandShape[]): string {
  const lines = shapes.flatMap(({ words, options, below, argument }) => {
    const when = word(fishCondition(words, below));
    const start = `complete -c rewrap -n ${when}`;
    return [
      ...below.map(({ name, description }) => `${start} -f -a ${name} -d ${word(flat(description))}`),
      ...(argument === 'file' || below.length > 0
        ? []
        : [`${start} -f${argument === 'profile' ? ` -a '(__rewrap_profiles)'` : ''}`]),
      ...(typeof argument === 'string' ? [] : [`${start} -f -a ${word(argument.join(' '))}`]),
      ...options.map(({ names, description, value }) =>
        [
          start,
          ...names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)),
          ...(value === null ? [] : [fishValue(value)]),
          `-d ${word(flat(description))}`,
        ].join(' '),
      ),
    ];
  });
  return `# fish completion of rewrap: rewrap completion fish > ~/.config/fish/completions/rewrap.fish
function __rewrap_profiles
    set -l config ~/.aws/config
    set -q AWS_CONFIG_FILE; and set config $AWS_CONFIG_FILE
    set -l credentials ~/.aws/credentials
    set -q AWS_SHARED_CREDENTIALS_FILE; and set credentials $AWS_SHARED_CREDENTIALS_FILE
    ${PROFILES} $config $credentials 2>/dev/null
end
${lines.join('\n')}
`;
}

/** Whether the words of a command were seen, and none of those below it. */
function fishCondition(words: readonly string[], below: CommandShape['below']): string {
  if (words.length === 0) return '__fish_use_subcommand';
  const seen = words.map((each) => `__fish_seen_subcommand_from ${each}`);
  const none =
    below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.map(({ name }) => name).join(' ')}`];
  return [...seen, ...none].join('; and ');
}

function fishValue(kind: ValueKind): string {
  if (kind === 'file') return '-r';
  if (kind === 'folder') return `-x -a '(__fish_complete_directories)'`;
  if (kind === 'profile') return `-x -a '(__rewrap_profiles)'`;
  return kind === 'nothing' ? '-x' : `-x -a ${word(kind.join(' '))}`;
}

function powershell(shapes: readonly CommandShape[]): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const entries = shapes.map(({ words, options, below }) => {
    const all = [
      ...below.map(({ name, description }) => [name, description] as const),
      ...options.flatMap(({ names, description }) => names.map((name) => [name, description] as const)),
    ];
    const lines = all.map(([name, description]) => `        @(${quote(name)}, ${quote(flat(description))})`);
    return `    ${quote(words.join(' '))} = @(\n${lines.join('\n')}\n    )`;
  });
  return `# PowerShell completion of rewrap: rewrap completion powershell | Out-String | Invoke-Expression
$script:rewrapCommands = @{
${entries.join('\n')}
}
Register-ArgumentCompleter -Native -CommandName rewrap -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $command = ''
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete -ne '') { break }
        $next = ("$command " + $element.ToString()).Trim()
        if ($script:rewrapCommands.ContainsKey($next)) { $command = $next }
    }
    $script:rewrapCommands[$command] | Where-Object { $_[0] -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[1])
    }
}
`;
}
