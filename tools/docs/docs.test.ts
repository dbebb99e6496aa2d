import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blocks, examples, openSession, shows } from './console.ts';
import { anchors, documents, links, read, root } from './files.ts';

describe('documents', () => {
  test('every link within the project leads to a file, and to a heading where it names one', () => {
    const broken: string[] = [];
    for (const path of documents()) {
      for (const { target, line } of links(read(path))) {
        if (/^[a-z]+:/.test(target)) continue;
        const [file = '', anchor] = target.split('#');
        const to = file === '' ? path : normalize(join(dirname(path), decodeURIComponent(file)));
        if (!existsSync(join(root, to))) broken.push(`${path}:${line}: ${target}`);
        else if (anchor !== undefined && to.endsWith('.md') && !anchors(read(to)).has(anchor))
          broken.push(`${path}:${line}: no heading #${anchor} in ${to}`);
      }
    }
    expect(broken).toEqual([]);
  });

  test('every npm script that a document names exists', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
    const unknown = documents().flatMap((path) =>
      [...read(path).matchAll(/\bnpm run (?:--silent )?([a-z][a-z0-9:-]*)/g)]
        .map(([, name]) => name ?? '')
        .filter((name) => !scripts.includes(name))
        .map((name) => `${path}: npm run ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  test('every page of docs/ is reached from its index', () => {
    const reached = new Set(
      links(read('docs/README.md')).map(({ target }) => normalize(join('docs', target.split('#')[0] ?? ''))),
    );
    expect(
      documents().filter(
        (path) => path.startsWith('docs/') && path !== 'docs/README.md' && !reached.has(path),
      ),
    ).toEqual([]);
  });

  test('README has at most 150 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });
});

describe('examples of documents', () => {
  test('a session: commands, continued lines, and what they print', () => {
    const [block] = blocks('text\n```console\n$ one \\\n  two\nout\n\n$ echo $?\n0\n```\n');
    expect(block && examples(block)).toEqual([
      { command: 'one \\\n  two', output: ['out'], line: 3 },
      { command: 'echo $?', output: ['0'], line: 7 },
    ]);
  });

  test('a here-document belongs to its command', () => {
    const [block] = blocks("```console\n$ cat <<'END'\n$ x\nEND\nout\n```\n");
    expect(block && examples(block)).toEqual([
      { command: "cat <<'END'\n$ x\nEND", output: ['out'], line: 2 },
    ]);
  });

  test.each([
    [['a … c'], ['a b c'], true],
    [['a … c'], ['a b d'], false],
    [['a', '…'], ['a', 'b', 'c'], true],
    [['a', '…', 'c'], ['a', 'c'], true],
    [['a'], ['a', 'b'], false],
    [[], [], true],
    [[], ['a'], false],
    [['…  b  c'], ['long value  b     c'], true],
    [['…  b c'], ['value  b  c'], false],
    [['(a) [b] $'], ['(a) [b] $'], true],
  ])('%j shows %j: %j', (expected, printed, same) => {
    expect(shows(expected, printed)).toBe(same);
  });

  test.skipIf(process.platform === 'win32')(
    'a session keeps its folder, and tells each exit code',
    async () => {
      const session = openSession(root, { PATH: process.env.PATH });
      expect(await session.run('cd docs; printf x')).toEqual({ lines: ['x'], code: 0 });
      expect(await session.run('basename "$PWD"; echo wrong >&2; false')).toEqual({
        lines: ['docs', 'wrong'],
        code: 1,
      });
      expect((await session.run('echo $?')).lines).toEqual(['1']);
      session.close();
    },
  );
});
