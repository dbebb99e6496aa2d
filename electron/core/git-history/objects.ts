import { runGit } from './run-git.ts';

/** Largest blob that is read, in bytes, as for files. */
const MAX_BYTES = 64 * 1024 * 1024;
const LINE_FEED = 0x0a;

/** A file's content in the object database. */
interface GitObject {
  /** Hex object id. */
  readonly oid: string;
  readonly bytes: Uint8Array;
}

/** What one pass over all objects came to. */
export interface ObjectCounts {
  /** File contents read. */
  blobs: number;
  /** Too large to be read. */
  tooLarge: number;
}

/**
 * Every file content in a repository, whatever reaches it, in one pass. `counts` is filled on the way. Throws the faults
 * of {@link runGit}.
 */
export async function* gitObjects(repository: string, counts: ObjectCounts): AsyncGenerator<GitObject> {
  const reader = new BatchReader();
  const args = ['cat-file', '--batch-all-objects', '--batch', '--unordered', '--buffer'];
  for await (const piece of runGit(repository, args))
    for (const { oid, type, size, bytes } of reader.push(piece)) {
      if (type !== 'blob') continue;
      if (bytes === null) counts.tooLarge++;
      else if (size > 0) {
        counts.blobs++;
        yield { oid, bytes };
      }
    }
}

/**
 * Objects by their ids, each once, with the bytes of those that are file contents of at most 64 MiB. What is not there is left
 * out. Throws the faults of {@link runGit}.
 */
export async function* objectsNamed(
  repository: string,
  oids: readonly string[],
): AsyncGenerator<{ readonly oid: string; readonly bytes: Uint8Array | null }> {
  const reader = new BatchReader();
  const input = oids.map((oid) => `${oid}\n`).join('');
  for await (const piece of runGit(repository, ['cat-file', '--batch', '--buffer'], { input }))
    for (const { oid, type, bytes } of reader.push(piece)) if (type === 'blob') yield { oid, bytes };
}

interface Read {
  readonly oid: string;
  readonly type: string;
  readonly size: number;
  /** Null where it is not kept: no file content, or too large. */
  readonly bytes: Uint8Array | null;
}

/** Reads what `git cat-file --batch` prints: a line `oid type size`, the content, a line feed. */
class BatchReader {
  #head: Buffer = Buffer.alloc(0);
  #open: { oid: string; type: string; size: number; bytes: Buffer | null; filled: number } | null = null;

  *push(piece: Buffer): Generator<Read> {
    let at = 0;
    while (at < piece.length || (this.#open !== null && this.#open.filled > this.#open.size)) {
      if (this.#open === null) {
        const end = piece.indexOf(LINE_FEED, at);
        if (end < 0) {
          this.#head = Buffer.concat([this.#head, piece.subarray(at)]);
          return;
        }
        const line = Buffer.concat([this.#head, piece.subarray(at, end)]).toString('latin1');
        this.#head = Buffer.alloc(0);
        at = end + 1;
        const [oid = '', type = '', size = ''] = line.split(' ');
        // `oid missing`: of a partial clone, which is not completed.
        if (!/^\d+$/.test(size)) continue;
        const bytes = Number(size);
        const kept = type === 'blob' && bytes <= MAX_BYTES;
        this.#open = { oid, type, size: bytes, bytes: kept ? Buffer.allocUnsafe(bytes) : null, filled: 0 };
        continue;
      }
      const open = this.#open;
      // The line feed behind the content counts as one byte of it that is not kept.
      const take = Math.min(open.size + 1 - open.filled, piece.length - at);
      open.bytes?.set(piece.subarray(at, at + Math.min(take, open.size - open.filled)), open.filled);
      open.filled += take;
      at += take;
      if (open.filled <= open.size) return;
      this.#open = null;
      yield { oid: open.oid, type: open.type, size: open.size, bytes: open.bytes };
    }
  }
}
