import type { RunSummary, Touches } from '#shared/model/run.ts';
import { plural } from './format.ts';

/** What undoing touches: originals restored from backups, or new files taken away. */
export function undoWords({ undo, output }: Pick<RunSummary, 'undo' | 'output'>): string {
  if (undo === null) return '';
  return output === 'folder'
    ? `Remove ${plural(undo.files, 'new file')}`
    : `Restore ${plural(undo.blobs, 'blob')} in ${plural(undo.files, 'file')}`;
}

/** What going on with an unfinished run touches. */
export function resumeWords({ blobs, files }: Touches): string {
  return blobs === 0 ? 'Go on' : `Go on with ${plural(blobs, 'blob')} in ${plural(files, 'file')}`;
}

/** What a new run for the rest would send. */
export function againWords({ failed, missed }: { readonly failed: number; readonly missed: number }): string {
  if (missed === 0) return `Retry ${plural(failed, 'failed blob')}`;
  if (failed === 0) return `Re-encrypt ${plural(missed, 'blob')} not reached`;
  return `Retry ${plural(failed, 'failed blob')} and ${missed} not reached`;
}
