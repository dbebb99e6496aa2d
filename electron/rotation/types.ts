import type { RunItem, RunRequest, RunSummary } from '#shared/model/run.ts';
import type { FoundBlob } from '../intake/index.ts';
import type { Kms } from '../kms/index.ts';

/** A file of a plan. Its bytes are read again at run time and must hash to `sha256`, else it is left alone. */
export interface PlanFile {
  /** Absolute path; null for pasted text, whose bytes are in `bytes`. */
  readonly path: string | null;
  readonly bytes: Uint8Array | null;
  readonly display: string;
  /** Where it goes below an output folder. */
  readonly relative: string;
  /** Hex SHA-256 of the whole file as it was scanned. */
  readonly sha256: string;
  readonly blobs: readonly { readonly blobId: string; readonly found: FoundBlob }[];
}

/** Where the new files go, tokens already resolved by the engine. */
export type ResolvedOutput =
  | { readonly mode: 'in-place'; readonly backup: boolean }
  | { readonly mode: 'folder'; readonly folder: string }
  | { readonly mode: 'keep' };

export interface RunInput {
  readonly id: string;
  readonly request: Omit<RunRequest, 'blobIds' | 'output'>;
  readonly output: ResolvedOutput;
  readonly files: readonly PlanFile[];
  readonly kms: Kms;
  /** What the run ran against, for people: "practice KMS · us-east-1 · 111122223333". */
  readonly connection: string;
  readonly concurrency?: number;
}

/** A run in progress or ended. */
export interface Run {
  readonly id: string;
  summary(): RunSummary;
  items(): readonly RunItem[];
  /** Finished files of a `keep` run: name for people and bytes. */
  kept(): readonly { readonly relative: string; readonly bytes: Uint8Array }[];
  /** The new encoded text (as it would stand in the file) of one blob; null where there is none. */
  resultText(blobId: string): string | null;
  /** Absolute path of the file that holds the new blob; null where there is none. */
  outputPath(blobId: string): string | null;
  /** Stops after the requests under way; files not complete stay as they were. */
  cancel(): void;
  /** Resolves when the run has ended; never rejects. */
  readonly done: Promise<void>;
}
