import { explainOwn } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import { type FoundBlob, readSource, type Scan, scan } from '../intake/index.ts';
import { faultOf } from './faults.ts';
import { sha256 } from './ledger.ts';
import type { PlanFile } from './types.ts';

/** A file of the plan as it is now, known to be as it was when it was scanned. */
export interface OpenFile {
  readonly bytes: Uint8Array;
  /** Permission bits; null for pasted text. */
  readonly mode: number | null;
  readonly scan: Scan;
  readonly blobs: readonly { readonly blobId: string; readonly found: FoundBlob }[];
}

export const isFault = (value: object): value is Fault => 'code' in value && 'remedy' in value;

/** Reads the file again and finds its blobs in it. A fault when it changed, is gone, or may not be replaced. */
export async function openFile(file: PlanFile, inPlace: boolean): Promise<OpenFile | Fault> {
  if (inPlace && file.path === null) return explainOwn('NoFileToReplace');
  let bytes: Uint8Array;
  let hash: string;
  let mode: number | null = null;
  try {
    if (file.path === null) {
      bytes = file.bytes ?? new Uint8Array();
      hash = sha256(bytes);
    } else ({ bytes, mode, sha256: hash } = await readSource(file.path));
  } catch (error) {
    return faultOf(error);
  }
  if (hash !== file.sha256) return explainOwn('FileChanged');
  const scanned = scan(bytes, file.display);
  if (inPlace && scanned.plaintext.length > 0) return explainOwn('PlaintextInFile');
  const byPlace = new Map(scanned.blobs.map((found) => [found.place, found]));
  const blobs: { blobId: string; found: FoundBlob }[] = [];
  for (const { blobId, found } of file.blobs) {
    const now = byPlace.get(found.place);
    if (now === undefined || Buffer.compare(now.bytes, found.bytes) !== 0) return explainOwn('FileChanged');
    blobs.push({ blobId, found: now });
  }
  return { bytes, mode, scan: scanned, blobs };
}
