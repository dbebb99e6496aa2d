import { promisify } from 'node:util';
import { crc32, inflateRaw, inflateRawSync, zstdDecompress } from 'node:zlib';
import { type ArchiveBudget, ArchiveProblem, closed, damaged, mib } from './limits.ts';
import type { Bytes, Part } from './types.ts';

const inflating = promisify(inflateRaw);
const unpackingZstd = promisify(zstdDecompress);

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
/** The end record has a comment of at most 65,535 bytes behind it. */
const LONGEST_END = END_BYTES + 0xffff;
/** Largest directory of a zip that is read, in bytes: some hundred thousand files. */
const MAX_DIRECTORY = 256 * 1024 * 1024;
/** Up to this size, bytes are unpacked in one call without waiting. */
const SMALL = 256 * 1024;

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly at: number;
  readonly isLink: boolean;
  overlaps: boolean;
}

/**
 * The files of a zip, by its central directory, zip64 included. Source: PKWARE APPNOTE 6.3.10.
 *
 * Our own, around node:zlib, because what a zip may not do is most of it: entries that share bytes (how a small file
 * becomes petabytes), sizes and checksums that do not hold, an end that lies. Libraries check some of these.
 */
export async function* zipParts(source: Bytes, budget: ArchiveBudget): AsyncGenerator<Part> {
  const { directory, count, shift } = directoryOf(source);
  const entries = entriesOf(directory, count, shift, budget);
  markOverlaps(entries);
  for (const entry of entries) {
    if (entry.name.endsWith('/') && entry.size === 0) continue;
    try {
      yield { name: entry.name, bytes: await contentOf(source, entry, budget) };
    } catch (error) {
      // A limit of the whole archive ends it; what one entry has is said of it.
      if (!(error instanceof ArchiveProblem) || error.code === 'archive-limit') throw error;
      yield { name: entry.name, problem: error };
    }
  }
}

async function contentOf(source: Bytes, entry: Entry, budget: ArchiveBudget): Promise<Uint8Array> {
  const { flags, method, packed, size, at } = entry;
  const { memberBytes } = budget.limits;
  if (entry.isLink) throw new ArchiveProblem('symlink', 'A symbolic link: not followed.');
  if (entry.overlaps) throw damagedEntry('its bytes are those of another entry, too');
  if ((flags & 0x1) !== 0 || (flags & 0x2000) !== 0)
    throw closed('Encrypted with a password: not read. Unpack it, and add the file.');
  if (method !== 0 && method !== 8 && method !== 93)
    throw closed(
      `Packed by a method that Rewrap does not unpack (${method}): not read. Unpack it, and add the file.`,
    );
  if (size > memberBytes || packed > memberBytes + 65_536)
    throw new ArchiveProblem('too-large', `Larger than ${mib(memberBytes)}, and was not read.`);
  const head = new Uint8Array(source.read(at, LOCAL_BYTES));
  if (head.length < LOCAL_BYTES || view(head).getUint32(0, true) !== LOCAL)
    throw damagedEntry('it has no header');
  const from = at + LOCAL_BYTES + view(head).getUint16(26, true) + view(head).getUint16(28, true);
  const data = source.read(from, packed);
  if (data.length < packed) throw damagedEntry('it ends beyond the archive');
  const bytes = await unpacked(method, data, size);
  budget.unpacked(bytes.length);
  if (bytes.length !== size) throw damagedEntry(`it states ${size} bytes and has ${bytes.length}`);
  if (crc32(bytes) !== entry.crc) throw damagedEntry('its checksum does not hold');
  return bytes;
}

async function unpacked(method: number, data: Uint8Array, size: number): Promise<Uint8Array> {
  if (method === 0) return Uint8Array.from(data);
  // One byte more than is stated shows that there is more.
  const options = { maxOutputLength: size + 1 };
  try {
    if (method === 93) return await unpackingZstd(data, options);
    return data.length < SMALL && size < SMALL
      ? inflateRawSync(data, options)
      : await inflating(data, options);
  } catch (error) {
    if (error instanceof RangeError)
      throw damagedEntry(`it unpacks to more than the ${size} bytes that it states`);
    throw damagedEntry('it cannot be unpacked');
  }
}

const damagedEntry = (why: string): ArchiveProblem =>
  new ArchiveProblem('archive-damaged', `Damaged: ${why}. It was not read.`);

