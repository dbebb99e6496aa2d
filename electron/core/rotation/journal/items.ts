import type { ItemState, RunItem } from '#shared/model/run.ts';
import type { ResolvedOutput } from '../types.ts';
import { asFacts, type FileState, hex, type JournalItemState, text } from './rows.ts';

type Row = Record<string, unknown>;

/** What people are told of a blob: a new one that does not stand in its file is still on its way. */
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
  const note = text(row.note);
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
    output: stands ? labelOf(row, output) : null,
    backup: stands ? text(row.backup) : null,
    notes: note !== null && (stands || state === 'restored') ? [...notes, note] : [...notes],
  };
}

function labelOf(row: Row, output: ResolvedOutput): string {
  if (output.mode === 'in-place') return String(row.display);
  return output.mode === 'folder' ? (text(row.target) ?? '') : String(row.relative);
}
