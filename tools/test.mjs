// `npm test`: types, lint, unit, end-to-end; ends with one line over all of them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const out = mkdtempSync(join(tmpdir(), 'rewrap-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
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
  else total.failed++;
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
    return;
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  if (!ok && counts.failed === 0) total.failed++;
}

check('types', ['npm', 'run', '--silent', 'types']);
check('lint', ['npm', 'run', '--silent', 'lint']);

const unit = join(out, 'unit.json');
counted('unit', ['npm', 'run', '--silent', 'unit'], { REWRAP_UNIT_JSON: unit }, unit, (report) => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0 ? 1 : 0),
  skipped: report.numPendingTests + (report.numTodoTests ?? 0),
}));

const e2e = join(out, 'e2e.json');
counted(
  'end to end',
  ['npm', 'run', '--silent', 'e2e'],
  { PLAYWRIGHT_JSON_OUTPUT_NAME: e2e },
  e2e,
  ({ stats }) => ({ passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped }),
);

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
