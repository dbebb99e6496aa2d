// `npm run check [-- REF]`: types, lint, and the tests of what changed since REF (main where there is one, or the last
// commit), committed or not. Fast feedback while you work; `npm test` is the whole.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Tests that read the whole tree. */
const OF_THE_TREE = ['tools/layers.test.ts', 'tools/words.test.ts'];
const windows = process.platform === 'win32';
const git = (...args) => {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
};

/** The commit that changes are counted from: where this branch left REF. */
function base() {
  const wanted = process.argv[2];
  if (wanted !== undefined) return git('merge-base', 'HEAD', wanted) ?? wanted;
  const main = git('merge-base', 'HEAD', 'origin/main') ?? git('merge-base', 'HEAD', 'main');
  return main ?? 'HEAD';
}

/** Runs a command and keeps its output until it has ended, so that two of them do not mix. */
function step(name, command) {
  const started = Date.now();
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, shell: windows, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
    child.once('error', (error) => resolve({ ok: false, text: String(error) }));
    child.once('close', (code) => resolve({ ok: code === 0, text }));
  }).then(({ ok, text }) => {
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (!ok) console.log(text.trimEnd());
    console.log(`${ok ? '✓' : '✗'} ${name} in ${seconds} s`);
    return ok;
  });
}

/** Paths in the project that a file imports. */
function importsOf(file) {
  return [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import) '([^']+)'/g)].map(([, to]) =>
    to.startsWith('#shared/')
      ? to.slice(1)
      : relative(root, resolve(root, dirname(file), to)).replaceAll('\\', '/'),
  );
}

/**
 * The tests nearest to the changed files: those named after one, those that import one, and for a file that no test
 * imports those of its folder's `index.ts`; with those of the tree itself. All that is further away is for `npm test`.
 */
function nearestTests(changed) {
  const all = ['shared', 'electron', 'renderer', 'tools']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name).replaceAll('\\', '/'),
      ),
    )
    .filter((name) => /\.test\.tsx?$/.test(name) && !/\.slow\.test\.tsx?$/.test(name));
  const imported = new Map(all.map((test) => [test, new Set(importsOf(test))]));
  const found = new Set(OF_THE_TREE.filter((test) => existsSync(join(root, test))));
  for (const file of changed) {
    const stem = file.replace(/(?:\.test(?:-help)?)?\.[jt]sx?$/, '');
    const near = all.filter(
      (test) => test === file || test.startsWith(`${stem}.`) || imported.get(test)?.has(file),
    );
    const index = `${dirname(file)}/index.ts`;
    const next = near.length > 0 ? near : all.filter((test) => imported.get(test)?.has(index));
    for (const test of next) found.add(test);
  }
  return changed.length === 0 ? [] : [...found];
}

const from = base();
const changed = [
  git('diff', '--name-only', '--diff-filter=d', from),
  git('ls-files', '--others', '--exclude-standard'),
]
  .join('\n')
  .split('\n')
  .filter((name) => /\.(?:[cm]?[jt]sx?|css|json|ya?ml|html|svg)$/.test(name));
console.log(`${changed.length} changed files since ${git('rev-parse', '--short', from) ?? from}`);

const checks = [step('types', ['npm', 'run', '--silent', 'types'])];
if (changed.length > 0)
  checks.push(step('lint', ['npx', 'biome', 'check', '--no-errors-on-unmatched', ...changed]));
const first = await Promise.all(checks);

const code = changed.filter((name) => /^(?:shared|electron|renderer|tools)\/.*\.[jt]sx?$/.test(name));
const tests = nearestTests(code);
const last =
  tests.length === 0 ||
  (await step(`${tests.length} test files`, [
    'npx',
    'vitest',
    'run',
    `--maxWorkers=${availableParallelism()}`,
    ...tests,
  ]));
const ok = last && first.every(Boolean);
console.log(ok ? 'All good.' : 'Something failed; see above.');
process.exit(ok ? 0 : 1);
