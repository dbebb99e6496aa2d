import { setImmediate } from 'node:timers/promises';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { contentHash } from '../intake/index.ts';
import { forEachLimited } from '../limits/semaphore.ts';
import { Turns } from '../limits/turns.ts';
import type { Journal } from './journal/journal.ts';
import type { RunRow } from './journal/rows.ts';
import { type OutputMode, outputMode, type ResolvedOutput } from './output-mode.ts';
import { NOTHING, sourceOf, totalsOf } from './plan-files.ts';
import type { BlobRef, DoneBefore as ByRun, PlanFile, PlanFiles, PlanTotals } from './types.ts';

/**
 * What is run again by the same command: a plan, or files with what is asked of them. `id`: its name for all machines, hex
 * SHA-256. `lasts`: a plan is done once and for all; a command is done anew once a run of it left nothing to do.
 */
export interface Job {
  readonly id: string;
  readonly lasts: boolean;
}

/** How a job goes on. */
export interface JobState {
  /** Its files as they are now; blobs that runs of it re-encrypted say so. */
  readonly files: PlanFiles;
  /** Runs of it that were cut off, oldest first. */
  readonly open: readonly RunRow[];
  /** The one of these that does all that is left, when it is gone on with. */
  readonly resume: RunRow | null;
}

/** How the files of a job stand after its runs; null: as they were before all of them. */
export async function fileStandings(
  journal: Journal,
  job: Job,
  files: readonly JobFile[],
  output: ResolvedOutput,
): Promise<(FileStanding | null)[]> {
  journal.flush();
  return (await DoneBefore.by(journal, await runsOf(journal, job), output)).of(files);
}

/** What of a job is left, and how to go on with it. */
export async function jobState(
  journal: Journal,
  job: Job,
  planned: readonly PlanFile[] | PlanFiles,
  output: ResolvedOutput,
): Promise<JobState> {
  journal.flush();
  const source = sourceOf(planned);
  const runs = await runsOf(journal, job);
  if (runs.length === 0) return { files: source, open: [], resume: null };
  const open = runs.filter(({ state }) => state !== 'ended');
  const last = open.at(-1) ?? null;
  const before = await DoneBefore.by(journal, runs, output);
  const left = last === null ? null : await filesLeft(journal, last);
  let covered = left !== null;
  let totals = NOTHING;
  // Looked at once: it reads what was changed.
  const found = new Map<number, FileStanding>();
  for await (const lot of source.lots()) {
    const standings = await before.of(lot);
    const now = lot.map((file, i) => withDone(file, standings[i] ?? null));
    for (const [i, one] of standings.entries()) if (one !== null) found.set(totals.files + i, one);
    totals = totalsOf(now, totals);
    covered &&= now.every((file) => covers(left ?? NONE, file));
  }
  return { files: asFound(source, found, totals), open, resume: covered ? last : null };
}

/** The same files, with what was found of some of them by their number. */
const asFound = (
  source: PlanFiles,
  found: ReadonlyMap<number, FileStanding>,
  totals: PlanTotals,
): PlanFiles => ({
  totals,
  async *lots() {
    let from = 0;
    for await (const lot of source.lots()) {
      yield lot.map((file, i) => withDone(file, found.get(from + i) ?? null));
      from += lot.length;
    }
  },
});

/** Throws FaultError where a run of the job may not be touched: `RunElsewhere`, `UndoUnfinished`. */
export function refuseBusy(journal: Journal, open: readonly RunRow[]): void {
  for (const row of open) {
    const holder = journal.elsewhere(row);
    if (holder !== null)
      throw new FaultError(
        explainOwn('RunElsewhere', {
          message: `Run ${row.id} does this already, in another Rewrap: process ${holder.pid}, since ${holder.startedAt}.`,
          remedy: 'Wait until it has ended, or end it there. This command then does what is left.',
        }),
      );
    if (row.state === 'undoing')
      throw new FaultError(
        explainOwn('UndoUnfinished', {
          message: `Run ${row.id} was being undone, and that was cut off.`,
          remedy: `Bring that to its end first: rewrap runs undo ${row.id}`,
        }),
      );
  }
}

