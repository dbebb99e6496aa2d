import type { RunItem, RunRequest, RunSummary } from '#shared/model/run.ts';
import type { ArchiveFile, PlainPlaces } from '../intake/index.ts';
import type { Kms } from '../kms/index.ts';
import type { ResolvedOutput } from './output-mode.ts';
import type { SharedWork } from './shards/shared-work.ts';

/** Names a blob that is to be re-encrypted: where it is, and how to know that it is still the same. */
export interface BlobRef {
  readonly blobId: string;
  /** Place within the file, as `scan` names it. */
  readonly place: string;
  /** Hex SHA-256 of the ciphertext. */
  readonly sha256: string;
  /** Length of the ciphertext in bytes. */
  readonly bytes: number;
  /** Hex fingerprint of the key material; null where the blob has none. */
  readonly fingerprint: string | null;
  /** An earlier run of the same job re-encrypted it: nothing of it is left to do. */
  readonly done?: DoneBefore;
}

/** The run that re-encrypted a blob before. */
export interface DoneBefore {
  readonly runId: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** A file of a plan. Its bytes are read again at run time and must hash to `sha256`, else it is left alone. */
export interface PlanFile {
  /** Absolute path; null for pasted text, which is in `bytes`. */
  readonly path: string | null;
  /** Real path of its folder when it was read; absent: as it is when the run starts. */
  readonly folder?: string | null;
  readonly bytes: Uint8Array | null;
  /** The archive that it stands in: `bytes` are what was read of it. */
  readonly archive?: ArchiveFile;
  readonly display: string;
  /** Where it goes below an output folder. */
  readonly relative: string;
  /** Hex SHA-256 of the whole file as it was scanned. */
  readonly sha256: string;
  readonly blobs: readonly BlobRef[];
  /** Where these blobs stand, where this process found them and they are all of the file; absent: they are looked for. */
  readonly places?: PlainPlaces;
}

/** Files of a plan that are given some at a time, from the first, as often as they are asked for: a plan may be larger than memory. */
export interface PlanFiles {
  readonly totals: PlanTotals;
  /** Rejects with FaultError where the plan is not what it was. */
  lots(): AsyncIterable<readonly PlanFile[]>;
}

/** How large a plan is; `bytes`: of ciphertext, `done`: blobs that earlier runs re-encrypted. */
export interface PlanTotals {
  readonly files: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly done: number;
}

/** What a run was asked for, less what names blobs and folders. */
export type RunTerms = Omit<RunRequest, 'blobIds' | 'output'>;

/** The same terms, done by so many processes. */
export function byProcesses(request: RunTerms, processes: number): RunTerms {
  const { concurrency = null, perSecond = null } = request.pace ?? {};
  return { ...request, pace: { concurrency, perSecond, processes } };
}

/**
 * The terms as journal, ids of jobs and hashes of approvals have them: `route` is what they call the method since the
 * first version, so that each version reads and recognises what another wrote.
 */
export const storedTerms = <T extends Pick<RunRequest, 'method'>>({
  method,
  ...rest
}: T): Omit<T, 'method'> & { readonly route: RunRequest['method'] } => ({ ...rest, route: method });

/**
 * What a run does when the connection fails: ends; is held back, after some minutes of probing a network that is gone, so
 * that its caller may keep it for later; or waits for the network and for new credentials as long as it takes.
 */
export type ConnectionFailurePolicy = 'end' | 'network' | 'wait';

/** What a person approved of a run. Both are hex SHA-256. */
export interface RunApproval {
  /** Of the whole request as it was resolved, files included: as the history has it. */
  readonly hash: string;
  /** Of its terms alone: what goes on, or tries again, under the same terms needs no new approval. */
  readonly terms: string;
}

export interface RunInput {
  readonly request: RunTerms;
  readonly output: ResolvedOutput;
  readonly files: readonly PlanFile[] | PlanFiles;
  readonly kms: Kms;
  /** What the run is part of: {@link NewRun.job}. */
  readonly job?: string | null;
  readonly approval?: RunApproval | null;
  /** What the run ran against, for people: "practice KMS · us-east-1 · 111122223333". */
  readonly connection: string;
  /** The same for machines: a run goes on over a connection with the same target only. */
  readonly target: string;
  readonly failurePolicy?: ConnectionFailurePolicy;
  /** What replies of KMS named the key material of this fingerprint as. Absent: every blob is sent. */
  readonly namedMaterials?: (fingerprint: string) => readonly NamedMaterial[];
  /** Whether it is held back after the first file that it replaced, until a person goes on with it. */
  readonly holdsAfterFirst?: boolean;
  /** What new blobs must agree with. Absent: they are compared among themselves alone. */
  readonly known?: KnownKeys;
  /** What other processes do of the same files; absent: none does. */
  readonly shared?: SharedWork;
  /** By how many processes, where a person named it for this start; absent: as the request says, and no more than the host has most. */
  readonly processes?: number | undefined;
}

/** Key material that a reply of KMS named in an earlier run, or earlier in this one. */
export interface KnownMaterial {
  /** Hex fingerprint that its blobs have. */
  readonly fingerprint: string;
  readonly keyArn: string;
  /** Null where the reply did not name it: that of Encrypt does not. */
  readonly keyMaterialId: string | null;
}

/** The same with which reply that was, for people. */
export type KnownReply = KnownMaterial & { readonly evidence: string };

/** What replies of KMS said in earlier runs; a person's word is not among it. */
export interface KnownKeys {
  readonly of: (fingerprint: string) => readonly KnownReply[];
  /** Key materials of a key, and of its replicas in other Regions. */
  readonly under: (keyArn: string) => readonly KnownMaterial[];
  /** All of them, for a process that cannot ask. */
  readonly all: () => readonly KnownReply[];
}

/** A key material as a reply of KMS named it: its id, and the key that it is of. */
export interface NamedMaterial {
  readonly keyArn: string;
  readonly keyMaterialId: string;
  /** Which reply that was, for people. */
  readonly evidence: string;
}

export interface ItemsQuery {
  readonly offset: number;
  readonly limit: number;
  readonly only: 'all' | 'failed';
}

/** A run in progress or ended. */
export interface Run {
  readonly id: string;
  summary(): RunSummary;
  /** Everything that is known of each blob; null query: all of them. */
  items(query?: ItemsQuery): readonly RunItem[];
  /** Finished files of a `keep` run: name for people and bytes. */
  kept(): readonly { readonly relative: string; readonly bytes: Uint8Array }[];
  /** Whether it waits for a person to look at its first file. */
  readonly atFirstFile: boolean;
  /** From its return on no request leaves until {@link goOn}, whatever it waited for; requests under way finish. */
  pause(): void;
  goOn(): void;
  /** A connection with the same target as the run's: the run goes on over it. */
  renew(kms: Kms): void;
  /**
   * From its return on no request leaves. The run ends once those under way are answered; files not complete and proved by
   * then stay as they were.
   */
  cancel(): void;
  /** Like {@link cancel}, but the run stays unfinished, for a later start to go on with. */
  suspend(): void;
  /** Ends the requests under way of a run that was stopped: their blobs are as not reached. */
  cut(): void;
  /** Resolves when the run has ended or was suspended; never rejects. */
  readonly done: Promise<void>;
}

/** What a run needs of a blob, besides what the journal has; `item`: its number there. */
export type RunBlob = Pick<BlobRef, 'place' | 'sha256' | 'bytes'> & { readonly item: number };

/** A file of a run: it and its blobs have their numbers in the journal. */
export interface RunFile extends Omit<PlanFile, 'blobs'> {
  readonly index: number;
  readonly blobs: readonly RunBlob[];
}
