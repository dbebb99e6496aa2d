import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { explainOwn } from '#shared/kms/errors.ts';
import { EncryptionContext } from '#shared/model/context.ts';
import { Fault, FaultError } from '#shared/model/fault.ts';
import {
  type ItemState,
  type ReplyFacts,
  type RunItem,
  RunMethod,
  RunRequest,
  type RunSummary,
  SentRequest,
} from '#shared/model/run.ts';
import type { NewBlob } from '../../intake/index.ts';
import { outputMode, ResolvedOutput } from '../output-mode.ts';
import type { RunApproval, RunTerms } from '../types.ts';

export type RunState = 'preparing' | 'open' | 'undoing' | 'ended';
export const FileState = z.enum(['intent', 'staged', 'replaced', 'left', 'restored']);
export type FileState = z.infer<typeof FileState>;
/** Not `ItemState`: whether a new blob stands in its file is said by the file's state. */
export const JournalItemState = z.enum([
  'intent',
  'reencrypted',
  'verified',
  'already',
  'failed',
  'skipped',
  'would-succeed',
]);
export type JournalItemState = z.infer<typeof JournalItemState>;

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
  /** The sidecar that records what KMS will need, and the hash it has. */
  readonly record: string | null;
  readonly recordSha256: string | null;
  readonly note: string | null;
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

/** What is known of one blob once it was sent. `fault`: why it ended without a new blob in its file. */
export interface ItemFacts extends ReplyFacts {
  readonly state: JournalItemState;
  readonly fault: RunItem['fault'];
}

/** A new blob that an earlier part of this run got for a file that is not complete. */
export interface PendingBlob {
  readonly next: NewBlob;
  readonly verified: boolean;
  /** What is known of its item; null where that is not on record. */
  readonly facts: ItemFacts | null;
}

/** Names and hashes of a file that is about to be replaced. Hashes in hex. */
export interface StagedFile {
  readonly after: string;
  readonly target: string;
  readonly temporary: string | null;
  readonly backup: string | null;
  readonly record: string | null;
  readonly recordSha256: string | null;
}

