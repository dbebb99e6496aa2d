import { closeSync, readSync } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type ArchiveFormat, magicOf } from '../binary/magic.ts';
import { openRegular } from '../files/read-source.ts';
import {
  ARCHIVE_LIMITS,
  ArchiveBudget,
  type ArchiveLimits,
  ArchiveProblem,
  closed,
  damaged,
  mib,
} from './limits.ts';
import { TarReader } from './tar.ts';
import { type Bytes, inMemory, type Part } from './types.ts';
import { zipParts } from './zip.ts';

/** A file in an archive, or why it is not read. */
type ArchiveEntry = { readonly names: readonly string[] } & (
  | { readonly bytes: Uint8Array }
  | { readonly problem: ArchiveProblem }
);

const CHUNK = 256 * 1024;
const HEAD = 512;

/** How an archive's file begins: the format that Rewrap opens it by; null where it is none. Throws as {@link openRegular}. */
export function archiveFormatAt(path: string): ArchiveFormat | 'closed' | null {
  const { fd } = openRegular(path);
  try {
    const head = new Uint8Array(HEAD);
    return magicOf(head.subarray(0, readSync(fd, head, 0, HEAD, 0)))?.archive ?? null;
  } finally {
    closeSync(fd);
  }
}

/**
 * The files of an archive, and of the archives in it, one after the other; what cannot be read is said and passed over.
 * The file is read as a stream, and one entry is in memory at a time (a few, where archives lie in one another). Throws
 * the faults of {@link openRegular} alone.
 *
 * `names`: where an entry lies, outermost archive first; empty: the archive itself.
 */
export async function* archiveEntries(
  path: string,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): AsyncGenerator<ArchiveEntry> {
  const { fd, stats } = openRegular(path);
  try {
    const budget = new ArchiveBudget(limits);
    const source = fromFile(fd, stats.size);
    const format = magicOf(source.read(0, HEAD))?.archive;
    if (format === undefined) return;
    // A zip is read from its end: what is read twice counts once.
    if (format === 'zip') budget.packed(stats.size);
    yield* inside(source, format, baseName(path), budget, 1, (bytes) => {
      if (format !== 'zip') budget.packed(bytes);
    });
  } finally {
    closeSync(fd);
  }
}

/** The same of an archive that is in memory: `name` is what a single compressed file in it is called by. */
export async function* archiveEntriesOf(
  bytes: Uint8Array,
  name: string,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): AsyncGenerator<ArchiveEntry> {
  const format = magicOf(bytes.subarray(0, HEAD))?.archive;
  if (format === undefined) return;
  const budget = new ArchiveBudget(limits);
  if (format === 'zip') budget.packed(bytes.length);
  yield* inside(inMemory(bytes), format, name, budget, 1, (taken) => {
    if (format !== 'zip') budget.packed(taken);
  });
}

async function* inside(
  source: Bytes,
  format: ArchiveFormat | 'closed',
  name: string,
  budget: ArchiveBudget,
  depth: number,
  taken: (bytes: number) => void,
): AsyncGenerator<ArchiveEntry> {
  try {
    if (format === 'closed')
      throw closed('Packed in a format that Rewrap does not open: not read. Unpack it, and add the folder.');
    if (depth > budget.limits.depth)
      throw new ArchiveProblem(
        'archive-limit',
        `Lies more than ${budget.limits.depth} archives deep: not opened. Unpack it, and add the folder.`,
      );
    for await (const part of partsOf(source, format, name, budget, taken)) {
      const shown = part.name;
      if ('problem' in part) {
        yield { names: shown === '' ? [] : [shown], problem: part.problem };
        continue;
      }
      const inner = magicOf(part.bytes)?.archive;
      if (inner === undefined || inner === 'closed') {
        yield { names: [shown], bytes: part.bytes };
        if (inner === 'closed') yield { names: [shown], problem: closed(SEARCHED) };
        continue;
      }
      for await (const entry of inside(inMemory(part.bytes), inner, shown, budget, depth + 1, () => {}))
        yield { ...entry, names: [shown, ...entry.names] };
    }
  } catch (error) {
    if (!(error instanceof ArchiveProblem)) throw error;
    // A limit is one of the outermost archive, and ends all of it.
    if (depth > 1 && error.code === 'archive-limit' && !error.message.startsWith('Lies')) throw error;
    yield { names: [], problem: error };
  }
}

