import { type RealFolders, realFolder } from '../../intake/index.ts';
import type { FileRow } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import type { PlanFile, RunFile } from '../types.ts';

/** What a run has of a file that the journal has not: it is held until the file is done. */
export type Unrecorded = Pick<PlanFile, 'bytes' | 'archive' | 'places'>;

/**
 * The files of a run of which something is left, read from the journal as they are needed, in order: however large a plan is,
 * memory holds those that are under way. Of them nothing may be written but by who was given them.
 */
export class FileQueue {
  readonly #record: RunRecord;
  readonly #unrecorded: Map<number, Unrecorded>;
  #files: AsyncGenerator<RunFile, undefined>;
  /** Number of the first file that was not looked at. */
  #next = 0;
  #over = false;

  /** `unrecorded`: by number of the file; what is given out is taken from it. */
  constructor(record: RunRecord, unrecorded = new Map<number, Unrecorded>()) {
    this.#record = record;
    this.#unrecorded = unrecorded;
    this.#files = this.#read();
  }

  /**
   * The next file, with the blobs that are left of it; undefined: there is none. Callers may wait at the same time. Throws FaultError
   * `JournalFailed`: the next call tries again, and no file is passed over.
   */
  async next(): Promise<RunFile | undefined> {
    for (;;) {
      const files = this.#files;
      try {
        const { value } = await files.next();
        if (value !== undefined || this.#over) return value;
      } catch (error) {
        this.#files = this.#read();
        throw error;
      }
    }
  }

  /** Absolute paths of files from the number `from` up to `end` that may yet be replaced. */
  paths(from: number, end: number): string[] {
    return this.#record.openPaths(from, end);
  }

  async *#read(): AsyncGenerator<RunFile, undefined> {
    const folders: RealFolders = new Map();
    const blobs = this.#record.openBlobs();
    for await (const page of this.#record.filePages(this.#next))
      for (const row of page) {
        const left = row.state === 'intent' ? await blobs.of(row.index) : null;
        this.#next = row.index + 1;
        if (left === null) continue;
        const unrecorded = this.#unrecorded.get(row.index);
        this.#unrecorded.delete(row.index);
        yield { ...plannedOf(row, folders), index: row.index, ...unrecorded, blobs: left };
      }
    this.#over = true;
    return undefined;
  }
}

/** A file as the journal has it. `folders`: looked up so far. */
export const plannedOf = (
  { path, folder, display, relative, before }: FileRow,
  folders: RealFolders,
): Omit<PlanFile, 'blobs'> => ({
  path,
  folder: folder ?? (path === null ? null : realFolder(path, folders)),
  bytes: null,
  display,
  relative,
  sha256: before,
});