/** The central directory. `shift`: bytes that stand before the archive, as in one that unpacks itself. */
function directoryOf(source: Bytes): { directory: Uint8Array; count: number; shift: number } {
  const tailAt = Math.max(0, source.size - LONGEST_END);
  const tail = Uint8Array.from(source.read(tailAt, LONGEST_END));
  const end = findEnd(tail);
  if (end === null) throw damaged('it has no end record');
  const endAt = tailAt + end;
  const record = view(tail.subarray(end));
  if (record.getUint16(4, true) !== record.getUint16(6, true)) throw closed('One part of several: not read.');
  let count = record.getUint16(10, true);
  let size = record.getUint32(12, true);
  let offset = record.getUint32(16, true);
  let directoryEnd = endAt;
  if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
    const large = end64(source, endAt);
    if (large !== null) ({ count, size, offset, at: directoryEnd } = large);
  }
  if (size > MAX_DIRECTORY)
    throw new ArchiveProblem(
      'archive-limit',
      `Its directory is larger than ${mib(MAX_DIRECTORY)}: not read.`,
    );
  const at = directoryEnd - size;
  const shift = at - offset;
  if (at < 0 || shift < 0) throw damaged('its directory lies outside of it');
  return { directory: Uint8Array.from(source.read(at, size)), count, shift };
}

function findEnd(tail: Uint8Array): number | null {
  const all = view(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at--)
    if (
      tail[at] === 0x50 &&
      all.getUint32(at, true) === END &&
      at + END_BYTES + all.getUint16(at + 20, true) <= tail.length
    )
      return at;
  return null;
}

function end64(
  source: Bytes,
  endAt: number,
): { count: number; size: number; offset: number; at: number } | null {
  const locator = Uint8Array.from(source.read(Math.max(0, endAt - 20), 20));
  if (locator.length < 20 || view(locator).getUint32(0, true) !== LOCATOR_64) return null;
  const at = safe(view(locator).getBigUint64(8, true));
  const record = Uint8Array.from(source.read(at, 56));
  if (record.length < 56 || view(record).getUint32(0, true) !== END_64)
    throw damaged('its zip64 record is missing');
  const of = view(record);
  return {
    count: safe(of.getBigUint64(32, true)),
    size: safe(of.getBigUint64(40, true)),
    offset: safe(of.getBigUint64(48, true)),
    at,
  };
}

function entriesOf(directory: Uint8Array, count: number, shift: number, budget: ArchiveBudget): Entry[] {
  const entries: Entry[] = [];
  const all = view(directory);
  let at = 0;
  // What the directory holds counts, not what its end record says of it.
  while (at + CENTRAL_BYTES <= directory.length && all.getUint32(at, true) === CENTRAL) {
    budget.entry();
    const nameBytes = all.getUint16(at + 28, true);
    const extraBytes = all.getUint16(at + 30, true);
    const next = at + CENTRAL_BYTES + nameBytes + extraBytes + all.getUint16(at + 32, true);
    if (next > directory.length) throw damaged('its directory is cut off');
    const nameAt = at + CENTRAL_BYTES;
    const extra = directory.subarray(nameAt + nameBytes, nameAt + nameBytes + extraBytes);
    const large = sizes64(extra, {
      size: all.getUint32(at + 24, true),
      packed: all.getUint32(at + 20, true),
      at: all.getUint32(at + 42, true),
    });
    const madeOnUnix = directory[at + 5] === 3;
    entries.push({
      name: nameOf(directory.subarray(nameAt, nameAt + nameBytes)),
      flags: all.getUint16(at + 8, true),
      method: all.getUint16(at + 10, true),
      crc: all.getUint32(at + 16, true),
      packed: large.packed,
      size: large.size,
      at: large.at + shift,
      isLink: madeOnUnix && all.getUint32(at + 38, true) >>> 28 === 0xa,
      overlaps: false,
    });
    at = next;
  }
  if (entries.length === 0 && count > 0) throw damaged('its directory has no entry');
  return entries;
}

interface Sizes {
  size: number;
  packed: number;
  at: number;
}

/** Sizes of an extra field of zip64: those that do not fit stand there, in this order. */
function sizes64(extra: Uint8Array, sizes: Sizes): Sizes {
  const all = view(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = all.getUint16(at + 2, true);
    if (all.getUint16(at, true) === 0x0001 && at + 4 + length <= extra.length) {
      let from = at + 4;
      const take = (known: number): number => {
        if (known !== 0xffffffff || from + 8 > at + 4 + length) return known;
        from += 8;
        return safe(all.getBigUint64(from - 8, true));
      };
      return { size: take(sizes.size), packed: take(sizes.packed), at: take(sizes.at) };
    }
    at += 4 + length;
  }
  return sizes;
}

/** Entries that share bytes with another: no program writes such an archive. */
function markOverlaps(entries: readonly Entry[]): void {
  const sorted = [...entries].sort((a, b) => a.at - b.at);
  let reach = -1;
  let furthest: Entry | null = null;
  for (const entry of sorted) {
    if (entry.at < reach) {
      entry.overlaps = true;
      if (furthest !== null) furthest.overlaps = true;
    }
    const end = entry.at + LOCAL_BYTES + Math.max(1, entry.packed);
    if (end > reach) {
      reach = end;
      furthest = entry;
    }
  }
}

/** A name is UTF-8 in all that is written now; of older ones, each byte stands for a letter. */
function nameOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Sizes beyond 2^53 are no sizes of any file. */
const safe = (value: bigint): number =>
  value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
