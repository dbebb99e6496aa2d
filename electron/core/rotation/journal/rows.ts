import { randomBytes } from 'node:crypto';
import type { Fault } from '#shared/model/fault.ts';
import type { RunSummary, SentRequest } from '#shared/model/run.ts';
import type { ResolvedOutput, RunApproval, RunTerms } from '../types.ts';

export type RunState = 'preparing' | 'open' | 'undoing' | 'ended';
export type FileState = 'intent' | 'staged' | 'replaced' | 'left' | 'restored';
export type JournalItemState =
  | 'intent'
  | 'reencrypted'
  | 'verified'
  | 'already'
  | 'failed'
  | 'skipped'
  | 'would-succeed';

/** Digits of a run's id that are random: no letter that reads like a digit (Crockford's base 32). */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Name of a new run, the same on no other machine: when it was begun (UTC), by which names sort, and 50 random bits.
 * "20261129-195104-7k2m9qxc4t". Runs of older versions are called "r1", "r2", …
 */
export function newRunId(now: Date): string {
  const [day, time] = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T');
  const random = Array.from(randomBytes(10), (byte) => DIGITS[byte % DIGITS.length]).join('');
  return `${day}-${time}-${random}`;
}

/** What a run was asked for. `tokensDeleted`: number of its grant tokens, which went when it had ended; absent: none. */
export interface AskedTerms extends RunTerms {
  readonly tokensDeleted?: number;
}

/** A run as the journal has it. */
export interface RunRow {
  readonly no: number;
  readonly id: string;
  /** See {@link NewRun.job}. */
  readonly job: string | null;
  /** What a person approved of it; null: nothing of it needed that. */
  readonly approval: RunApproval | null;
  readonly owner: string;
  readonly state: RunState;
  readonly dryRun: boolean;
  readonly request: AskedTerms;
  readonly output: ResolvedOutput;
  readonly connection: string;
  readonly target: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly total: number;
  readonly bytes: number;
  readonly status: RunSummary['status'];
  readonly fault: Fault | null;
  readonly undoneAt: string | null;
}

/** A file as the journal has it. Hashes in hex. */
export interface FileRow {
  readonly index: number;
  readonly path: string | null;
  /** Real path of its folder when it was read; null where that is not on record. */
  readonly folder: string | null;
  readonly display: string;
  readonly relative: string;
  readonly state: FileState;
  readonly before: string;
  readonly after: string | null;
  /** The file that holds, or will hold, the new content. */
  readonly target: string | null;
  readonly temporary: string | null;
  readonly backup: string | null;
  /** The linked value file that records what KMS will need, and the hash it has. */
  readonly record: string | null;
  readonly recordSha256: string | null;
  readonly note: string | null;
}

/** Items that are alike in what is counted. */
export interface ItemTally {
  readonly state: JournalItemState;
  /** Not reached before the run ended. */
  readonly missed: boolean;
  /** ARN of the source key that KMS named. */
  readonly sourceKey: string | null;
  /**
   * The old blob is known to be under key material that the run is to leave: a reply of the run named its key material as
   * another than the destination's, and its file was not found changed or gone.
   */
  readonly old: boolean;
  readonly count: number;
  /** Of ciphertext. */
  readonly bytes: number;
}

/** All that is counted of a run. */
export interface Figures {
  readonly items: readonly (ItemTally & { readonly file: FileState })[];
  /** Number of files in each state. */
  readonly files: Partial<Record<FileState, number>>;
}

/** Adds items of files in this state to what is counted; `sign` -1 takes them away. */
export function addTally(
  items: Map<string, Figures['items'][number]>,
  tally: ItemTally,
  file: FileState,
  sign: 1 | -1 = 1,
): void {
  const key = `${tally.state} ${file} ${tally.sourceKey} ${tally.missed} ${tally.old}`;
  const { count = 0, bytes = 0 } = items.get(key) ?? {};
  items.set(key, { ...tally, file, count: count + sign * tally.count, bytes: bytes + sign * tally.bytes });
}