/** Runs that count for a job, oldest first. */
async function runsOf(journal: Journal, { id, lasts }: Job): Promise<RunRow[]> {
  const runs = journal.runsOf(id);
  if (lasts) return runs;
  for (let i = runs.length - 1; i >= 0; i--) {
    const run = runs[i];
    if (run?.state === 'ended' && run.status === 'finished' && (await isComplete(journal, run.no)))
      return runs.slice(i + 1);
  }
  return runs;
}

/** Whether a run that ended left nothing to try again. */
async function isComplete(journal: Journal, no: number): Promise<boolean> {
  const record = journal.record(no);
  const { items } = record.keptFigures() ?? (await record.figures());
  return items.every(({ state, missed }) => state !== 'failed' && !missed);
}

/** Files of a run that was cut off that it has not replaced: what each was, by its path. */
async function filesLeft(journal: Journal, row: RunRow): Promise<ReadonlyMap<string, string>> {
  const left = new Map<string, string>();
  for await (const page of journal.record(row.no).filePages())
    for (const { path, state, before } of page)
      if (path !== null && (state === 'intent' || state === 'staged' || state === 'left'))
        left.set(path, before);
  return left;
}

/** Whether a run that was cut off, and has not replaced these files, has all that is left of this one. */
const covers = (left: ReadonlyMap<string, string>, { path, sha256, blobs }: PlanFile): boolean =>
  blobs.every(({ done }) => done !== undefined) || (path !== null && left.get(path) === sha256);

const NONE: ReadonlyMap<string, string> = new Map();

/** Rows read from the journal at a time. */
const PAGE = 5000;
/** Files read at a time. */
const AT_ONCE = 16;

/** A file that runs of a job may have done, in whole or in part. */
export type JobFile = Pick<PlanFile, 'path' | 'relative' | 'sha256'> & {
  readonly blobs: readonly Pick<BlobRef, 'place' | 'sha256'>[];
};

/** How a file stands after the runs of a job. Of each blob, in the file's order: which run re-encrypted it. */
export interface FileStanding {
  /** What its source has now: a plan's hash is that of before all runs. Hex SHA-256. */
  readonly sha256: string;
  /** What the output folder has of it; null in place. */
  readonly made: { readonly path: string; readonly sha256: string } | null;
  readonly done: readonly (ByRun | null)[];
}

/** That a run made `after` of a file that had the content `before`. Hex SHA-256. */
interface ContentChange {
  readonly run: RunRow;
  readonly file: number;
  readonly before: string;
}

/** How a file came to the content that it has now, newest run first; `asNow`: its blobs are named as they are now. */
interface ContentPath {
  readonly edges: readonly ContentChange[];
  readonly asNow: boolean;
}

/**
 * What runs of a job did of its files, by the content that the files have now: a file counts as done where it is, byte for
 * byte, what a run wrote, and a blob of it where that run, or one that it continued, re-encrypted it.
 */
class DoneBefore {
  readonly #journal: Journal;
  readonly #edges: ReadonlyMap<string, ContentChange>;
  readonly #befores: ReadonlySet<string>;
  readonly #mode: OutputMode;

  private constructor(journal: Journal, edges: ReadonlyMap<string, ContentChange>, mode: OutputMode) {
    this.#journal = journal;
    this.#edges = edges;
    this.#befores = new Set(Array.from(edges.values(), ({ before }) => before));
    this.#mode = mode;
  }

  static async by(journal: Journal, runs: readonly RunRow[], output: ResolvedOutput): Promise<DoneBefore> {
    return new DoneBefore(journal, await edgesOf(journal, runs), outputMode(output));
  }

