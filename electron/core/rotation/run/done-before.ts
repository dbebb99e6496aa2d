import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { contentHash } from '../../intake/index.ts';
import { forEachLimited } from '../../limits/semaphore.ts';
import { Turns } from '../../limits/turns.ts';
import type { Journal } from '../journal/journal.ts';
import type { RunRow } from '../journal/rows.ts';
import type { DoneBefore, PlanBlob, PlanFile, ResolvedOutput } from '../types.ts';

/** Rows read from the journal at a time. */
const PAGE = 5000;
/** Files read at a time. */
const AT_ONCE = 16;

/** A file that runs of a job may have done, in whole or in part. */
export type JobFile = Pick<PlanFile, 'path' | 'relative' | 'sha256'> & {
  readonly blobs: readonly Pick<PlanBlob, 'place' | 'sha256'>[];
};

/** How a file stands after the runs of a job. Of each blob, in the file's order: which run re-encrypted it. */
export interface FileStanding {
  /** What its source has now: a plan's hash is that of before all runs. Hex SHA-256. */
  readonly sha256: string;
  /** What the output folder has of it; null in place. */
  readonly made: { readonly path: string; readonly sha256: string } | null;
  readonly done: readonly (DoneBefore | null)[];
}

/** That a run made `after` of a file that had the content `before`. Hex SHA-256. */
interface Edge {
  readonly run: RunRow;
  readonly file: number;
  readonly before: string;
}

/** How a file came to the content that it has now, newest run first; `asNow`: its blobs are named as they are now. */
interface Way {
  readonly edges: readonly Edge[];
  readonly asNow: boolean;
}

/**
 * What `runs` did of these files, by the content that the files have now: a file counts as done where it is, byte for
 * byte, what a run wrote, and a blob of it where that run re-encrypted it, or one on whose work it went on. Null: nothing.
 * Files that cannot be read count as not done.
 */
export async function doneBefore(
  journal: Journal,
  runs: readonly RunRow[],
  files: readonly JobFile[],
  output: ResolvedOutput,
): Promise<(FileStanding | null)[]> {
  const edges = await edgesOf(journal, runs);
  const found: (FileStanding | null)[] = files.map(() => null);
  if (edges.size === 0 || output.mode === 'keep') return found;
  const befores = new Set(Array.from(edges.values(), ({ before }) => before));
  const ways = new Map<number, Way>();
  const turns = new Turns();
  await forEachLimited([...files.entries()], AT_ONCE, async ([index, file]) => {
    if (turns.over) await turns.give();
    const now = await contentNow(file, output, edges, befores);
    const way = now === null ? null : wayTo(now, file.sha256, edges);
    if (now === null || way === null) return;
    ways.set(index, way);
    found[index] =
      output.mode === 'folder'
        ? { sha256: file.sha256, made: { path: madePath(output.folder, file), sha256: now }, done: [] }
        : { sha256: now, made: null, done: [] };
  });
  const blobs = await blobsOf(journal, files, ways);
  return found.map((one, index) => one && { ...one, done: blobs.get(index) ?? [] });
}

/** Where a file goes below an output folder. */
export const madePath = (folder: string, { relative }: Pick<PlanFile, 'relative'>): string =>
  join(folder, relative);

/**
 * Marks what of a file was done. One of which a run wrote only some blobs into an output folder is gone on with there: the
 * source has them as they were.
 */
export function withDone(file: PlanFile, found: FileStanding | null): PlanFile {
  if (found === null) return file;
  const blobs = file.blobs.map((blob, i) => {
    const done = found.done[i] ?? null;
    return done === null ? blob : { ...blob, done };
  });
  const some = blobs.some(({ done }) => done !== undefined) && blobs.some(({ done }) => done === undefined);
  return { ...file, ...(some && found.made !== null ? found.made : { sha256: found.sha256 }), blobs };
}

/** Every new content that runs made or were about to put in place, by its hash. */
async function edgesOf(journal: Journal, runs: readonly RunRow[]): Promise<Map<string, Edge>> {
  const edges = new Map<string, Edge>();
  for (const run of runs)
    for (let from = 0; ; ) {
      const page = journal.newContents(run.no, from, PAGE);
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
  { path, relative, sha256 }: JobFile,
  output: ResolvedOutput,
  edges: ReadonlyMap<string, Edge>,
  befores: ReadonlySet<string>,
): Promise<string | null> {
  if (output.mode === 'in-place' && edges.has(sha256)) return sha256;
  if (!befores.has(sha256)) return null;
  const where = output.mode === 'folder' ? madePath(output.folder, { relative }) : path;
  return where === null ? null : contentHash(where).catch(() => null);
}

/** The runs that led to `now`, newest first: from the content `start` where it is another; null where none did. */
function wayTo(now: string, start: string, all: ReadonlyMap<string, Edge>): Way | null {
  const edges: Edge[] = [];
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
  ways: ReadonlyMap<number, Way>,
): Promise<Map<number, (DoneBefore | null)[]>> {
  const done = new Map<number, (DoneBefore | null)[]>();
  const asked = new Map<RunRow, Map<number, { list: (DoneBefore | null)[]; names: Map<string, number> }>>();
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
  for (const [run, wanted] of asked)
    for (let from = 0; ; ) {
      const page = journal.newBlobs(run.no, from, PAGE);
      for (const { file, place, after } of page) {
        const one = wanted.get(file);
        const at = one?.names.get(after) ?? one?.names.get(place);
        if (one !== undefined && at !== undefined) one.list[at] = byRun(run);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      from = last.item + 1;
      await setImmediate();
    }
  return done;
}

const byRun = ({ id, startedAt }: RunRow): DoneBefore => ({ runId: id, startedAt });
