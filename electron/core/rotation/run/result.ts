import { readSource, scan } from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';
import { type FileState, type JournalItemState, stateOf } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import type { Run } from '../types.ts';

/**
 * The new ciphertext of one blob as it stands in its file now. Null where there is none, where it is raw bytes, or where
 * the file was changed since. `live` has the files of a run that keeps them. Throws FaultError when the file cannot be read.
 */
export async function resultText(
  record: RunRecord,
  blobId: string,
  live: Run | null,
): Promise<string | null> {
  record.flush();
  const [row] = record.itemRows({ blobId });
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
export function resultPath(record: RunRecord, blobId: string): string | null {
  record.flush();
  const [row] = record.itemRows({ blobId });
  return row !== undefined && row.file_state === 'replaced' && typeof row.target === 'string'
    ? row.target
    : null;
}
