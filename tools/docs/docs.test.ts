import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../electron/hosts/cli/program/program.ts';
import { commandsOf } from '../../electron/hosts/cli/program/shape.ts';
import { codeDocument, codeDocuments } from '../../renderer/views/help/code-pages.ts';
import {
  type DocumentNode,
  linkTarget,
  plainTextOf,
  sectionsOf,
} from '../../renderer/views/help/document.ts';
import { pageCodes } from '../../shared/kms/explain/pages.ts';
import { commandLinePage } from './command-line.ts';
import { compileAll, compileDocument } from './compile.ts';
import { blocks, examples, openShell, shows } from './console.ts';
import { anchors, documents, links, read, root } from './files.ts';
import { SCENES, withoutScene } from './scenes/index.ts';
import { troubleshootingPages } from './troubleshooting.ts';

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

  test('every source file that a document names exists', () => {
    const all = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
    const missing = documents().flatMap((path) =>
      [...read(path).matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|tsx|mjs|cjs))`/g)]
        .map(([, name = '']) => name)
        .filter((name) => !all.some((file) => `/${file}`.endsWith(`/${name}`)))
        .map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test('every page of docs/ is reached from its index', () => {
    const reached = new Set(
      links(read('docs/README.md')).map(({ target }) => normalize(join('docs', target.split('#')[0] ?? ''))),
    );
    expect(
      documents().filter(
        (path) => /^docs\/[^/]+$/.test(path) && path !== 'docs/README.md' && !reached.has(path),
      ),
    ).toEqual([]);
  });

  test('uses plain words', () => {
    const avoided =
      /\b(?:told|whose|somebody|nobody|whoever|mend(?:s|ed|ing)?|oddit(?:y|ies)|witness|lesson|ordeal|ledger)\b/i;
    const found = documents().flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, i) => (avoided.test(line) ? [`${path}:${i + 1}: ${line}`] : [])),
    );
    expect(found).toEqual([]);
  });

  test('README has at most 150 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });
});

/** `rewrap …` in a line of shell: the words after it, and its long options. */
const calls = (text: string) =>
  [
    ...text
      .replaceAll('\\\n', ' ')
      .matchAll(/(?:^|[\s`;&|(])rewrap ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)([^|;&`\n]*)/g),
  ].map(([, words = '', rest = '']) => ({
    words: words.split(' '),
    options: [...rest.matchAll(/(?:^|\s|\[)(--[a-z][a-z-]*)/g)].map(([, option = '']) => option),
  }));

describe('the command line in documents', () => {
  const program = createProgram();
  const commands = commandsOf(program);

  test('every command and option that a document names exists', () => {
    const unknown: string[] = [];
    for (const path of documents()) {
      const text = read(path);
      const code = [
        ...blocks(text)
          .filter(({ language }) => ['console', 'sh', '', 'yaml'].includes(language))
          .map((block) => block.text.filter((line) => !line.trimStart().startsWith('#')).join('\n')),
        ...[...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span),
      ];
      for (const { words, options } of code.flatMap(calls)) {
        const command = commands.get(words.join(' ')) ?? commands.get(words[0] ?? '');
        if (command === undefined) {
          unknown.push(`${path}: rewrap ${words[0]}`);
          continue;
        }
        const known = new Set(
          [...program.options, ...(command.parent?.options ?? []), ...command.options].map(
            ({ long }) => long,
          ),
        );
        for (const option of options)
          if (option !== '--help' && !known.has(option))
            unknown.push(`${path}: rewrap ${words.join(' ')} ${option}`);
      }
    }
    expect([...new Set(unknown)]).toEqual([]);
  });

  test('docs/command-line.md is what the application says of itself', () => {
    const path = 'docs/command-line.md';
    const page = commandLinePage(program, commands);
    if (process.env.REWRAP_WRITE_DOCS !== undefined) writeFileSync(join(root, path), page);
    expect(read(path)).toBe(page);
  });

  test('docs/troubleshooting has a page for every code, and no other', () => {
    const pages = troubleshootingPages();
    const folder = join(root, 'docs', 'troubleshooting');
    if (process.env.REWRAP_WRITE_DOCS !== undefined) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      for (const [path, text] of pages) writeFileSync(join(root, 'docs', path), text);
    }
    expect(readdirSync(folder).sort()).toEqual(
      pageCodes()
        .map((code) => `${code}.md`)
        .sort(),
    );
    for (const [path, text] of pages) expect(read(`docs/${path}`), path).toBe(text);
    // What the page makes of a code by itself reads as its document does.
    for (const code of pageCodes())
      expect(
        compileDocument(`troubleshooting/${code}`, pages.get(`troubleshooting/${code}.md`) ?? ''),
      ).toEqual(codeDocument(code));
    // On a disk that knows no upper and lower case, two codes may not be one file.
    expect(new Set(pageCodes().map((code) => code.toLowerCase())).size).toBe(pageCodes().length);
  });
});

describe('documents inside the application', () => {
  test('every document compiles, and its links lead to documents and headings that ship', () => {
    const all = [...compileAll(join(root, 'docs')), ...codeDocuments()];
    const headings = new Map(
      all.map(({ name, nodes }) => [
        name,
        new Set(nodes.flatMap((node) => (typeof node === 'string' ? [] : [node.id]))),
      ]),
    );
    const broken: string[] = [];
    const visit = (node: DocumentNode, from: string): void => {
      if (typeof node === 'string') return;
      const { element, to = '', children } = node;
      const target = element === 'a' ? linkTarget(to, from) : null;
      if (target !== null) {
        const known = headings.get(target.document);
        if (known === undefined || (target.anchor !== null && !known.has(target.anchor)))
          broken.push(`${from}: ${to}`);
      }
      for (const child of children) visit(child, from);
    };
    for (const { name, nodes } of all) for (const node of nodes) visit(node, name);
    expect(broken).toEqual([]);
    expect(all.map(({ title }) => title)).toContain('Troubleshooting');
  });

  test('text, code, lists, tables, links, pictures', () => {
    const { nodes, title } = compileDocument(
      'x',
      '# A `b`\n\nSee [c](y.md#z) & **d** < e.\n\n- one\n- `two`\n\n| h |\n|---|\n| *i* |\n\n![alt](pictures/p.png)\n',
    );
    expect(title).toBe('A b');
    const [heading, paragraph, list, table, picture] = nodes;
    expect(heading).toMatchObject({ element: 'h1', id: 'a-b' });
    expect(paragraph).toEqual({
      element: 'p',
      children: [
        'See ',
        { element: 'a', to: 'y.md#z', children: ['c'] },
        ' & ',
        { element: 'strong', children: ['d'] },
        ' < e.',
      ],
    });
    expect(list).toMatchObject({ element: 'ul', children: [{ element: 'li', children: ['one'] }, {}] });
    expect(table && plainTextOf(table)).toBe('hi');
    expect(picture).toMatchObject({ children: [{ element: 'img', to: 'p.png', text: 'alt' }] });
    expect(linkTarget('y.md#z', 'x')).toEqual({ document: 'y', anchor: 'z' });
    expect(linkTarget('../SECURITY.md', 'x')).toBeNull();
    expect(linkTarget('troubleshooting/Aborted.md', 'x')).toEqual({
      document: 'troubleshooting/Aborted',
      anchor: null,
    });
    expect(linkTarget('../x.md#a', 'troubleshooting/Aborted')).toEqual({ document: 'x', anchor: 'a' });
    expect(linkTarget('../../README.md', 'troubleshooting/Aborted')).toBeNull();
    expect(linkTarget('https://example.com/x.md', 'x')).toBeNull();
    expect(sectionsOf([{ name: 'x', title, nodes }])[0]?.text).toContain('See c & d < e.');
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
      const session = openShell(root, { PATH: process.env.PATH });
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

test('a view of the navigation that no scene shows is named', () => {
  expect(withoutScene(['Blobs', 'Runs', 'Keys', 'Audit', 'Help', 'Settings'])).toEqual([]);
  expect(withoutScene(['Blobs', 'Reports'])).toEqual(['Reports']);
  const names = SCENES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(40);
});
