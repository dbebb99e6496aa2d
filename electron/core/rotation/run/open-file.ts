import { lstatSync } from 'node:fs';
import { explainOwn, faultOf } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import {
  type ArchiveFile,
  blobsAt,
  changedFolder,
  type Disk,
  diskHere,
  type FoundBlob,
  hardLinked,
  hasOtherNames,
  leadsElsewhere,
  memberName,
  ownerNotKept,
  pendingLog,
  readMember,
  type Scan,
  scan,
  specialBits,
  specialMode,
} from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';
import type { BlobRef, RunFile } from '../types.ts';

/** A blob of the file as it is now, with its number in the journal. */
export interface OpenBlob {
  readonly item: number;
  readonly found: FoundBlob;
}

/** A file of the plan as it is now, known to be as it was when it was scanned. */
export interface OpenFile {
  readonly bytes: Uint8Array;
  /** Permission bits; null for pasted text. */
  readonly mode: number | null;
  readonly scan: Scan;
  /** Whether the blobs were found by their places, as files have them in which nothing else changes with a blob. */
  readonly plain: boolean;
  readonly blobs: readonly OpenBlob[];
}

export const isFault = (value: object): value is Fault => 'code' in value && 'remedy' in value;

/**
 * Reads the file again and finds its blobs in it, or where they were found in just these bytes. A fault when it changed, is gone, may not be replaced, or may hold a
 * plaintext without a name that a copy would have, too (`allowPossible`: that is allowed).
 */
export async function openFile(
  file: RunFile,
  inPlace: boolean,
  dryRun: boolean,
  allowPossible = false,
  disk: Pick<Disk, 'readSource'> = diskHere(),
): Promise<OpenFile | Fault> {
  const inArchive = file.archive !== undefined || (file.path !== null && memberName(file.path) !== null);
  if (inPlace && inArchive) return explainOwn('InArchive');
  if (inPlace && file.path === null) return explainOwn('NoFileToReplace');
  let bytes: Uint8Array;
  let hash: string;
  let mode: number | null = null;
  try {
    if (file.bytes !== null) {
      if (file.archive !== undefined && !isAsItWas(file.archive)) return explainOwn('FileChanged');
      bytes = file.bytes;
      hash = sha256(bytes);
    } else if (file.path === null) return explainOwn('SourceGone');
    else if (inArchive) ({ bytes, sha256: hash } = await readMember(file.path, file.sha256));
    else {
      const { folder } = file;
      if (inPlace && folder != null && leadsElsewhere(file.path, folder))
        return changedFolder(file.path).fault;
      const source = await disk.readSource(file.path);
      if (inPlace && source.names > 1 && (await hasOtherNames(file.path))) return hardLinked().fault;
      if (inPlace && specialBits(source.mode) !== '') return specialMode(source.mode).fault;
      if (inPlace && dryRun && !mayOwn(source)) return ownerNotKept().fault;
      ({ bytes, mode, sha256: hash } = source);
    }
  } catch (error) {
    return faultOf(error);
  }
  if (hash !== file.sha256) return explainOwn('FileChanged');
  const known = whereKnown(file, bytes, hash);
  if (known !== null) return { bytes, mode, plain: true, ...known };
  const scanned = scan(bytes, file.display);
  if (scanned.database === true && file.path !== null && pendingLog(file.path, bytes) !== null)
    return explainOwn('DatabaseLog');
  if (inPlace && scanned.plaintext.some(({ stays }) => stays !== true)) return explainOwn('PlaintextInFile');
  if (!inPlace && !dryRun && !allowPossible && (scanned.possiblePlaintext ?? []).length > 0)
    return explainOwn('PossiblePlaintextInFile');
  const byPlace = new Map(scanned.blobs.map((found) => [found.place, found]));
  const blobs: OpenBlob[] = [];
  for (const blob of file.blobs) {
    const found = byPlace.get(blob.place);
    if (found === undefined || sha256(found.bytes) !== blob.sha256) return explainOwn('FileChanged');
    blobs.push({ item: blob.item, found });
  }
  return { bytes, mode, plain: false, scan: scanned, blobs };
}

/** What a scan of these bytes found when the run was planned, where that says all that a run must know of the file. */
function whereKnown(
  { places, blobs }: RunFile,
  bytes: Uint8Array,
  hash: string,
): Pick<OpenFile, 'scan' | 'blobs'> | null {
  if (places === undefined || places.sha256 !== hash) return null;
  const found = blobsAt(bytes, places, blobs);
  if (found === null) return null;
  return {
    scan: { blobs: found, findings: [], plaintext: [] },
    blobs: found.map((one, i) => ({ item: blobs[i]?.item ?? -1, found: one })),
  };
}

/** Whether an archive is the one that was read. Throws where it is gone. */
function isAsItWas({ path, size, mtimeMs }: ArchiveFile): boolean {
  const now = lstatSync(path);
  return now.size === size && now.mtimeMs === mtimeMs;
}

/**
 * Whether a new file of ours can have this owner and group, as far as can be said without making one: Windows, root, and
 * mounts that give every file the same owner know no such limit.
 */
function mayOwn({ uid, gid }: { readonly uid: number; readonly gid: number }): boolean {
  const own = process.geteuid?.();
  if (own === undefined || own === 0) return true;
  return uid === own && (gid === process.getegid?.() || (process.getgroups?.().includes(gid) ?? false));
}

/** A found blob as a plan names it. */
export function blobRef(blobId: string, found: FoundBlob): BlobRef {
  return {
    blobId,
    place: found.place,
    sha256: sha256(found.bytes),
    bytes: found.bytes.length,
    fingerprint: found.identification.keyFingerprint,
  };
}
