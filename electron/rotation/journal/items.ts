import type { ItemState, RunItem } from '#shared/model/run.ts';
import type { ResolvedOutput } from '../types.ts';
import type { FileState, JournalItemState } from './rows.ts';

type Row = Record<string, unknown>;

const hex = (value: unknown): string | null =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : null;
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** What people are told of a blob: a new one that does not stand in its file is still on its way. */
export function stateOf(item: JournalItemState, file: FileState): ItemState {
  if (item === 'intent') return 'waiting';
  if (item !== 'reencrypted' && item !== 'verified') return item;
  if (file === 'restored') return 'restored';
  return file === 'replaced' ? 'reencrypted' : 'waiting';
}

/** A row of the journal as the record of one blob. */
export function itemOf(row: Row, output: ResolvedOutput): RunItem {
  const state = stateOf(row.state as JournalItemState, row.file_state as FileState);
  const stands = state === 'reencrypted';
  const notes: string[] = row.notes === null ? [] : JSON.parse(String(row.notes));
  const note = text(row.note);
  return {
    blobId: String(row.blob_id),
    file: String(row.display),
    place: String(row.place),
    state,
    fault: row.fault === null ? null : JSON.parse(String(row.fault)),
    sourceKeyArn: text(row.source_key_arn),
    destinationKeyArn: text(row.destination_key_arn),
    sourceKeyMaterialId: text(row.source_material_id),
    destinationKeyMaterialId: text(row.destination_material_id),
    requestId: text(row.request_id),
    decryptRequestId: text(row.decrypt_request_id),
    sha256Before: hex(row.sha256_before) ?? '',
    sha256After: stands || state === 'restored' ? hex(row.sha256_after) : null,
    fingerprintBefore: hex(row.fingerprint_before),
    fingerprintAfter: stands ? hex(row.fingerprint_after) : null,
    output: stands ? labelOf(row, output) : null,
    backup: stands ? text(row.backup) : null,
    notes: note !== null && (stands || state === 'restored') ? [...notes, note] : notes,
  };
}

function labelOf(row: Row, output: ResolvedOutput): string {
  if (output.mode === 'in-place') return String(row.display);
  return output.mode === 'folder' ? (text(row.target) ?? '') : String(row.relative);
}
