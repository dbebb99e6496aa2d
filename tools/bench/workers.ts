import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MEMORY, makeFolder, type Practice, startStub } from './practice.ts';
import { type BenchSection, median, table } from './results.ts';

const PROCESSES = [1, 2, 4] as const;
/** By so many a run is done that is larger than {@link ROUNDS_OF}: one round of it is enough. */
const OF_LARGE = 4;
const ROUNDS_OF = 100_000;
const here = (name: string): string => join(import.meta.dirname, name);
const CLI = here('../../dist/cli.js');

/** What one command took. */
export interface Took {
  readonly ms: number;
  /** Processor time of the command's own process. */
  readonly cpuMs: number;
  readonly peakMiB: number;
  /** Of the processes that did the files of its run: together, and of the largest. */
  readonly childrenCpuMs: number;
  readonly childPeakMiB: number;
}

interface Row {
  readonly name: string;
  readonly blobs: number;
  readonly took: Took[];
}

/**
 * A plan by the shell, and its run by one process and by several, against a KMS that does nothing. The window's processes are
 * the same: the command is what the engine is there. `blobs` above `roundsOf`: besides, so many by four, once.
 */
export async function workersSuite(
  blobs: number,
  each: number,
  rounds: number,
  roundsOf = ROUNDS_OF,
): Promise<BenchSection> {
  const top = mkdtempSync(join(tmpdir(), 'rewrap-bench-workers-'));
  const kms = await startStub();
  const small = Math.min(blobs, roundsOf);
  const rows = new Map<string, Row>();
  const add = (name: string, of: number, took: Took): void => {
    const row = rows.get(name) ?? { name, blobs: of, took: [] };
    rows.set(name, row);
    row.took.push(took);
  };
  try {
    for (let round = 0; round < rounds; round++)
      for (const processes of PROCESSES) {
        const at = join(top, `${round}-${processes}`);
        add('planned', small, await planned(kms, at, small, each));
        add(`run by ${words(processes)}`, small, await run(kms, at, processes));
      }
    if (blobs > small) {
      const at = join(top, 'large');
      const named = `${blobs.toLocaleString('en')} blobs`;
      add(`${named}, planned`, blobs, await planned(kms, at, blobs, each));
      add(`${named}, run by ${words(OF_LARGE)}`, blobs, await run(kms, at, OF_LARGE));
    }
  } finally {
    kms.child.stdin?.end();
    rmSync(top, { recursive: true, force: true });
  }
  const figures = [...rows.values()].map(figuresOf);
  return {
    title: 'Workers',
    text:
      `${small.toLocaleString('en')} blobs, ${each} to a file, in place with backups, not verified, from the start of each command to its exit; medians of ${rounds}\n` +
      'rounds. Engine: the process of the command, which keeps journal, pace and credentials; with one process it does the files, too. KMS is a stub\n' +
      'on the same machine, which answers at once; its processor time is not counted.',
    table: table(
      ['', 'Blobs a second', 'CPU a blob, engine', 'in all', 'Peak memory, engine', 'each process'],
      figures.map(({ name, perSecond, engineMs, allMs, engineMiB, eachMiB }) => [
        name,
        perSecond.toFixed(0),
        `${engineMs.toFixed(2)} ms`,
        `${allMs.toFixed(2)} ms`,
        `${engineMiB.toFixed(0)} MiB`,
        eachMiB === 0 ? '' : `${eachMiB.toFixed(0)} MiB`,
      ]),
    ),
    figures: { blobs, each, rounds, rows: figures },
  };
}

const words = (processes: number): string => (processes === 1 ? '1 process' : `${processes} processes`);

function figuresOf({ name, blobs, took }: Row) {
  const of = (value: (one: Took) => number): number => median(took.map(value));
  return {
    name,
    perSecond: of(({ ms }) => (blobs * 1000) / ms),
    engineMs: of(({ cpuMs }) => cpuMs / blobs),
    allMs: of(({ cpuMs, childrenCpuMs }) => (cpuMs + childrenCpuMs) / blobs),
    engineMiB: of(({ peakMiB }) => peakMiB),
    eachMiB: of(({ childPeakMiB }) => childPeakMiB),
  };
}

function planned(kms: Practice, at: string, blobs: number, each: number): Promise<Took> {
  makeFolder(kms, join(at, 'files'), blobs / each, each);
  const to = ['--to', kms.destination, '--to-algorithm', 'SYMMETRIC_DEFAULT', '--no-verify'];
  return command({ ...kms, endpoint: null }, at, ['plan', join(at, 'files'), ...to, '-o', planIn(at)]);
}

async function run(kms: Practice, at: string, processes: number): Promise<Took> {
  const took = await command(kms, at, ['run', planIn(at), '--workers', String(processes)]);
  // One process does the files itself: what else it started for a moment is none of the run's.
  return processes === 1 ? { ...took, childPeakMiB: 0 } : took;
}

const planIn = (at: string): string => join(at, 'plan.json');

/**
 * Runs the shell as `npm run rewrap` does; every process of it leaves what it took. `endpoint` null: it asks no KMS. Throws where
 * it does not end well.
 */
export async function command(
  { endpoint, env }: Pick<Practice, 'env'> & { readonly endpoint: string | null },
  at: string,
  args: readonly string[],
): Promise<Took> {
  const TOOK_FOLDER = mkdtempSync(join(at, 'took-'));
  const before = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', ...MEMORY, CLI, ...args],
      ...(endpoint === null ? [] : ['--region', 'us-east-1', '--endpoint-url', endpoint]),
    ],
    {
      env: {
        ...env,
        REWRAP_HOME: join(at, 'home'),
        TOOK_FOLDER,
        NODE_OPTIONS: `--require ${here('took.cjs')}`,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const [code] = await once(child, 'close');
  const ms = performance.now() - before;
  if (code !== 0) throw new Error(`rewrap ${args[0]} ended with ${code}`);
  const [took] = readdirSync(TOOK_FOLDER).map(
    (name): Omit<Took, 'ms'> => JSON.parse(readFileSync(join(TOOK_FOLDER, name), 'utf8')),
  );
  if (took === undefined) throw new Error(`rewrap ${args[0]} did not say what it took`);
  return { ms, ...took };
}
