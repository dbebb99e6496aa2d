import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { count, plural, shellWord } from '#shared/format.ts';
import type { SkippedFile } from '#shared/model/blob.ts';
import type { PlannedFile, PlanTerms } from '#shared/model/plan.ts';
import type { Rule } from '#shared/model/rule.ts';
import { walkNow } from '../../../core/intake/index.ts';
import { LineBuffer, saysPlan } from '../../../services/plans/index.ts';
import type { Client } from '../client.ts';
import { mannerNow, warn } from '../output/say.ts';
import { safe } from '../output/text.ts';
import { fileBelow, isUnreadable, skippedLines } from '../session.ts';

/** Beyond so many files, or bytes in them, a plan is written in two files, some files at a time. */
const LARGE_FILES = 10_000;
const LARGE_BYTES = 8 * 1024 * 1024;
/** Files, and bytes in them, that are in the list at a time. */
const AT_ONCE = 500;
const BYTES_AT_ONCE = 4 * 1024 * 1024;
/** Skipped files that are named. */
const NAMED = 200;
/** Of a file that is named by itself, and not of one in a folder. */
const ONLY_WHEN_NAMED = 'no-ciphertext';

/** Blobs that take one process more than an hour, each verified. */
export const OUTGROWN = 2_000_000;

/** How a plan is split. */
export const shardCommand = (path: string): string =>
  `rewrap plan shard ${safe(shellWord(path))} --shards N -o DIR`;

/** What is said before a run that is better done by several machines, and is silent until its plan is on the disk; null: nothing. */
export function largeRun(
  path: string,
  { shardOf }: Pick<PlanTerms, 'shardOf'>,
  { files, blobs }: { readonly files: number; readonly blobs: number },
): string | null {
  if (blobs <= OUTGROWN || shardOf !== undefined) return null;
  return `${plural(blobs, 'blob')} in ${plural(files, 'file')}: a new run writes all of them to the journal before its first request, which takes minutes; to use more machines: ${shardCommand(path)}`;
}

/** Whether a plan of these files is written some files at a time. Rules look at the whole list, and need it in memory. */
export function isLarge(paths: readonly string[], rules: readonly Rule[]): boolean {
  if (rules.length > 0) return false;
  let files = 0;
  let bytes = 0;
  for (const met of walkNow(paths)) {
    if (met === null || met.type !== 'file') continue;
    files += 1;
    bytes += statSync(met.path, { throwIfNoEntry: false })?.size ?? 0;
    if (files > LARGE_FILES || bytes > LARGE_BYTES) return true;
  }
  return false;
}

interface StreamedPlan {
  readonly files: number;
  readonly blobs: number;
  /** Blobs of the list, of which these are some; null where there was no list of all. */
  readonly of: number | null;
  readonly unreadable: boolean;
}

/**
 * Writes a plan of every re-encryptable blob below these paths into two files: memory holds some files at a time, however many
 * there are. `named`: how the plan calls a file of this absolute path. Null: there is none, and nothing is written.
 */
export async function streamPlan(
  { page, host }: Client,
  paths: readonly string[],
  { output, terms, named }: { output: string; terms: PlanTerms; named: (path: string) => string },
): Promise<StreamedPlan | null> {
  const buffer = new LineBuffer();
  const lines = buffer.open(`${output.replace(/\.json$/, '')}.files.jsonl`);
  const skipped = new Skipped();
  const take = async (lot: readonly string[]): Promise<void> => {
    const taken = await host.intake.addNamed({ paths: [...lot] });
    for (const { root, ...one } of taken.skippedFiles)
      if (one.code !== ONLY_WHEN_NAMED)
        skipped.add({ ...one, file: root === undefined ? one.file : named(root) });
    const { blobIds } = await page.plans.select({
      rules: [],
      ...(terms.emulatorBlobs === true ? { emulatorBlobs: true } : {}),
    });
    if (blobIds.length > 0)
      for (const file of (await host.plans.plannedFiles({ blobIds })).files)
        lines.add({ ...file, path: named(file.path) } satisfies PlannedFile);
    await page.intake.clear({ sourceIds: null });
  };
  try {
    let lot: string[] = [];
    let bytes = 0;
    let root = '';
    const under = (_: string, as: string): void => {
      root = as;
    };
    for (const met of walkNow(paths, { entering: under, lacking: under })) {
      if (met === null) await setImmediate();
      else if (met.type !== 'file')
        skipped.add({ file: fileBelow(root, met.display), code: met.code, message: met.message });
      else if (!saysPlan(met.path)) {
        lot.push(met.path);
        bytes += statSync(met.path, { throwIfNoEntry: false })?.size ?? 0;
        if (lot.length < AT_ONCE && bytes < BYTES_AT_ONCE) continue;
        await take(lot);
        lot = [];
        bytes = 0;
      }
    }
    if (lot.length > 0) await take(lot);
    skipped.print();
    const { files, blobs } = lines.totals;
    if (blobs > 0) lines.finish(output, terms);
    else buffer.discard();
    return blobs === 0 ? null : { files, blobs, of: null, unreadable: skipped.unreadable };
  } catch (error) {
    buffer.discard();
    throw error;
  }
}

/** Files that were skipped: some are named, the rest are counted. */
class Skipped {
  readonly #named: SkippedFile[] = [];
  #more = 0;
  unreadable = false;

  add(one: SkippedFile): void {
    if (this.#named.length < NAMED) this.#named.push(one);
    else this.#more += 1;
    this.unreadable ||= isUnreadable(one);
  }

  print(): void {
    for (const line of skippedLines(this.#named, mannerNow())) warn(line);
    if (this.#more > 0) warn(`… and ${count(this.#more)} more like these`);
  }
}
