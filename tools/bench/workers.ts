import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MEMORY, makeFolder, type Practice, startPractice } from './practice.ts';
import { type BenchSection, median, table } from './results.ts';

const WORKERS = [1, 4] as const;
const here = (name: string): string => join(import.meta.dirname, name);
const CLI = here('../../dist/cli.js');

/** What the processes of one command took together. */
export interface Took {
  readonly ms: number;
  readonly cpuMs: number;
  /** Of the largest process. */
  readonly peakMiB: number;
}

/**
 * A plan by the shell, and its run in one process and in several, against the practice KMS in a process of its own. Processor
 * time is that of all processes of a command, memory that of the largest.
 */
export async function workersSuite(blobs: number, each: number, rounds: number): Promise<BenchSection> {
  const top = mkdtempSync(join(tmpdir(), 'rewrap-bench-workers-'));
  const practice = await startPractice(top);
  const all = new Map<string, Took[]>();
  const add = (name: string, took: Took): void => void all.set(name, [...(all.get(name) ?? []), took]);
  try {
    for (let round = 0; round < rounds; round++)
      for (const workers of WORKERS) {
        const at = join(top, `${round}-${workers}`);
        makeFolder(practice, join(at, 'files'), blobs / each, each);
        const plan = join(at, 'plan.json');
        const to = ['--to', practice.destination, '--no-verify', '-o', plan];
        add('planned', await command(practice, at, ['plan', join(at, 'files'), ...to]));
        const run = ['run', plan, '--workers', String(workers)];
        add(`run, ${workers === 1 ? '1 worker' : `${workers} workers`}`, await command(practice, at, run));
      }
  } finally {
    practice.child.stdin?.end();
    rmSync(top, { recursive: true, force: true });
  }
  const rows = [...all].map(([name, took]) => ({
    name,
    perSecond: median(took.map(({ ms }) => (blobs * 1000) / ms)),
    cpuMs: median(took.map(({ cpuMs }) => cpuMs / blobs)),
    peakMiB: median(took.map(({ peakMiB }) => peakMiB)),
  }));
  return {
    title: 'Workers',
    text:
      `${blobs.toLocaleString('en')} blobs, ${each} to a file, not verified, from the start of each command to its exit; medians of ${rounds}\n` +
      'rounds. The practice KMS runs on the same machine. Processor time is that of all processes of the command.',
    table: table(
      ['', 'Blobs a second', 'CPU a blob', 'Largest process'],
      rows.map(({ name, perSecond, cpuMs, peakMiB }) => [
        name,
        perSecond.toFixed(0),
        `${cpuMs.toFixed(2)} ms`,
        `${peakMiB.toFixed(0)} MiB`,
      ]),
    ),
    figures: { blobs, each, rounds, rows },
  };
}

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
  const processes = readdirSync(TOOK_FOLDER).map(
    (name): Omit<Took, 'ms'> => JSON.parse(readFileSync(join(TOOK_FOLDER, name), 'utf8')),
  );
  return {
    ms,
    cpuMs: processes.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    peakMiB: Math.max(...processes.map(({ peakMiB }) => peakMiB)),
  };
}