/** What the journal records of a run when it begins. */
export interface NewRun {
  /** What the run is part of, the same for each run of it: hex SHA-256. Null: of nothing that is run again. */
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
export const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

type Row = Record<string, unknown>;

/** What a run was asked for. `tokensDeleted`: number of its grant tokens, which went when it had ended; absent: none. */
const AskedTerms = RunRequest.omit({ blobIds: true, output: true, method: true })
  .extend({ route: RunMethod, tokensDeleted: z.int().optional() })
  .transform(({ route, ...rest }) => ({ ...rest, method: route }));
type AskedTerms = RunTerms & { readonly tokensDeleted?: number };

const ApprovalColumn = z.object({ hash: z.string(), terms: z.string() });

/** What KMS said of a new blob, beside its bytes. */
const ReplyMetadata = z.object({
  keyArn: z.string(),
  sourceKeyArn: z.string().nullable(),
  algorithm: z.string(),
  sourceAlgorithm: z.string().nullable(),
  keyMaterialId: z.string().nullable(),
  sourceKeyMaterialId: z.string().nullable(),
  context: EncryptionContext.nullable(),
  at: z.string(),
  verified: z.boolean(),
});

/** A JSON column by its schema; null is null. Throws FaultError `JournalFailed` where it does not fit. */
function parsed<T>(schema: z.ZodType<T>, column: unknown): T | null {
  if (column === null || column === undefined) return null;
  try {
    return schema.parse(JSON.parse(String(column)));
  } catch (error) {
    const detail = `A record of the journal cannot be read: ${error instanceof Error ? error.message : 'no message'}`;
    throw new FaultError(explainOwn('JournalFailed', { detail }));
  }
}

function required<T>(schema: z.ZodType<T>, column: unknown): T {
  const value = parsed(schema, column);
  if (value === null)
    throw new FaultError(explainOwn('JournalFailed', { detail: 'A record of the journal is incomplete.' }));
  return value;
}

export function asRun(row: Row): RunRow {
  return {
    no: Number(row.no),
    id: String(row.id),
    job: textOrNull(row.job),
    approval: parsed(ApprovalColumn, row.approved),
    owner: String(row.owner),
    state: row.state as RunState,
    dryRun: row.dry_run === 1,
    request: required(AskedTerms, row.request) as AskedTerms,
    output: required(ResolvedOutput, row.output),
    connection: String(row.connection),
    target: String(row.target),
    startedAt: String(row.started_at),
    finishedAt: textOrNull(row.finished_at),
    total: Number(row.total),
    bytes: Number(row.bytes),
    status: row.status as RunSummary['status'],
    fault: parsed(Fault, row.fault),
    undoneAt: textOrNull(row.undone_at),
  };
}

export function asFile(row: Row): FileRow {
  return {
    index: Number(row.file),
    path: textOrNull(row.path),
    folder: textOrNull(row.folder_path),
    display: String(row.display),
    relative: String(row.relative),
    state: row.state as FileState,
    before: hex(row.sha256_before) ?? '',
    after: hex(row.sha256_after),
    target: textOrNull(row.target),
    temporary: textOrNull(row.temporary),
    backup: textOrNull(row.backup),
    record: textOrNull(row.record),
    recordSha256: hex(row.record_sha256),
    note: textOrNull(row.note),
  };
}

/** What is known of an item, from its row with the words looked up. */
export function asFacts(row: Row): ItemFacts {
  return {
    state: row.state as JournalItemState,
    sha256After: hex(row.sha256_after),
    fingerprintAfter: hex(row.fingerprint_after),
    sourceKeyArn: textOrNull(row.source_key_arn),
    destinationKeyArn: textOrNull(row.destination_key_arn),
    sourceKeyMaterialId: textOrNull(row.source_material_id),
    destinationKeyMaterialId: textOrNull(row.destination_material_id),
    requestId: textOrNull(row.request_id),
    decryptRequestId: textOrNull(row.decrypt_request_id),
    fault: parsed(Fault, row.fault),
    sent: parsed(SentRequest, row.sent_request),
    notes: parsed(z.array(z.string()), row.notes) ?? [],
  };
}

/** JSON of what is kept beside a new blob; its bytes are a column of their own. */
export const replyJson = ({ bytes: _, ...metadata }: NewBlob, verified: boolean): string =>
  JSON.stringify({ ...metadata, verified } satisfies z.infer<typeof ReplyMetadata>);

/** Null where it does not read back: the blob is then asked for again. */
export function asPending(row: Row, facts: ItemFacts | null): PendingBlob | null {
  const metadata = ReplyMetadata.safeParse(JSON.parse(String(row.said)));
  if (!metadata.success || !(row.blob instanceof Uint8Array)) return null;
  const { verified, ...rest } = metadata.data;
  return { next: { bytes: row.blob, ...rest }, verified, facts };
}

/** What people see of a blob: a new one that does not stand in its file is still on its way. */
export function stateOf(item: JournalItemState, file: FileState): ItemState {
  if (item === 'intent') return 'waiting';
  if (item !== 'reencrypted' && item !== 'verified') return item;
  if (file === 'restored') return 'restored';
  return file === 'replaced' ? 'reencrypted' : 'waiting';
}

/** A row of the journal as the record of one blob. */
export function itemOf(row: Row, output: ResolvedOutput): RunItem {
  const { sha256After, fingerprintAfter, notes, ...facts } = asFacts(row);
  const state = stateOf(facts.state, row.file_state as FileState);
  const stands = state === 'reencrypted';
  const note = textOrNull(row.note);
  return {
    ...facts,
    blobId: String(row.blob_id),
    file: String(row.display),
    place: String(row.place),
    state,
    sha256Before: hex(row.sha256_before) ?? '',
    sha256After: stands || state === 'restored' ? sha256After : null,
    fingerprintBefore: hex(row.fingerprint_before),
    fingerprintAfter: stands ? fingerprintAfter : null,
    output: stands
      ? outputMode(output).label({
          display: String(row.display),
          relative: String(row.relative),
          target: textOrNull(row.target),
        })
      : null,
    backup: stands ? textOrNull(row.backup) : null,
    record: stands ? textOrNull(row.record) : null,
    notes: note !== null && (stands || state === 'restored') ? [...notes, note] : [...notes],
  };
}
