import type { Fault } from '#shared/model/fault.ts';
import type { PutBackFs } from '../intake/index.ts';
import type { Capacity } from './capacity.ts';
import type { Destination } from './destination.ts';
import type { Ledger } from './ledger.ts';
import type { RetryOptions } from './retry.ts';
import type { Slots } from './slots.ts';
import type { RunInput } from './types.ts';

/** What the steps of one run share. */
export interface RunContext {
  readonly input: RunInput;
  readonly ledger: Ledger;
  /** Limits requests to KMS over all files. */
  readonly slots: Slots;
  readonly retry: RetryOptions;
  readonly capacity: Capacity;
  readonly destination: Destination;
  /** Put-back's file system calls, where a test replaces them. */
  readonly fs: PutBackFs | null;
  /** Why nothing more is to be sent, as the fault that blobs not reached get; null while the run goes on. */
  halted(): Fault | null;
  /** An error that every other request would meet: stops the run. */
  stop(fault: Fault): void;
  /** A finished file of a `keep` run. */
  keep(relative: string, bytes: Uint8Array): void;
  /** Where and how a new blob now stands. */
  result(blobId: string, at: { readonly path: string | null; readonly text: string | null }): void;
}
