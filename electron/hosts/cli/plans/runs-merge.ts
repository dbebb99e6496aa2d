import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { count, plural } from '#shared/format.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { outcomeWords, reasonWords } from '#shared/run-outcome.ts';
import { type MergedRun, mergeRuns } from '../../../services/plans/index.ts';
import { counted, runExitCode, SOME_FAILED, type Unwell } from '../exit-code.ts';
import { itemAsNamed } from '../output/outcome.ts';
import { faultLines, safe } from '../output/text.ts';

export interface MergeFlags {
  state?: string;
  history?: string;
  json?: true;
}

/** Blobs that failed, and shards that are not finished, that are named. */
const NAMED = 20;

/** `rewrap runs merge DIR [STATE]`: what shards did, as the run of one machine would say it. */
export async function mergeShards(folders: readonly string[], flags: MergeFlags): Promise<number> {
  const { folder, state } = mergedFolders(folders, flags.state);
  const out = flags.history === undefined ? null : openOut(flags.history);
  let merged: MergedRun;
  try {
    merged = await mergeRuns(folder, state, out === null ? null : (line) => writeSync(out, `${line}\n`));
  } finally {
    if (out !== null) closeSync(out);
  }
  try {
    const unwell = printMerged(merged, flags.json === true);
    const broken = merged.chains.filter((chain) => chain.broken !== null);
    for (const { shard, attempt, broken: link } of broken)
      console.error(`rewrap: the history of shard ${shard}, ${attempt}, is broken: ${link?.message ?? ''}`);
    const code = runExitCode({ ...unwell, signal: null, fault: merged.run.fault, unreadable: false });
    return broken.length > 0 && code === 0 ? SOME_FAILED : code;
  } finally {
    merged.close();
  }
}

/**
 * Which of the folders has the shards, and which their state; a state folder that stands in its folder of shards says both.
 * Throws FaultError `BadUsage` where one is neither, or there are two of a kind: none is passed over in silence.
 */
export function mergedFolders(
  folders: readonly string[],
  named: string | undefined,
): { folder: string; state: string } {
  const all = new Set(folders.map((folder) => resolve(folder)));
  const has = (folder: string, file: string): boolean => existsSync(join(folder, file));
  const states = new Set(named === undefined ? [] : [resolve(named)]);
  const shards = new Set<string>();
  for (const folder of all) {
    const [isShards, isState] = [has(folder, 'shards.json'), has(folder, 'state.json')];
    if (!isShards && !isState) throw bad(`${folder} is neither a folder of shards nor one of their state.`);
    if (isShards) shards.add(folder);
    // A folder of shards may be given as that of their state, too; where one is named, it says which.
    if (!isShards || (isState && named === undefined)) states.add(folder);
    if (isShards && isState && named === undefined && has(join(folder, 'state'), 'state.json'))
      states.add(join(folder, 'state'));
  }
  const [state, otherState] = states;
  if (otherState !== undefined) throw bad(`${state} and ${otherState} are two folders of state.`);
  if (shards.size === 0 && state !== undefined && has(dirname(state), 'shards.json'))
    shards.add(dirname(state));
  const [folder, other] = shards;
  if (folder === undefined) throw bad(`${state} is a folder of state. The folder of its shards is missing.`);
  if (other !== undefined) throw bad(`${folder} and ${other} are two folders of shards.`);
  return { folder, state: state ?? join(folder, 'state') };
}

const bad = (message: string): FaultError =>
  new FaultError(
    fault(
      'BadUsage',
      message,
      'A merge is of the shards of one plan: the folder that `rewrap plan shard` made, and that of their state where it is another.',
      'For example: rewrap runs merge shards /shared/state',
    ),
  );

function openOut(path: string): number {
  try {
    return openSync(path, 'w', 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'nothing more';
    throw new FaultError(
      fault(
        'HistoryNotSaved',
        `The history could not be written to ${path}.`,
        `The system says ${code}.`,
        '',
      ),
    );
  }
}

/** Prints a merged run; how the blobs stand that are not as they were to be. */
export const printMerged = (merged: MergedRun, json: boolean): Unwell =>
  json ? printJson(merged) : print(merged);

function printJson(merged: MergedRun): Unwell {
  const { run, missing, chains, heads } = merged;
  let unwell: Unwell = { failed: 0, passing: 0, left: 0 };
  let first = true;
  // As a run's document, in which a plan skips nothing, with what only a merge has.
  const text = JSON.stringify({ run, skipped: [], missing, chains, heads }, null, 2);
  process.stdout.write(`${text.slice(0, -2)},\n  "blobs": [`);
  for (const item of merged.items()) {
    unwell = counted(unwell, item);
    const shown = JSON.stringify(itemAsNamed(item), null, 2).replaceAll('\n', '\n    ');
    process.stdout.write(`${first ? '' : ','}\n    ${shown}`);
    first = false;
  }
  process.stdout.write(`${first ? '' : '\n  '}]\n}\n`);
  return unwell;
}

function print(merged: MergedRun): Unwell {
  const { run, missing, chains, heads } = merged;
  let unwell: Unwell = { failed: 0, passing: 0, left: 0 };
  let named = 0;
  for (const item of merged.items()) {
    unwell = counted(unwell, item);
    if (item.state !== 'failed' || item.fault === null || named++ >= NAMED) continue;
    console.error(
      `${safe(item.place === '' ? item.file : `${item.file} · ${item.place}`)}: ${item.fault.code}`,
    );
    console.error(faultLines(item.fault));
  }
  if (named > NAMED)
    console.error(`rewrap: … and ${plural(named - NAMED, 'more blob', 'more blobs')} failed`);
  const reasons = reasonWords(run);
  const by = run.connection === '' ? '' : ` · ${run.connection}`;
  console.log(`${outcomeWords(run)}${reasons === '' ? '' : `; ${reasons}`}${by}`);
  if (missing.length === 0) console.log('Every shard is finished.');
  else {
    const blobs = missing.reduce((sum, shard) => sum + shard.blobs, 0);
    console.log(`Not finished: ${plural(missing.length, 'shard')} with ${plural(blobs, 'blob')} to go`);
    for (const { shard, blobs: left, begun } of missing.slice(0, NAMED))
      console.log(`  shard ${shard}: ${count(left)} to go${begun ? '' : ' (no record of it yet)'}`);
    if (missing.length > NAMED) console.log(`  … and ${count(missing.length - NAMED)} more`);
  }
  console.log(`Histories: ${count(chains.length)}, all heads under ${heads}`);
  return unwell;
}
