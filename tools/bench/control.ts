import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { ControlStep } from './control-measure.ts';
import { type BenchSection, median, table } from './results.ts';

interface Row extends ControlStep {
  /** To the size before. */
  readonly growth: number | null;
}

/**
 * What is done with a run besides sending its requests, beside the run itself, at one size and at ten times that: time,
 * growth, and for how long the engine's thread answered nothing else. Each round is a process of its own.
 */
export function controlSuite(sizes: readonly number[], rounds: number): BenchSection {
  const load = loadavg()[0] ?? 0;
  const measured = sizes.map((size) => summed(Array.from({ length: rounds }, () => measure(size))));
  const rows = (measured[0] ?? []).map(({ what }, i) =>
    measured.map((steps, at): Row => {
      const step = steps[i] ?? NOTHING;
      const before = at === 0 ? null : (measured[at - 1]?.[i] ?? NOTHING);
      // What takes less than this cannot be distinguished from nothing.
      const growth = before === null || before.cpuMs < 5 ? null : step.cpuMs / before.cpuMs;
      return { ...step, what, growth };
    }),
  );
  // Undo takes no longer than the run did.
  const undone = measured.map((steps) => {
    const of = (named: (what: string) => boolean): number =>
      steps.filter(({ what }) => named(what)).reduce((sum, step) => sum + step.ms, 0);
    return of((what) => what === 'undone') / of((what) => what.startsWith('run, '));
  });
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  return {
    title: 'Control',
    text:
      `A run over files of one blob each, in place with backups, one blob of ten failing; KMS answers at once, in the same\n` +
      'process, so that the run itself is as quick as it can be. Growth: of processor time, from each size to the next (ten\n' +
      'times as many blobs: 10 is linear, 100 the square). Held: the longest stretch of the engine thread’s own processor\n' +
      'time in which it answered nothing else; in brackets by the clock, which what else runs on the machine makes longer.\n' +
      `${rounds === 1 ? 'One round, in a process' : `Medians of ${rounds} rounds, each in a process`} of its own; load\naverage ${load.toFixed(0)} before and ${(loadavg()[0] ?? 0).toFixed(0)} after. By the clock the undo took ` +
      `${undone.map((ratio) => ratio.toFixed(2)).join(' and ')} of the time of the run that made it.`,
    table: table(
      [
        '',
        ...sizes.flatMap((size, at) => [
          size.toLocaleString('en'),
          'processor time',
          ...(at === 0 ? [] : ['growth']),
          'held',
        ]),
      ],
      rows.map((cells) => [
        cells[0]?.what ?? '',
        ...cells.flatMap((cell, at) => [
          ms(cell.ms),
          ms(cell.cpuMs),
          ...(at === 0 ? [] : [cell.growth?.toFixed(1) ?? '']),
          `${ms(cell.heldCpuMs)} (${cell.heldMs.toFixed(0)})`,
        ]),
      ]),
    ),
    figures: { rounds, sizes, undone, steps: rows },
  };
}

const NOTHING: ControlStep = {
  what: '',
  ms: Number.NaN,
  cpuMs: Number.NaN,
  heldMs: Number.NaN,
  heldCpuMs: Number.NaN,
};

/** Medians of each step over the rounds. */
function summed(rounds: readonly (readonly ControlStep[])[]): ControlStep[] {
  return (rounds[0] ?? []).map(({ what }, i) => {
    const of = (pick: (step: ControlStep) => number): number =>
      median(rounds.map((steps) => pick(steps[i] ?? NOTHING)));
    return {
      what,
      ms: of((step) => step.ms),
      cpuMs: of((step) => step.cpuMs),
      heldMs: of((step) => step.heldMs),
      heldCpuMs: of((step) => step.heldCpuMs),
    };
  });
}

function measure(size: number): ControlStep[] {
  const printed = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'control-measure.ts'), String(size)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 64 * 1024 * 1024 },
  );
  const steps: ControlStep[] = JSON.parse(printed.trim().split('\n').at(-1) ?? '');
  return steps;
}
