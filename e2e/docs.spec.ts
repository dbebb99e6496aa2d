import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocks, examples, openSession, shows } from '../tools/docs/console.ts';
import { documents, read, root } from '../tools/docs/files.ts';
import { rewriteExamples } from '../tools/docs/write.ts';
import { expect, test } from './support/fixtures.ts';
import { cli, environment } from './support/home.ts';
import { rewrap } from './support/processes.ts';

/** `REWRAP_WRITE_DOCS=1` puts what was printed into the documents instead of comparing. */
const writing = process.env.REWRAP_WRITE_DOCS !== undefined;

/** Options of the commands that documents name, read from each command's own help. */
const helpOf = new Map<string, Promise<string>>();
const help = (command: string, home: string): Promise<string> => {
  const known =
    helpOf.get(command) ?? rewrap([...command.split(' '), '--help'], home).then((end) => end.stdout);
  helpOf.set(command, known);
  return known;
};

/** `rewrap …` in a line of shell: its command words and its long options. */
const calls = (text: string) =>
  [
    ...text
      .replaceAll('\\\n', ' ')
      .matchAll(/(?:^|[\s`;&|(])rewrap ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)([^|;&`\n]*)/g),
  ].map(([, words = '', rest = '']) => ({
    words: words.split(' '),
    options: [...rest.matchAll(/(?:^|\s|\[)(--[a-z][a-z-]*)/g)].map(([, option = '']) => option),
  }));

test.describe('documents', () => {
  test.skip(process.platform === 'win32', 'the examples are for a POSIX shell');

  for (const path of documents()) {
    const sessions = blocks(read(path)).filter(({ language }) => language === 'console');
    if (sessions.length === 0) continue;
    test(`${path}: each example prints what it shows`, async ({ stage }) => {
      const bin = join(stage.home, '..', 'bin');
      const vault = join(stage.home, '..', 'vault');
      mkdirSync(bin);
      writeFileSync(
        join(bin, 'rewrap'),
        `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${cli}' "$@"\n`,
      );
      chmodSync(join(bin, 'rewrap'), 0o755);
      cpSync(join(stage.home, 'practice', 'vault'), vault, { recursive: true });
      const session = openSession(vault, {
        ...environment(stage.home),
        PATH: `${bin}:${process.env.PATH}`,
        HOME: join(stage.home, '..'),
        COLUMNS: '100',
        LANG: 'C.UTF-8',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_NAME: 'You',
        GIT_AUTHOR_EMAIL: 'you@example.com',
        GIT_COMMITTER_NAME: 'You',
        GIT_COMMITTER_EMAIL: 'you@example.com',
      });
      const printed: { line: number; lines: string[] }[] = [];
      try {
        for (const block of sessions) {
          const all = examples(block);
          for (const [index, { command, output, line }] of all.entries()) {
            const { lines, code } = await session.run(command);
            printed.push({ line, lines });
            const asked = /\becho .*\$\?/.test(all[index + 1]?.command ?? '');
            if (!asked) expect(code, `${path}:${line}: ${command}\n${lines.join('\n')}`).toBe(0);
            if (writing || shows(output, lines)) continue;
            expect(lines, `${path}:${line}: ${command}`).toEqual(output);
          }
        }
      } finally {
        session.close();
      }
      if (writing) rewriteExamples(join(root, path), printed);
    });
  }

  test('every command and option that a document names exists', async ({ stage }) => {
    const unknown: string[] = [];
    const top = (await rewrap(['--help'], stage.home)).stdout;
    for (const path of documents()) {
      if (path === 'CHANGELOG.md') continue;
      const text = read(path);
      const code = [
        ...blocks(text)
          .filter(({ language }) => ['console', 'sh', '', 'yaml'].includes(language))
          .map((block) => block.text.join('\n')),
        ...[...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span),
      ];
      for (const { words, options } of code.flatMap(calls)) {
        const [first = '', second = ''] = words;
        if (!new RegExp(`^  ${first}\\b`, 'm').test(top)) {
          unknown.push(`${path}: rewrap ${first}`);
          continue;
        }
        const own = await help(first, stage.home);
        const sub =
          new RegExp(`^  ${second}[ \\n]`, 'm').test(own.slice(own.indexOf('Commands:'))) && second !== '';
        const text = `${own}${own.includes('Commands:') && sub ? await help(`${first} ${second}`, stage.home) : ''}${top}`;
        for (const option of options)
          if (!new RegExp(`${option}\\b`).test(text))
            unknown.push(`${path}: rewrap ${words.join(' ')} ${option}`);
      }
    }
    expect([...new Set(unknown)]).toEqual([]);
  });
});
