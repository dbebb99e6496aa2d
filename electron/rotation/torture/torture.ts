import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { ResolvedOutput } from '../types.ts';
import type { Life, Report } from './child.ts';
import { listing, makeFolder, type Original, sha256, stateOf } from './folder.ts';

export interface Survived {
  /** Processes that were killed, and after each of which everything held. */
  readonly kills: number;
  /** Of these, at a random instant rather than at a step. */
  readonly atRandom: number;
  readonly scenarios: number;
  /** Runs that were completed, and runs that were undone, after kills. */
  readonly completed: number;
  readonly undone: number;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

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
        input: { child: join(import.meta.dirname, 'child.ts') },
        output: { format: 'es', entryFileNames: '[name].mjs' },
      },
    },
  });
  return {
    child: join(outDir, 'child.mjs'),
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  };
}

interface Way {
  readonly output: 'in-place' | 'no-backup' | 'folder';
  readonly algorithm: Life['algorithm'];
  readonly kmsFailures: number;
  readonly diskFailures: number;
}

const WAYS: readonly Way[] = [
  { output: 'in-place', algorithm: 'SYMMETRIC_DEFAULT', kmsFailures: 0, diskFailures: 0 },
  { output: 'folder', algorithm: 'SYMMETRIC_DEFAULT', kmsFailures: 0, diskFailures: 0 },
  { output: 'in-place', algorithm: 'SYMMETRIC_DEFAULT', kmsFailures: 0.2, diskFailures: 0 },
  { output: 'no-backup', algorithm: 'SYMMETRIC_DEFAULT', kmsFailures: 0, diskFailures: 0 },
  { output: 'in-place', algorithm: 'SYMMETRIC_DEFAULT', kmsFailures: 0, diskFailures: 0.01 },
  { output: 'in-place', algorithm: 'RSAES_OAEP_SHA_256', kmsFailures: 0, diskFailures: 0 },
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
  told: (survived: Survived) => void = () => {},
): Promise<Survived> {
  const sum = { kills: 0, atRandom: 0, scenarios: 0, completed: 0, undone: 0 };
  while (sum.kills < kills) {
    const way = WAYS[sum.scenarios % WAYS.length] ?? (WAYS[0] as Way);
    await scenario(way, child, random, sum, kills);
    sum.scenarios++;
    told({ ...sum });
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
  const top = mkdtempSync(join(tmpdir(), 'rewrap-torture-'));
  try {
    const folder = join(top, 'files');
    const home = join(top, 'home');
    const out = join(top, 'out');
    mkdirSync(home);
    const files = makeFolder(folder, top);
    const output: ResolvedOutput =
      way.output === 'folder'
        ? { mode: 'folder', folder: out }
        : { mode: 'in-place', backup: way.output === 'in-place' };
    const stage = { folder, home, out, files, way, output };
    const life = (what: Life['what'], killAt: number): Life => ({
      home,
      folder,
      what,
      output,
      algorithm: way.algorithm,
      killAt,
      kmsFailures: way.kmsFailures,
      diskFailures: killAt === 0 ? 0 : way.diskFailures,
    });
    let killed = 0;
    const hunt = async (first: Life['what'], then: Life['what'], most_: number): Promise<Report> => {
      let up = most_;
      let what = first;
      for (;;) {
        const enough = killed >= up || sum.kills >= most;
        const atRandom = !enough && random() < 0.2;
        const killAt = enough || atRandom ? 0 : 1 + Math.floor(random() ** 2 * 400);
        const ended = await live(child, life(what, killAt), atRandom ? random() * 60 : null);
        inspect(stage);
        if (ended !== 'killed') {
          // With failing disks an undo may leave files; a last life without failures is asked for all the same.
          if (what !== 'undo' || killAt === 0 || way.diskFailures === 0) return ended;
          up = 0;
          continue;
        }
        killed++;
        sum.kills++;
        if (atRandom) sum.atRandom++;
        what = first === 'start' && !hasRun(home) ? 'start' : then;
      }
    };
    const undoes = way.output !== 'no-backup' && random() < 0.7;
    // Half of those that are undone are undone before they are complete.
    const half = undoes && random() < 0.5;
    const done = await hunt('start', 'resume', half ? 3 : KILLS_EACH / 2);
    if (!half) {
      complete(stage, done);
      sum.completed++;
    }
    if (undoes) {
      await hunt('undo', 'undo', KILLS_EACH);
      restored(stage);
      sum.undone++;
    }
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

interface Stage {
  readonly folder: string;
  readonly home: string;
  readonly out: string;
  readonly files: ReadonlyMap<string, Original>;
  readonly way: Way;
  readonly output: ResolvedOutput;
}

/** One process: its report, or 'killed'. */
function live(child: string, life: Life, killAfter: number | null): Promise<Report | 'killed'> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', child, JSON.stringify(life)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    let complained = '';
    process_.stdout.on('data', (chunk) => {
      said += chunk;
    });
    process_.stderr.on('data', (chunk) => {
      if (complained === '' && killAfter !== null) setTimeout(() => process_.kill('SIGKILL'), killAfter);
      complained += chunk;
    });
    process_.once('error', reject);
    process_.once('close', (code, signal) => {
      if (signal === 'SIGKILL') return resolve('killed');
      if (code !== 0) return reject(new Error(`${life.what} ended with ${code}:\n${complained}`));
      resolve(JSON.parse(said.trim().split('\n').at(-1) ?? ''));
    });
  });
}

