import { basename, dirname } from 'node:path';
import {
  contentHash,
  type Disk,
  diskHere,
  type PutBackFs,
  type RecordEntry,
  RecordFile,
  type Replacement,
  readSource,
  recordPath,
  replaceFile,
  temporaryName,
  writeNewFile,
} from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';

/** The sidecar's content; null where every blob names its key itself. */
export function sidecarOf(ready: readonly Replacement[]): Uint8Array | null {
  const blobs = ready
    .filter(({ next }) => next.algorithm !== 'SYMMETRIC_DEFAULT')
    .map(({ found, next }) => ({
      place: found.place,
      sha256: sha256(next.bytes),
      keyArn: next.keyArn,
      algorithm: next.algorithm,
      at: next.at,
    }));
  return blobs.length === 0 ? null : asBytes(blobs);
}

function asBytes(blobs: RecordEntry[]): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ rewrap: 1, blobs }, null, 2)}\n`);
}

type Fs = { readonly fs?: PutBackFs };

export interface PlannedSidecar {
  readonly path: string;
  /** Hash of a sidecar that is this run's alone, and so may be removed again; null: it holds entries of others. */
  readonly sha256: string | null;
  /** Writes it, whole or not at all. Throws a FaultError. */
  readonly write: () => Promise<void>;
}

/**
 * What the sidecar of the file at `path` will be. It is written just before the file itself is replaced: entries are found
 * by the hash of the blob, so that one that comes too early does no harm. Entries that are there already stay.
 * `owner`: id of this process. Throws a FaultError.
 */
export async function planSidecar(
  path: string,
  content: Uint8Array,
  owner: string,
  fs: Fs,
): Promise<PlannedSidecar> {
  const record = recordPath(path);
  const there = await contentHash(record);
  if (there === null) {
    const write = async (): Promise<void> => {
      await writeNewFile({
        folder: dirname(record),
        relative: basename(record),
        bytes: content,
        mode: 0o600,
        temporary: temporaryName(owner),
        ...fs,
      });
    };
    return { path: record, sha256: sha256(content), write };
  }
  const before = await readSource(record);
  const known = RecordFile.safeParse(parsed(before.bytes));
  // A file of that name that is no sidecar is left, and the journal alone keeps the record.
  if (!known.success) return { path: record, sha256: null, write: async () => undefined };
  const fresh = RecordFile.parse(parsed(content)).blobs;
  const hashes = new Set(fresh.map((entry) => entry.sha256));
  const bytes = asBytes([...known.data.blobs.filter((entry) => !hashes.has(entry.sha256)), ...fresh]);
  const write = async (): Promise<void> => {
    if (sha256(bytes) === before.sha256) return;
    await replaceFile({
      path: record,
      bytes,
      expectedSha256: before.sha256,
      backup: false,
      temporary: temporaryName(owner),
      ...fs,
    });
  };
  return { path: record, sha256: null, write };
}

/** Removes a sidecar that this run made, unless it was changed since. Never throws. */
export async function removeSidecar(
  written: { readonly path: string | null; readonly sha256: string | null } | null,
  { fs, disk = diskHere(fs) }: Fs & { readonly disk?: Disk },
): Promise<void> {
  if (written === null || written.path === null || written.sha256 === null) return;
  await disk.removeWritten({ path: written.path, now: written.sha256 }).catch(() => undefined);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
