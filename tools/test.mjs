// `npm test`: types, lint, unit, end-to-end; ends with one line over all of them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const out = mkdtempSync(join(tmpdir(), 'rewrap-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
/** What failed, for the end: the runners' own words may be thousands of lines above. */
const failures = [];
const windows = process.platform === 'win32';

function step(name, command, env = {}) {
  console.log(`\n── ${name}`);
  const started = Date.now();
  const [program, ...args] = command;
  const ok =
    spawnSync(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: windows,
      env: { ...process.env, ...env },
    }).status === 0;
  console.log(`── ${name}: ${ok ? 'ok' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return ok;
}

function check(name, command) {
  if (step(name, command)) total.passed++;
  else {
    total.failed++;
    failures.push(name);
  }
}

/** Adds a runner's counts; a runner that failed without a readable report counts as one failure. */
function counted(name, command, env, file, read) {
  const ok = step(name, command, env);
  let counts = null;
  try {
    counts = read(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // No report: the runner did not get that far.
  }
  if (counts === null || counts.passed + counts.failed + counts.skipped === 0) {
    total.failed++;
    failures.push(`${name}: no report`);
    return;
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  failures.push(...counts.failures);
  if (!ok && counts.failed === 0) {
    total.failed++;
    failures.push(`${name}: every test passed, and the runner failed`);
  }
}

/** A failed test in three lines at most: file, name, and how its message begins. */
function failure(file, name, message = '') {
  const plain = stripVTControlCharacters(message).trim().split('\n').slice(0, 2).join('\n    ');
  return `${relative(process.cwd(), file)} › ${name}${plain === '' ? '' : `\n    ${plain}`}`;
}

function vitestFailures({ testResults }) {
  return testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const failed = assertionResults.filter((test) => test.status === 'failed');
      return failed.length === 0
        ? [failure(name, 'the file itself', message)]
        : failed.map((test) => failure(name, test.fullName, test.failureMessages[0]));
    });
}

function playwrightFailures({ suites, errors, config }) {
  const specs = (suite) => [...suite.specs, ...(suite.suites ?? []).flatMap(specs)];
  const failed = suites
    .flatMap(specs)
    .filter(({ ok }) => !ok)
    .map(({ file, title, tests }) =>
      failure(
        join(config.rootDir, file),
        title,
        tests.flatMap(({ results }) => results).find(({ error }) => error)?.error.message,
      ),
    );
  return [...failed, ...errors.map(({ message }) => failure(config.rootDir, 'the runner itself', message))];
}

check('types', ['npm', 'run', '--silent', 'types']);
check('lint', ['npm', 'run', '--silent', 'lint']);

const unit = join(out, 'unit.json');
counted('unit', ['npm', 'run', '--silent', 'unit'], { REWRAP_UNIT_JSON: unit }, unit, (report) => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0 ? 1 : 0),
  skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  failures: vitestFailures(report),
}));

const e2e = join(out, 'e2e.json');
counted(
  'end to end',
  ['npm', 'run', '--silent', 'e2e'],
  { PLAYWRIGHT_JSON_OUTPUT_NAME: e2e },
  e2e,
  (report) => ({
    passed: report.stats.expected,
    failed: report.stats.unexpected + report.stats.flaky,
    skipped: report.stats.skipped,
    failures: playwrightFailures(report),
  }),
);

if (failures.length > 0) console.log(`\nFailed:\n${failures.map((text) => `  ${text}`).join('\n')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