const SEARCHED =
  'Packed in a format that Rewrap does not open: its bytes were searched as they are, and what is compressed in it was not. Unpack it, and add the folder.';

function partsOf(
  source: Bytes,
  format: ArchiveFormat,
  name: string,
  budget: ArchiveBudget,
  taken: (bytes: number) => void,
): AsyncIterable<Part> {
  if (format === 'zip') return zipParts(source, budget);
  const packed = pieces(source, taken);
  if (format === 'tar') return tarParts(counted(packed, budget), budget);
  return packedParts(unpacked(packed, format), format, name, budget);
}

/** What a compressed file holds: a tar, or one file. */
async function* packedParts(
  stream: AsyncIterable<Uint8Array>,
  format: 'gzip' | 'zstd',
  name: string,
  budget: ArchiveBudget,
): AsyncGenerator<Part> {
  const content = counted(stream, budget)[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  let done = false;
  while (length < HEAD && !done) {
    const next = await content.next();
    if (next.done) done = true;
    else {
      first.push(next.value);
      length += next.value.length;
    }
  }
  const rest = again(first, content);
  if (magicOf(Buffer.concat(first))?.archive === 'tar') {
    yield* tarParts(rest, budget);
    return;
  }
  budget.entry();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of rest) {
    size += piece.length;
    if (size > budget.limits.memberBytes) {
      yield {
        name: unpackedName(name, format),
        problem: new ArchiveProblem(
          'too-large',
          `Larger than ${mib(budget.limits.memberBytes)} when unpacked, and was not read.`,
        ),
      };
      return;
    }
    parts.push(piece);
  }
  yield { name: unpackedName(name, format), bytes: Buffer.concat(parts) };
}

async function* tarParts(stream: AsyncIterable<Uint8Array>, budget: ArchiveBudget): AsyncGenerator<Part> {
  const tar = new TarReader(budget);
  for await (const piece of stream) yield* tar.push(piece);
  tar.end();
}

async function* counted(
  stream: AsyncIterable<Uint8Array>,
  budget: ArchiveBudget,
): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    budget.unpacked(piece.length);
    yield piece;
  }
}

async function* again(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** Unpacks a stream. Stops with its reader: a bomb is not unpacked any further. */
async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  format: 'gzip' | 'zstd',
): AsyncGenerator<Uint8Array> {
  const unpacking: Transform = format === 'gzip' ? createGunzip() : createZstdDecompress();
  const source = Readable.from(packed, { objectMode: false, highWaterMark: CHUNK });
  source.on('error', (error) => unpacking.destroy(error));
  source.pipe(unpacking);
  try {
    for await (const piece of unpacking) yield piece as Uint8Array;
  } catch (error) {
    if (error instanceof ArchiveProblem) throw error;
    throw damaged('its compressed data ends early or is wrong');
  } finally {
    source.destroy();
    unpacking.destroy();
  }
}

async function* pieces(source: Bytes, taken: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; ) {
    const piece = source.read(at, CHUNK);
    if (piece.length === 0) return;
    at += piece.length;
    taken(piece.length);
    // What is read next may have the same memory.
    yield Uint8Array.from(piece);
  }
}

function fromFile(fd: number, size: number): Bytes {
  let memory = new Uint8Array(CHUNK);
  return {
    size,
    read(at, length) {
      const wanted = Math.max(0, Math.min(length, size - at));
      if (memory.length < wanted) memory = new Uint8Array(wanted);
      return memory.subarray(0, wanted === 0 ? 0 : readSync(fd, memory, 0, wanted, at));
    },
  };
}

/** `app.env.gz` unpacks to `app.env`. */
function unpackedName(name: string, format: 'gzip' | 'zstd'): string {
  const base = baseName(name);
  const stem = base.replace(format === 'gzip' ? /\.gz$/i : /\.zst$/i, '');
  return stem === base || stem === '' ? 'content' : stem;
}

const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
