/** Bytes to sources to blobs, and back: finding, extracting, exact put-back. */

export {
  archiveEntries,
  archiveEntriesOf,
  archiveFormatAt,
  INSIDE,
  memberName,
  memberPath,
  readMember,
} from './archives/index.ts';
export { archiveOf, isLfsPointer, type Magic, magicOf } from './binary/magic.ts';
export { pendingLog, withLog, withPendingLog } from './database/log.ts';
export { isDatabaseFile } from './database/open.ts';
export {
  changedFolder,
  hardLinked,
  labelNotKept,
  ownerNotKept,
  specialBits,
  specialMode,
  specialRights,
} from './faults.ts';
export {
  displayPath,
  isBackupName,
  isTemporaryName,
  ownerOfTemporary,
  temporaryName,
} from './files/names.ts';
export { asObjectBody, INSTRUCTION, isInstruction } from './files/object-body.ts';
export { MAX_FILE_BYTES, readSource, readUnhashed, SmallFiles } from './files/read-source.ts';
export { leadsElsewhere, type RealFolders, realFolder } from './files/real-folder.ts';
export { type WalkOptions, walk, walkNow } from './files/walk.ts';
export { type FoundReference, keyReferences } from './keys/key-references.ts';
export { aliasIn } from './keys/key-written.ts';
export { ownOutput } from './keys/own-output.ts';
export { blobsAt, type PlainPlaces, plainPlaces, replacedAlone } from './plain-places.ts';
export {
  keySizeOf,
  type Neighbour,
  plaintextNeighbours,
  readableByOthers,
} from './plaintext/plaintext-siblings.ts';
export { type Carried, carriedBy, labelsOfNewFiles } from './put-back/attributes.ts';
export { replaceDatabase, restoreDatabase, settleDatabase } from './put-back/database.ts';
export { type Disk, diskHere } from './put-back/disk/disk.ts';
export { HereFirst } from './put-back/disk/here-first.ts';
export { DISK_THREAD, DISK_THREAD_OPTIONS, DiskPool } from './put-back/disk/pool.ts';
export { confirmed } from './put-back/files.ts';
export type { PutBackFs } from './put-back/fs.ts';
export { hasOtherNames } from './put-back/obstacles.ts';
export { replaceFile } from './put-back/replace-file.ts';
export { contentHash, removeLeftovers, removeWritten } from './put-back/undo.ts';
export { writeNewFile } from './put-back/write-new-file.ts';
export { databaseChanges, movedTo, rewrite, withoutPlaintext } from './rewrite.ts';
export { isBlobAlone, scan } from './scan.ts';
export {
  type RecordEntry,
  RecordFile,
  readRecord,
  recordedPath,
  recordPath,
  withRecord,
} from './sidecar.ts';
export { encode } from './text/encoding.ts';
export type {
  ArchiveFile,
  FoundBlob,
  NewBlob,
  Replacement,
  Repository,
  Scan,
  WalkedFile,
  WalkedSkip,
} from './types.ts';
