import type { Fault } from '#shared/model/fault.ts';
import type { ReplaceFileInput, Staged } from '../replace-file.ts';
import type { Removed, Restored, RestoreInput, WrittenFile } from '../undo.ts';
import type { WriteNewFileInput } from '../write-new-file.ts';

/** What a thread does with a file: what it gets, in what can be sent, and what it answers. */
export interface Works {
  readonly replace: {
    readonly input: Omit<ReplaceFileInput, 'fs' | 'staged'>;
    readonly done: { readonly backupPath: string | null };
  };
  readonly new: {
    readonly input: Omit<WriteNewFileInput, 'fs' | 'staged'>;
    readonly done: { readonly path: string };
  };
  readonly restore: { readonly input: Omit<RestoreInput, 'fs'>; readonly done: Restored };
  readonly remove: { readonly input: WrittenFile; readonly done: Removed };
}

/** A file and what is to be done with it. */
export type DiskJob = {
  readonly [Kind in keyof Works]: { readonly kind: Kind; readonly input: Works[Kind]['input'] };
}[keyof Works];

export type Done = Works[keyof Works]['done'];

/** Names that a kill from here on may leave behind. */
export type Names = Staged | { readonly temporary: string; readonly path: string };

/** To the thread: a file, and later whether to go on with it now that its names are in the journal. */
export type ToThread =
  | { readonly id: number; readonly job: DiskJob }
  | { readonly id: number; readonly goOn: true }
  | { readonly id: number; readonly refused: Fault };

/** From the thread: the names that a kill may leave behind (of a file that is replaced or new), then how it ended. */
export type FromThread =
  | { readonly id: number; readonly staged: Names }
  | { readonly id: number; readonly done: Done }
  | { readonly id: number; readonly failed: Fault };

/** Messages wait this long for others, milliseconds. */
const TOGETHER_MS = 4;

/** Messages of a moment, sent together: waking the thread that waits for one costs more than what it carries. */
export class Outbox<T> {
  readonly #post: (messages: readonly T[]) => void;
  #waiting: T[] = [];

  constructor(post: (messages: readonly T[]) => void) {
    this.#post = post;
  }

  add(message: T): void {
    this.#waiting.push(message);
    if (this.#waiting.length > 1) return;
    setTimeout(() => {
      const messages = this.#waiting;
      this.#waiting = [];
      this.#post(messages);
    }, TOGETHER_MS);
  }
}