  /** Null: nothing. Files that cannot be read count as not done. */
  async of(files: readonly JobFile[]): Promise<(FileStanding | null)[]> {
    const edges = this.#edges;
    const mode = this.#mode;
    const found: (FileStanding | null)[] = files.map(() => null);
    if (edges.size === 0 || mode.inMemory) return found;
    const ways = new Map<number, ContentPath>();
    const turns = new Turns();
    await forEachLimited([...files.entries()], AT_ONCE, async ([index, file]) => {
      if (turns.over) await turns.give();
      const now = await contentNow(file, mode, edges, this.#befores);
      const way = now === null ? null : wayTo(now, file.sha256, edges);
      if (now === null || way === null) return;
      ways.set(index, way);
      const made = mode.inPlace ? null : mode.target(file);
      found[index] =
        made === null
          ? { sha256: now, made, done: [] }
          : { sha256: file.sha256, made: { path: made, sha256: now }, done: [] };
    });
    const blobs = await blobsOf(this.#journal, files, ways);
    return found.map((one, index) => one && { ...one, done: blobs.get(index) ?? [] });
  }
}

/**
 * Marks what of a file was done. One of which a run wrote only some blobs into an output folder is gone on with there: the
 * source has them as they were.
 */
function withDone(file: PlanFile, found: FileStanding | null): PlanFile {
  if (found === null) return file;
  const blobs = file.blobs.map((blob, i) => {
    const done = found.done[i] ?? null;
    return done === null ? blob : { ...blob, done };
  });
  const some = blobs.some(({ done }) => done !== undefined) && blobs.some(({ done }) => done === undefined);
  return { ...file, ...(some && found.made !== null ? found.made : { sha256: found.sha256 }), blobs };
}

/** Every new content that runs made or were about to put in place, by its hash. */
async function edgesOf(journal: Journal, runs: readonly RunRow[]): Promise<Map<string, ContentChange>> {
  const edges = new Map<string, ContentChange>();
  for (const run of runs)
    for (let from = 0; ; ) {
      const page = journal.record(run.no).newContents(from, PAGE);
      for (const { file, before, after } of page) edges.set(after, { run, file, before });
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      from = last.file + 1;
      await setImmediate();
    }
  return edges;
}

/** The content that would be a run's, where it may be one; else null, and nothing is read. */
async function contentNow(
  file: JobFile,
  mode: OutputMode,
  edges: ReadonlyMap<string, ContentChange>,
  befores: ReadonlySet<string>,
): Promise<string | null> {
  const { sha256 } = file;
  if (mode.inPlace && edges.has(sha256)) return sha256;
  if (!befores.has(sha256)) return null;
  const target = mode.target(file);
  return target === null ? null : contentHash(target).catch(() => null);
}

/** The runs that led to `now`, newest first: from the content `start` where it is another; null where none did. */
function wayTo(now: string, start: string, all: ReadonlyMap<string, ContentChange>): ContentPath | null {
  const edges: ContentChange[] = [];
  const seen = new Set<string>();
  for (let at = now; !seen.has(at); ) {
    seen.add(at);
    const edge = all.get(at);
    if (edge === undefined) break;
    edges.push(edge);
    at = edge.before;
    if (at === start) return { edges, asNow: false };
  }
  return now === start && edges.length > 0 ? { edges, asNow: true } : null;
}

/**
 * Which run did each blob of these files. A blob is known by its place before all runs, or, where the file is named as it
 * is now, by the new blob's hash.
 */
async function blobsOf(
  journal: Journal,
  files: readonly JobFile[],
  ways: ReadonlyMap<number, ContentPath>,
): Promise<Map<number, (ByRun | null)[]>> {
  const done = new Map<number, (ByRun | null)[]>();
  const asked = new Map<RunRow, Map<number, { list: (ByRun | null)[]; names: Map<string, number> }>>();
  for (const [index, { edges, asNow }] of ways) {
    const { blobs = [] } = files[index] ?? {};
    const list = blobs.map(() => null);
    done.set(index, list);
    const names = new Map(blobs.map(({ place, sha256 }, i) => [asNow ? sha256 : place, i]));
    for (const { run, file } of edges) {
      const of = asked.get(run) ?? new Map();
      asked.set(run, of.set(file, { list, names }));
    }
  }
  for (const [run, wanted] of asked) {
    const record = journal.record(run.no);
    const by = byRun(run);
    // A run has the files of its job in their order: those of a part of it stand together.
    let first = Number.POSITIVE_INFINITY;
    let end = 0;
    for (const file of wanted.keys()) {
      first = Math.min(first, file);
      end = Math.max(end, file + 1);
    }
    for (let from = record.firstItem(first); ; ) {
      const page = record.newBlobs(from, PAGE);
      for (const { file, place, after } of page) {
        const one = wanted.get(file);
        const at = one?.names.get(after) ?? one?.names.get(place);
        if (one !== undefined && at !== undefined) one.list[at] = by;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE || last.file >= end) break;
      from = last.item + 1;
      await setImmediate();
    }
  }
  return done;
}

const byRun = ({ id, startedAt }: RunRow): ByRun => ({ runId: id, startedAt });
