import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { type FaultRule, type PracticeKms, startPracticeKms } from '../../electron/practice-kms/index.ts';
import type { ChildInput, ChildReport } from './child.ts';
import type { Task } from './crash-process.ts';
import type { DiskTrouble } from './disk.ts';
import { Fixture, type TortureOutput } from './harness.ts';
import { practiceVault, sealedVault } from './sample-files.ts';

interface KillTotals {
  /** Processes that were killed, and after each of which everything held. */
  readonly kills: number;
  /** Of these, at a random instant rather than at a step. */
  readonly atRandom: number;
  readonly scenarios: number;
  /** Runs that were completed, and runs that were undone, after kills. */
  readonly completed: number;
  readonly undone: number;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the child once: a start then takes a tenth of a second. Returns its path and how to remove it. */
export async function bundleChild(): Promise<{ child: string; remove: () => void }> {
  const outDir = mkdtempSync(join(tmpdir(), 'rewrap-torture-child-'));
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: 'node24',
      outDir,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: {
          child: join(import.meta.dirname, 'child.ts'),
          thread: fileURLToPath(
            new URL('../../electron/core/intake/put-back/disk/thread.ts', import.meta.url),
          ),
        },
        output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  });
  return {
    child: join(outDir, 'child.mjs'),
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  };
}

interface Way {
  readonly output: TortureOutput;
  readonly algorithm?: Task['algorithm'];
  /** Part of the requests that fail in passing, by the KMS in the process; or what goes wrong with the practice KMS. */
  readonly kms?: number | readonly FaultRule[];
  readonly disk?: DiskTrouble;
  /** Files are put back by threads, as the hosts do, which die at any instant of it. */
  readonly threads?: true;
}

const failing = (part: number): DiskTrouble => {
  const codes = { create: 'EROFS', write: 'ENOSPC', sync: 'EIO', syncFolder: 'EIO' } as const;
  const more = { link: 'ENOSPC', rename: 'EACCES', unlink: 'EACCES' } as const;
  return {
    fails: Object.fromEntries(
      Object.entries({ ...codes, ...more }).map(([call, code]) => [call, { code, part }]),
    ),
  };
};

const WAYS: readonly Way[] = [
  { output: 'in-place' },
  { output: 'in-place', threads: true },
  { output: 'folder' },
  { output: 'in-place', kms: 0.2 },
  { output: 'no-backup' },
  { output: 'in-place', disk: failing(0.01) },
  { output: 'folder', threads: true },
  { output: 'in-place', algorithm: 'RSAES_OAEP_SHA_256' },
  // The real SDK against a KMS that is throttled in phases, slow, and drops connections.
  {
    output: 'in-place',
    kms: [
      { kind: 'throttling', skip: 3, times: 2 },
      { kind: 'throttling', skip: 30, times: 2 },
      { kind: 'latency', every: 4, ms: 15 },
      { kind: 'drop-after', every: 9 },
    ],
  },
];

/** Kills in one scenario at most, before it is let come to its end. */
const KILLS_EACH = 12;

/**
 * Folders of mixed files are rotated and undone by processes that are killed, again and again, until so many kills were
 * survived. Throws with what is wrong at the first file that is neither old nor new, the first disagreement of journal
 * and disk, the first run that cannot be completed or undone.
 */
export async function torture(
  kills: number,
  child: string,
  random: () => number,
  onProgress: (survived: KillTotals) => void = () => {},
): Promise<KillTotals> {
  const sum = { kills: 0, atRandom: 0, scenarios: 0, completed: 0, undone: 0 };
  while (sum.kills < kills) {
    const way = WAYS[sum.scenarios % WAYS.length] ?? (WAYS[0] as Way);
    try {
      await scenario(way, child, random, sum, kills);
    } catch (error) {
      throw new Error(`${JSON.stringify(way)}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
    sum.scenarios++;
    onProgress({ ...sum });
  }
  return sum;
}

async function scenario(
  way: Way,
  child: string,
  random: () => number,
  sum: { kills: number; atRandom: number; completed: number; undone: number },
  most: number,
): Promise<void> {
  const { kms = 0, disk = {}, algorithm = 'SYMMETRIC_DEFAULT', output } = way;
  const real = typeof kms !== 'number';
  const stateDir = real ? mkdtempSync(join(tmpdir(), 'rewrap-torture-kms-')) : null;
  const practice = stateDir === null ? null : await startPracticeKms({ stateDir });
  const fixture = await Fixture.make({
    output,
    algorithm,
    leaky: way.disk !== undefined,
    vault: practice === null ? sealedVault : await practiceVault(practice),
  });
  try {
    const inputOf = (what: Task['what'], killAt: number): ChildInput => {
      if (real) practice?.faults.set(kms);
      return {
        task: fixture.task(what),
        killAt,
        kms: practice === null ? { failures: Number(kms) } : { practice: accessOf(practice) },
        trouble: way.threads ? null : killAt === 0 ? {} : disk,
      };
    };
    let killed = 0;
    const runUntilEnd = async (
      first: Task['what'],
      then: Task['what'],
      most_: number,
    ): Promise<ChildReport> => {
      let up = most_;
      let what = first;
      for (;;) {
        const enough = killed >= up || sum.kills >= most;
        const atRandom = !enough && random() < (way.threads ? 0.6 : 0.2);
        const killAt = enough || atRandom ? 0 : 1 + Math.floor(random() ** 2 * 400);
        const ended = await runChild(child, inputOf(what, killAt), atRandom ? random() * 60 : null);
        await fixture.inspect();
        if (ended !== 'killed') {
          // With failing disks an undo may leave files; a last process without failures is run all the same.
          if (what !== 'undo' || killAt === 0 || way.disk === undefined) return ended;
          up = 0;
          continue;
        }
        killed++;
        sum.kills++;
        if (atRandom) sum.atRandom++;
        what = first === 'start' && !fixture.begun() ? 'start' : then;
      }
    };
    const undoes = output !== 'no-backup' && random() < 0.7;
    // Half of those that are undone are undone before they are complete.
    const half = undoes && random() < 0.5;
    const done = await runUntilEnd('start', 'resume', half ? 3 : KILLS_EACH / 2);
    if (!half) {
      await fixture.complete(done.runs, way.disk !== undefined || kms !== 0);
      sum.completed++;
    }
    if (undoes) {
      await runUntilEnd('undo', 'undo', KILLS_EACH);
      await fixture.restored();
      sum.undone++;
    }
  } finally {
    fixture.remove();
    await practice?.close();
    if (stateDir !== null) rmSync(stateDir, { recursive: true, force: true });
  }
}

function accessOf({ endpoint, region, accessKeyId, secretAccessKey }: PracticeKms) {
  return { endpoint, region, accessKeyId, secretAccessKey };
}

/** One process: its report, or 'killed'. */
function runChild(
  child: string,
  input: ChildInput,
  killAfter: number | null,
): Promise<ChildReport | 'killed'> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', child, JSON.stringify(input)],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let output = '';
    let complained = '';
    process_.stdout.on('data', (chunk) => {
      output += chunk;
    });
    process_.stderr.on('data', (chunk) => {
      if (complained === '' && killAfter !== null) setTimeout(() => process_.kill('SIGKILL'), killAfter);
      complained += chunk;
    });
    process_.once('error', reject);
    process_.once('close', (code, signal) => {
      if (signal === 'SIGKILL') return resolve('killed');
      if (code !== 0) return reject(new Error(`${input.task.what} ended with ${code}:\n${complained}`));
      resolve(JSON.parse(output.trim().split('\n').at(-1) ?? ''));
    });
  });
}
