import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { AuditStep } from './audit-measure.ts';
import { type BenchSection, median, table } from './results.ts';

/**
 * What the audit of a large list costs the engine, against one bare pass over the same rows in the same process. Each
 * round is a process of its own. It reports processor time, which others on the machine disturb less, and for how long
 * the engine answered nothing else.
 */
export function auditSuite(blobs: number, rounds: number): BenchSection {
  const measured = Array.from({ length: rounds }, () => measure(blobs));
  const steps = (measured[0] ?? []).map(({ what }, i) => ({
    what,
    cpuMs: median(measured.map((round) => round[i]?.cpuMs ?? Number.NaN)),
    heldMs: median(measured.map((round) => round[i]?.heldMs ?? Number.NaN)),
    ratio: median(measured.map((round) => (round[i]?.cpuMs ?? Number.NaN) / (round[0]?.cpuMs ?? Number.NaN))),
  }));
  return {
    title: 'Audit',
    text:
      `${blobs.toLocaleString('en')} blobs, four of five in dotenv files and one in JSON files that name its key, ten key materials; the\n` +
      'practice KMS in the same process. Bare pass: each row looked at once, counted by key material and by file. Held: the most\n' +
      `processor time of the engine’s thread in which it answered nothing else. ${rounds === 1 ? 'One round, in a process' : `Median of ${rounds} rounds, each in a process`} of its own.`,
    table: table(
      ['Action', 'Processor time', 'Ratio to the bare pass', 'Held'],
      steps.map(({ what, cpuMs, ratio, heldMs }) => [
        what,
        `${cpuMs.toFixed(0)} ms`,
        ratio.toFixed(1),
        `${heldMs.toFixed(0)} ms`,
      ]),
    ),
    figures: { rounds, blobs, steps },
  };
}

function measure(blobs: number): AuditStep[] {
  const printed = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'audit-measure.ts'), String(blobs)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const steps: AuditStep[] = JSON.parse(printed.trim().split('\n').at(-1) ?? '');
  return steps;
}
