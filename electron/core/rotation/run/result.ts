import { readSource, scan } from '../../intake/index.ts';
import { stateOf } from '../journal/items.ts';
import type { Journal } from '../journal/journal.ts';
import type { FileState, JournalItemState } from '../journal/rows.ts';
import type { Run } from '../types.ts';
import { sha256 } from './item-tracker.ts';

/**
 * The new ciphertext of one blob as it stands in its file, read from there: so it is what the file has now. Null where
 * there is none, where it is raw bytes, or where somebody changed the file. `live` has the files of a run that keeps
 * them. Throws FaultError when the file cannot be read.
 */
export async function resultText(
  journal: Journal,
  no: number,
  blobId: string,
  live: Run | null,
): Promise<string | null> {
  journal.flush();
  const [row] = journal.itemRows(no, { blobId });
  if (row === undefined) return null;
  const state = stateOf(row.state as JournalItemState, row.file_state as FileState);
  if (state !== 'reencrypted') return null;
  const kept = live?.kept().find(({ relative }) => relative === row.relative)?.bytes;
  const bytes = kept ?? (typeof row.target === 'string' ? (await readSource(row.target)).bytes : null);
  if (bytes === null) return null;
  const found = scan(bytes, String(row.display)).blobs.find(({ place }) => place === row.place);
  if (found === undefined || found.encoding.charset === 'binary') return null;
  const hash = row.sha256_after;
  if (hash instanceof Uint8Array && sha256(found.bytes) !== Buffer.from(hash).toString('hex')) return null;
  return new TextDecoder(found.encoding.charset).decode(bytes.subarray(found.range.start, found.range.end));
}

/** Absolute path of the file that holds a new blob; null where there is none. */
export function resultPath(journal: Journal, no: number, blobId: string): string | null {
  journal.flush();
  const [row] = journal.itemRows(no, { blobId });
  return row !== undefined && row.file_state === 'replaced' && typeof row.target === 'string'
    ? row.target
    : null;
}
