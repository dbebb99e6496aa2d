import type { PlanFile, PlanFiles, PlanTotals } from './types.ts';

/** Files given at a time. */
const LOT = 500;

/** Files that are all in memory, given some at a time. */
export function sourceOf(files: readonly PlanFile[] | PlanFiles): PlanFiles {
  if ('lots' in files) return files;
  return {
    totals: totalsOf(files),
    async *lots() {
      for (let from = 0; from < files.length; from += LOT) yield files.slice(from, from + LOT);
    },
  };
}

/** How large these files are together; `before`: added to it. */
export function totalsOf(files: readonly PlanFile[], before: PlanTotals = NOTHING): PlanTotals {
  let { blobs, bytes, done } = before;
  for (const file of files)
    for (const blob of file.blobs) {
      blobs++;
      bytes += blob.bytes;
      if (blob.done !== undefined) done++;
    }
  return { files: before.files + files.length, blobs, bytes, done };
}

export const NOTHING: PlanTotals = { files: 0, blobs: 0, bytes: 0, done: 0 };
