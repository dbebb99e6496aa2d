import type { ReplyFacts } from '#shared/model/run.ts';

/** A blob that is about to stand in its file, with what KMS said of it. */
interface LoggedBlob {
  readonly place: string;
  readonly facts: ReplyFacts;
}

/** A file that is about to be replaced. Hashes in hex, paths absolute. */
export interface LoggedFile {
  /** Number of the file in the shard's plan. */
  readonly file: number;
  readonly before: string;
  readonly after: string;
  /** May be left behind by a process that dies. */
  readonly temporary: string | null;
  readonly backup: string | null;
  readonly sidecar: { readonly path: string; readonly sha256: string | null } | null;
  readonly blobs: readonly LoggedBlob[];
}

/** What a run has of other processes that may do the same files. */
export interface SharedWork {
  /** Requests a second that this process may send now; absent: as the run says. */
  readonly perSecond?: () => number | null;
  /**
   * A run is about to write. Resolves once others can see by which `owner` id its temporary files are named, and in which
   * `folders` it may make them (absolute). Throws FaultError `JournalFailed`.
   */
  begins(owner: string, folders: readonly string[]): Promise<void>;
  /** Resolves once others can see what a file is about to become. Throws FaultError `JournalFailed`. */
  staged(file: LoggedFile): Promise<void>;
  /** What another process logged of a file that has this content now (hex SHA-256); null: none did. */
  made(file: number, sha256: string): LoggedFile | null;
  /** What processes that are given up logged of a file and may have left beside it. */
  leftovers(file: number): readonly LoggedFile[];
}
