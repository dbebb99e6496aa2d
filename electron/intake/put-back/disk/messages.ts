import type { Fault } from '#shared/model/fault.ts';
import type { ReplaceFileInput, Staged } from '../replace-file.ts';
import type { WriteNewFileInput } from '../write-new-file.ts';

/** A file to be put back, in what can be sent to another thread. */
export type Job =
  | { readonly kind: 'replace'; readonly input: Omit<ReplaceFileInput, 'fs' | 'staged'> }
  | { readonly kind: 'new'; readonly input: Omit<WriteNewFileInput, 'fs' | 'staged'> };

/** To the thread: a file, and later whether to go on with it now that its names are in the journal. */
export type ToThread =
  | { readonly id: number; readonly job: Job }
  | { readonly id: number; readonly goOn: true }
  | { readonly id: number; readonly refused: Fault };

/** From the thread: the names that a kill may leave behind, then how it ended. */
export type FromThread =
  | { readonly id: number; readonly staged: Staged | { readonly temporary: string; readonly path: string } }
  | { readonly id: number; readonly done: { readonly backupPath: string | null } | { readonly path: string } }
  | { readonly id: number; readonly failed: Fault };
