import { spawn } from 'node:child_process';

/**
 * The examples of the documents: a fenced block `console` is a shell session. A line that begins with `$ ` is a command (a
 * line that ends with `\` continues on the next, and a here-document to its end); the lines below it are what it prints. `…` inside a line stands for any
 * characters, and a line that is `…` alone for any lines. A command must end with 0, unless the next one is `echo $?`.
 */

export interface Example {
  readonly command: string;
  readonly output: readonly string[];
  /** Line of the command in its document, from 1. */
  readonly line: number;
}

export interface ConsoleExample {
  readonly language: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly text: readonly string[];
}

/** The fenced blocks of a document, in order. A fence that is indented belongs to a list and counts too. */
export function blocks(markdown: string): ConsoleExample[] {
  const found: ConsoleExample[] = [];
  let open: { language: string; line: number; indent: number; text: string[] } | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = line.match(/^( *)```(\S*)/);
    if (fence === null) {
      open?.text.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    } else if (open === null) {
      open = { language: fence[2] ?? '', line: index + 1, indent: fence[1]?.length ?? 0, text: [] };
    } else {
      found.push({ language: open.language, line: open.line, text: open.text });
      open = null;
    }
  }
  return found;
}

/** Throws where a block begins with output that no command printed. */
export function examples(block: ConsoleExample): Example[] {
  const found: { command: string; output: string[]; line: number }[] = [];
  // The line that ends a here-document; null outside one.
  let until: string | null = null;
  let goesOn = false;
  for (const [index, line] of block.text.entries()) {
    const last = found.at(-1);
    if (last !== undefined && (goesOn || until !== null)) {
      last.command += `\n${line}`;
      if (line === until) until = null;
      goesOn = goesOn && line.endsWith('\\');
    } else if (line.startsWith('$ ')) {
      found.push({ command: line.slice(2), output: [], line: block.line + 1 + index });
      until = line.match(/<<'?(\w+)'?/)?.[1] ?? null;
      goesOn = line.endsWith('\\');
    } else if (last === undefined) {
      throw new Error(`line ${block.line + 1 + index}: output without a command`);
    } else last.output.push(line);
  }
  for (const example of found) while (example.output.at(-1) === '') example.output.pop();
  return found;
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Columns may be wider or narrower where `…` stands for a value: two spaces or more match two or more. */
const columns = (text: string) => literal(text).replace(/ {2,}/g, ' {2,}');

/** Whether what was printed is what the document shows. */
export function shows(expected: readonly string[], printed: readonly string[]): boolean {
  const pattern = expected
    .map((line) =>
      line.trim() === '…'
        ? '(?:[^\\n]*\\n)*?'
        : `${line.trimEnd().split('…').map(columns).join('[^\\n]*?')}[ \\t]*\\n`,
    )
    .join('');
  return new RegExp(`^${pattern}$`).test(printed.map((line) => `${line}\n`).join(''));
}

export interface ShellSession {
  /** Runs one command to its end: its lines, standard error among them, and its exit code. */
  run(command: string): Promise<{ readonly lines: string[]; readonly code: number }>;
  close(): void;
}

/** A shell that keeps its folder and variables from one command to the next. */
export function openShell(cwd: string, env: NodeJS.ProcessEnv): ShellSession {
  const shell = spawn('bash', ['--noprofile', '--norc', '-s'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let arrived = () => {};
  let ended = false;
  shell.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    arrived();
  });
  shell.once('close', () => {
    ended = true;
    arrived();
  });
  shell.stdin.write('exec 2>&1\n');
  const mark = `end-${Math.random().toString(36).slice(2)}`;
  const end = new RegExp(`\\n?${mark} (\\d+)\\n`);
  return {
    async run(command) {
      shell.stdin.write(`${command}\n{ code=$?; printf '\\n%s %d\\n' ${mark} "$code"; (exit $code); }\n`);
      for (;;) {
        const match = text.match(end);
        if (match?.index !== undefined) {
          const printed = text.slice(0, match.index);
          text = text.slice(match.index + match[0].length);
          const lines = printed.split('\n').map((line) => line.trimEnd());
          while (lines.at(-1) === '') lines.pop();
          return { lines, code: Number(match[1]) };
        }
        if (ended) throw new Error(`the shell ended in: ${command}\n${text}`);
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    },
    close: () => shell.kill(),
  };
}
