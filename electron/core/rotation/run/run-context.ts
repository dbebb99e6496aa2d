import type { Fault } from '#shared/model/fault.ts';
import type { Disk, NewBlob, PutBackFs } from '../../intake/index.ts';
import type { Kms } from '../../kms/index.ts';
import type { Semaphore } from '../../limits/semaphore.ts';
import type { Journal } from '../journal/journal.ts';
import type { RequestScheduler } from '../scheduler/request-scheduler.ts';
import type { RunInput } from '../types.ts';
import type { Attributes } from './attributes.ts';
import type { ItemTracker } from './item-tracker.ts';
import type { DestinationKey } from './key-lookups.ts';
import type { NewBlobChecks } from './new-blob-checks.ts';
import type { RepeatedReplies } from './replies.ts';
import type { VerificationRights } from './verification.ts';

/** What the steps of one run share. */
export interface RunContext {
  readonly no: number;
  readonly input: Omit<RunInput, 'files' | 'kms'>;
  readonly tracker: ItemTracker;
  readonly journal: Journal;
  /** The way to KMS, shared by all files. */
  readonly scheduler: RequestScheduler;
  /** Limits the blobs under way over all files: each is re-encrypted and verified before others begin. */
  readonly slots: Semaphore;
  readonly replies: RepeatedReplies;
  readonly destination: DestinationKey;
  readonly newBlobs: NewBlobChecks;
  readonly rights: VerificationRights;
  readonly attributes: Attributes;
  readonly disk: Disk;
  /** File system calls for what is small and beside, where a test replaces them. */
  readonly fs: PutBackFs | null;
  /** The connection in use: it may be renewed during the run. */
  kms(): Kms;
  /** Why nothing more is to be sent, as the fault that blobs not reached get; null while the run goes on. */
  halted(): Fault | null;
  /** An error that every other request would meet: stops the run. */
  stop(fault: Fault): void;
  /** The journal cannot be written: nothing may be replaced until it can. */
  journalFailed(fault: Fault): void;
  /** Keeps a new blob for the case that the run is cut off before its file is complete. */
  keepBlob(item: number, next: NewBlob, verified: boolean): void;
  /** A finished file of a `keep` run. */
  keep(relative: string, bytes: Uint8Array): void;
  /** For the fault-injection harness: a step of the journal was reached. */
  step(name: string): void;
}
