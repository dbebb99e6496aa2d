import { join } from 'node:path';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { Journal } from '../journal/journal.ts';
import type { RunRow } from '../journal/rows.ts';
import { refuseElsewhere } from '../journal/run-locks.ts';
import type { ResolvedOutput } from '../types.ts';

/** Absolute paths of the files that a run may write; a dry run writes none. */
export function targetsOf(
  files: readonly { readonly path: string | null; readonly relative: string }[],
  output: ResolvedOutput,
  dryRun: boolean,
): string[] {
  if (dryRun || output.mode === 'keep') return [];
  if (output.mode === 'folder') return files.map(({ relative }) => join(output.folder, relative));
  return files.flatMap(({ path }) => (path === null ? [] : [path]));
}

/** A run that was begun and has not ended. Throws FaultError `RunGone`, `RunNotOpen` or `RunElsewhere`. */
export function openRow(journal: Journal, no: number): RunRow {
  const row = journal.run(no);
  if (row === null) throw new FaultError(explainOwn('RunGone'));
  if (row.state !== 'open') throw new FaultError(explainOwn('RunNotOpen'));
  refuseElsewhere(journal, row);
  return row;
}