interface FileRow {
  readonly relative: string;
  readonly state: string;
  readonly after: string | null;
}

function journalled(home: string): { runs: { state: string }[]; files: FileRow[] } {
  const db = new DatabaseSync(join(home, 'runs.sqlite'));
  try {
    const hex = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : null);
    const check = db.prepare('PRAGMA integrity_check').get();
    if (check?.integrity_check !== 'ok') throw new Error('the journal is damaged');
    return {
      runs: db.prepare("SELECT state FROM runs WHERE state <> 'preparing'").all() as { state: string }[],
      files: db
        .prepare(
          "SELECT f.relative, f.state, f.sha256_after FROM files f JOIN runs r ON r.no = f.run WHERE r.state <> 'preparing'",
        )
        .all()
        .map((row) => ({
          relative: String(row.relative),
          state: String(row.state),
          after: hex(row.sha256_after),
        })),
    };
  } finally {
    db.close();
  }
}

const hasRun = (home: string): boolean => {
  try {
    return journalled(home).runs.length > 0;
  } catch {
    return false;
  }
};

const written = ({ folder, out, output }: Stage): string => (output.mode === 'folder' ? out : folder);

/** After any death: each file wholly old or wholly new, originals untouched by folder runs, journal and disk agreed. */
function inspect(stage: Stage): void {
  const { folder, home, files, way, output } = stage;
  const symmetric = way.algorithm === 'SYMMETRIC_DEFAULT';
  const { runs, files: known } = hasRun(home) ? journalled(home) : { runs: [], files: [] };
  const rows = new Map(known.map((row) => [row.relative, row]));
  const undoing = runs.some(({ state }) => state === 'undoing');
  for (const [relative, original] of files) {
    const path = join(written(stage), relative);
    const row = rows.get(relative);
    const state = stateOf(path, original, symmetric ? null : (row?.after ?? ''));
    const fine =
      output.mode === 'folder' ? state === 'missing' || state === 'new' : state === 'old' || state === 'new';
    if (!fine) throw new Error(`${relative} is ${state}`);
    if (output.mode === 'folder' && stateOf(join(folder, relative), original, '') !== 'old')
      throw new Error(`the original of ${relative} changed`);
    if (state === 'new') {
      if (row === undefined || !['staged', 'replaced'].includes(row.state))
        throw new Error(`${relative} is new, and the journal says ${row?.state ?? 'nothing'}`);
      if (row.after !== sha256(readFileSync(path)))
        throw new Error(`${relative} is not what the journal says`);
    } else if (row?.state === 'replaced' && !undoing)
      throw new Error(`${relative} is ${state}, and the journal says replaced`);
  }
}

function complete(stage: Stage, report: Report): void {
  const [run] = report.summaries;
  const rows = new Map(journalled(stage.home).files.map((row) => [row.relative, row]));
  const lenient = stage.way.diskFailures > 0 || stage.way.kmsFailures > 0;
  for (const [relative, original] of stage.files) {
    const after = rows.get(relative)?.after ?? '';
    const symmetric = stage.way.algorithm === 'SYMMETRIC_DEFAULT';
    const state = stateOf(join(written(stage), relative), original, symmetric ? null : after);
    if (state !== 'new' && !lenient) throw new Error(`${relative} is ${state} after the run`);
  }
  if (run === undefined || run.status !== 'finished') throw new Error(`the run is ${run?.status}`);
  const { counts } = run;
  if (counts.succeeded + counts.failed + counts.skipped !== counts.total)
    throw new Error(`counts do not add up: ${JSON.stringify(counts)}`);
  tidy(stage, stage.way.output === 'in-place' ? counts.succeeded : 0);
}

function restored(stage: Stage): void {
  for (const [relative, original] of stage.files)
    if (stateOf(join(stage.folder, relative), original, '') !== 'old')
      throw new Error(`${relative} was not restored`);
  const names = listing(stage.folder).filter((name) => !excused(stage, name));
  const wanted = [...stage.files.keys()].sort();
  if (names.join() !== wanted.join())
    throw new Error(`left behind: ${names.filter((n) => !stage.files.has(n))}`);
  if (stage.output.mode === 'folder') {
    let left: string[] = [];
    try {
      left = listing(stage.out).filter((name) => !excused(stage, name));
    } catch {
      // Never made.
    }
    if (left.length > 0) throw new Error(`left in the output folder: ${left}`);
  }
}

/** A temporary file that the failing disk refused to remove. */
function excused({ way }: Stage, name: string): boolean {
  return way.diskFailures > 0 && /\.rewrap-[0-9a-f]{16}\.tmp$/.test(name);
}

/** Nothing but files, their backups and records is left. */
function tidy(stage: Stage, replaced: number): void {
  const odd = listing(written(stage)).filter(
    (name) =>
      !stage.files.has(name) &&
      !excused(stage, name) &&
      !name.endsWith('.rewrap.json') &&
      !(replaced > 0 && /\.rewrap-backup-/.test(name)),
  );
  if (odd.length > 0) throw new Error(`left behind: ${odd}`);
}