/** A key material that a reply of KMS named, with its key. */
export interface KeySeen {
  readonly fingerprint: string;
  readonly keyArn: string;
  readonly keyMaterialId: string | null;
  readonly requestId: string | null;
  readonly side: 'source' | 'destination';
  readonly decryptRequestId: string | null;
}

/** What is known of one blob once it was asked for. */
export interface ItemFacts {
  readonly state: JournalItemState;
  readonly sha256After: string | null;
  readonly fingerprintAfter: string | null;
  readonly sourceKeyArn: string | null;
  readonly destinationKeyArn: string | null;
  readonly sourceKeyMaterialId: string | null;
  readonly destinationKeyMaterialId: string | null;
  readonly requestId: string | null;
  /** Of the Decrypt, where blobs are decrypted here and encrypted there. */
  readonly decryptRequestId: string | null;
  readonly fault: Fault | null;
  /** The request that was sent for it. */
  readonly sent: SentRequest | null;
  readonly notes: readonly string[];
}

/** A new blob of a file that is not complete, what KMS said of it (JSON), and what is known of its item. */
export interface PendingBlob {
  readonly blob: Uint8Array;
  readonly said: string;
  readonly facts: ItemFacts | null;
}

export interface Staged {
  readonly after: string;
  readonly target: string;
  readonly temporary: string | null;
  readonly backup: string | null;
  readonly record: string | null;
  readonly recordSha256: string | null;
}

export interface NewRun {
  /** What the run is part of, the same for each run of it: hex SHA-256 of a plan. Null: of nothing that is run again. */
  readonly job: string | null;
  readonly approval: RunApproval | null;
  readonly dryRun: boolean;
  readonly request: RunTerms;
  readonly output: ResolvedOutput;
  readonly connection: string;
  readonly target: string;
  readonly total: number;
  readonly bytes: number;
}

/** Hashes are bytes in the tables and hex here. */
export const raw = (hex: string | null): Uint8Array | null => (hex === null ? null : Buffer.from(hex, 'hex'));
export const hex = (value: unknown): string | null =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : null;
export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

type Row = Record<string, unknown>;

export function asRun(row: Row): RunRow {
  return {
    no: Number(row.no),
    id: String(row.id),
    job: text(row.job),
    approval: row.approved === null ? null : JSON.parse(String(row.approved)),
    owner: String(row.owner),
    state: row.state as RunState,
    dryRun: row.dry_run === 1,
    request: JSON.parse(String(row.request)),
    output: JSON.parse(String(row.output)),
    connection: String(row.connection),
    target: String(row.target),
    startedAt: String(row.started_at),
    finishedAt: text(row.finished_at),
    total: Number(row.total),
    bytes: Number(row.bytes),
    status: row.status as RunSummary['status'],
    fault: row.fault === null ? null : JSON.parse(String(row.fault)),
    undoneAt: text(row.undone_at),
  };
}

export function asFile(row: Row): FileRow {
  return {
    index: Number(row.file),
    path: text(row.path),
    folder: text(row.folder_path),
    display: String(row.display),
    relative: String(row.relative),
    state: row.state as FileState,
    before: hex(row.sha256_before) ?? '',
    after: hex(row.sha256_after),
    target: text(row.target),
    temporary: text(row.temporary),
    backup: text(row.backup),
    record: text(row.record),
    recordSha256: hex(row.record_sha256),
    note: text(row.note),
  };
}

/** What is known of an item, from its row with the words looked up. */
export function asFacts(row: Row): ItemFacts {
  return {
    state: row.state as JournalItemState,
    sha256After: hex(row.sha256_after),
    fingerprintAfter: hex(row.fingerprint_after),
    sourceKeyArn: text(row.source_key_arn),
    destinationKeyArn: text(row.destination_key_arn),
    sourceKeyMaterialId: text(row.source_material_id),
    destinationKeyMaterialId: text(row.destination_material_id),
    requestId: text(row.request_id),
    decryptRequestId: text(row.decrypt_request_id),
    fault: row.fault === null ? null : JSON.parse(String(row.fault)),
    sent: typeof row.sent_request === 'string' ? JSON.parse(row.sent_request) : null,
    notes: row.notes === null ? [] : JSON.parse(String(row.notes)),
  };
}
