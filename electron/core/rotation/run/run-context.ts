import { kindOf } from '#shared/connection-kind.ts';
import { sentContext } from '#shared/kms/contexts.ts';
import { explainKms, faultOf, type KmsSituation } from '#shared/kms/errors.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { SentRequest } from '#shared/model/run.ts';
import type { Disk, FoundBlob, NewBlob, PutBackFs } from '../../intake/index.ts';
import { KmsFaultError, type KmsRequests, type ReEncryptInput, type Sending } from '../../kms/index.ts';
import type { Semaphore } from '../../limits/semaphore.ts';
import type { RunRecord } from '../journal/run-record.ts';
import type { OutputMode } from '../output-mode.ts';
import type { RequestScheduler } from '../scheduler/request-scheduler.ts';
import type { RunInput } from '../types.ts';
import type { Attributes } from './checks/attributes.ts';
import type { DestinationKey } from './checks/destination-key.ts';
import type { VerificationRights } from './checks/permissions.ts';
import type { NewBlobChecks } from './checks/reply-checks.ts';
import type { ReplyHashes } from './checks/reply-hashes.ts';
import type { Ahead } from './in-flight.ts';
import type { ItemTracker } from './item-tracker.ts';

/** What the steps of a run say of its files: in its own process the journal's record, in another one what passes it on. */
type FileRecord = Pick<RunRecord, 'stage' | 'unstage' | 'setFile' | 'durable'>;

/** The same of its blobs. */
export type BlobTracker = Pick<
  ItemTracker,
  'get' | 'running' | 'note' | 'save' | 'end' | 'stands' | 'back' | 'fileDone'
>;

/** What the steps of one run share. */
export interface RunContext {
  readonly input: Omit<RunInput, 'files' | 'kms'>;
  readonly output: OutputMode;
  readonly tracker: BlobTracker;
  readonly record: FileRecord;
  /** Id of this process, by which temporary files are known as its own. */
  readonly owner: string;
  /** Sends all requests of the run. */
  readonly scheduler: Pick<RequestScheduler, 'send'>;
  /** Limits the blobs that are being re-encrypted, over all files. */
  readonly slots: Semaphore;
  /** Limits those together with the ones that are being verified; null: none is. */
  readonly underWay: Semaphore | null;
  /** Limits the blobs of open files that wait for that. */
  readonly ahead: Ahead;
  readonly replies: ReplyHashes;
  readonly destination: DestinationKey;
  readonly newBlobs: NewBlobChecks;
  readonly rights: VerificationRights;
  readonly attributes: Pick<Attributes, 'has' | 'refusal' | 'takeNote'>;
  readonly disk: Disk;
  /** File system calls for what is small and beside, where a test replaces them. */
  readonly fs: PutBackFs | null;
  /** The connection in use: it may be renewed during the run. */
  kms(): KmsRequests;
  /** Why nothing more is to be sent, as the fault that blobs not reached get; null while the run goes on. */
  halted(): Fault | null;
  /** An error that every other request would meet: stops the run. */
  stop(fault: Fault): void;
  /** Nothing more can be done until a person has seen to it: the journal cannot be written. */
  holdFor(fault: Fault): void;
  /** Keeps a new blob for the case that the run is cut off before its file is complete. */
  keepBlob(item: number, next: NewBlob, verified: boolean): void;
  /** A finished file of a `keep` run. */
  keep(relative: string, bytes: Uint8Array): void;
  /** For the fault-injection harness: a step of the journal was reached. */
  step(name: string): void;
}

/** Sends a request for one item. `sent`: what is recorded of it once it goes out. */
export const send = <T>(
  context: RunContext,
  item: number,
  work: (kms: KmsRequests, sending: Sending) => Promise<T>,
  sent: SentRequest | null,
): Promise<T> =>
  context.scheduler.send(work, {
    started: () => {
      if (sent !== null) context.tracker.note(item, { sent });
      context.tracker.running(item);
    },
    held: () => {
      if (sent !== null) context.tracker.note(item, { sent: null });
    },
  });

/** The request as it goes out. */
export const sentOf = (input: ReEncryptInput): SentRequest => ({
  sourceKeyId: input.sourceKeyId,
  sourceAlgorithm: input.sourceAlgorithm,
  sourceContext: sentContext(input.sourceAlgorithm, input.sourceContext),
  destinationKeyId: input.destinationKeyId,
  destinationAlgorithm: input.destinationAlgorithm,
  destinationContext: sentContext(input.destinationAlgorithm, input.destinationContext),
});

/** The fault of a KMS error, explained again with what is known here of the blob. */
export function explained(
  context: RunContext,
  error: unknown,
  input: ReEncryptInput,
  found: FoundBlob | null,
): Fault {
  if (!(error instanceof FaultError)) return faultOf(error);
  const { raw } = error.fault;
  // What STS, a proxy, the network or Rewrap itself refused is explained already, and no blob has a part in it.
  if (raw === null || (raw.by !== undefined && raw.by !== 'KMS')) return error.fault;
  const kms = context.kms();
  const situation: KmsSituation = {
    operation: 'ReEncrypt',
    region: kms.region,
    endpoint: kms.endpoint,
    profile: kindOf(kms.choice).profile(),
    principal: kms.principal ?? null,
    sourceKeyId: input.sourceKeyId,
    destinationKeyId: input.destinationKeyId,
    sourceAlgorithm: input.sourceAlgorithm,
    destinationAlgorithm: input.destinationAlgorithm,
    sourceContext: input.sourceContext,
    destinationContext: input.destinationContext,
    declaredContext: found?.declared.encryptionContext ?? null,
    declaredKeyId: found?.declared.keyArn ?? null,
    identification: found?.identification ?? null,
    blobBytes: input.blob.length,
    ...(error instanceof KmsFaultError ? known(error.situation) : {}),
  };
  return explainKms(raw.name, raw.message, raw.requestId, situation);
}

/** What only the connection knows: the operation and the side of it that failed. */
function known({ declaredContext: _, identification: __, ...situation }: KmsSituation): KmsSituation {
  return situation;
}
