import { type ArchiveBudget, ArchiveProblem, closed, damaged, mib } from './limits.ts';
import type { Part } from './types.ts';

const BLOCK = 512;
/** Most bytes of a header that holds names (pax, GNU); real ones have some hundred. */
const MAX_HEADER = 1024 * 1024;

interface Entry {
  readonly name: string;
  readonly size: number;
  /** 'file' is given; names, pax and links are about entries after it; 'none' has nothing to read. */
  readonly sort: 'file' | 'long-name' | 'long-link' | 'pax' | 'pax-all' | 'none';
  readonly skip: ArchiveProblem | null;
}

/** What extended headers say of the entry that follows them. */
interface Extra {
  path?: string;
  link?: string;
  size?: number;
  sparse?: true;
}

/**
 * Reads a tar piece by piece: ustar, pax (path, size) and GNU's long names. Source: POSIX.1-2008, pax, "ustar
 * Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
 *
 * Our own, since what it must do with hostile input is most of it: bounded headers, sizes that are no numbers, and an end
 * in the middle, each said of the entry that it concerns. A push parser keeps one entry in memory.
 */
export class TarReader {
  readonly #budget: ArchiveBudget;
  /** Bytes that are not a whole block yet. */
  #rest = new Uint8Array(0);
  /** The entry that is being read, and how many bytes of content and padding are missing. */
  #entry: Entry | null = null;
  #missing = 0;
  #padding = 0;
  #content: Uint8Array | null = null;
  #filled = 0;
  #next: Extra = {};
  #all: Extra = {};
  #ended = false;
  #anything = false;

  constructor(budget: ArchiveBudget) {
    this.#budget = budget;
  }

  /** Entries that end in this piece. Throws an {@link ArchiveProblem} where the rest cannot be read. */
  *push(piece: Uint8Array): Generator<Part> {
    let at = 0;
    while (at < piece.length) {
      if (this.#entry !== null) {
        at += this.#take(piece, at);
        if (this.#missing + this.#padding > 0) return;
        const done = this.#finish();
        if (done !== null) yield done;
        continue;
      }
      const wanted = BLOCK - this.#rest.length;
      const part = piece.subarray(at, at + wanted);
      at += part.length;
      const block = this.#rest.length === 0 ? part : joined(this.#rest, part);
      if (block.length < BLOCK) {
        this.#rest = Uint8Array.from(block);
        return;
      }
      this.#rest = new Uint8Array(0);
      this.#begin(block);
      if (this.#entry !== null && this.#missing + this.#padding === 0) {
        const done = this.#finish();
        if (done !== null) yield done;
      }
    }
  }

  /** At the end of the file. Throws an {@link ArchiveProblem} where that is in the middle of something. */
  end(): void {
    if (this.#entry !== null && this.#missing > 0)
      throw damaged(`it ends in the middle of ${this.#entry.name === '' ? 'an entry' : this.#entry.name}`);
    if (this.#rest.length > 0 && !this.#ended) throw damaged('it ends in the middle of a header');
    if (!this.#anything && !this.#ended) throw damaged('it has no header');
  }

  #begin(block: Uint8Array): void {
    if (block.every((byte) => byte === 0)) {
      this.#ended = true;
      return;
    }
    const sum = octal(block, 148, 8);
    if (sum === null || (sum !== checksum(block, false) && sum !== checksum(block, true))) {
      // Bytes behind the end mark belong to no entry; before it, the rest cannot be read.
      if (this.#ended) return;
      throw damaged('a header has a wrong checksum');
    }
    this.#ended = false;
    this.#anything = true;
    const type = String.fromCharCode(block[156] ?? 0);
    const isHeader = 'xgLK'.includes(type);
    const extra: Extra = isHeader ? {} : { ...this.#all, ...this.#next };
    const size = extra.size ?? number(block, 124, 12);
    if (size === null) throw damaged('a header has no size');
    const name = extra.path ?? ustarName(block);
    if (!isHeader) this.#next = {};
    this.#budget.entry();
    const link = extra.link ?? field(block, 157, 100);
    this.#start(
      type === '1'
        ? secondName(name, link)
        : entryOf(type, name, size, extra.sparse === true, this.#budget.limits.memberBytes),
    );
  }

  #start(entry: Entry): void {
    const header = entry.sort !== 'file' && entry.sort !== 'none';
    if (header && entry.size > MAX_HEADER) throw damaged('a header is larger than any that a program writes');
    this.#entry = entry;
    // Links, folders and devices have no content, whatever size they state.
    this.#missing = entry.sort === 'none' ? 0 : entry.size;
    this.#padding = this.#missing === 0 ? 0 : (BLOCK - (entry.size % BLOCK)) % BLOCK;
    this.#content = entry.skip === null && entry.sort !== 'none' ? null : new Uint8Array(0);
    this.#filled = 0;
  }

  /** Takes content and padding; returns how many bytes. */
  #take(piece: Uint8Array, at: number): number {
    const content = Math.min(this.#missing, piece.length - at);
    if (content > 0 && this.#entry?.skip === null) {
      // The size is what the header says: memory is had as content comes, twice as much each time.
      const known = this.#content ?? new Uint8Array(Math.min(this.#entry.size, 65_536));
      const memory =
        known.length >= this.#filled + content
          ? known
          : grown(known, this.#filled + content, this.#entry.size);
      memory.set(piece.subarray(at, at + content), this.#filled);
      this.#content = memory;
      this.#filled += content;
    }
    this.#missing -= content;
    const padding = Math.min(this.#padding, piece.length - at - content);
    if (this.#missing === 0) this.#padding -= padding;
    return content + (this.#missing === 0 ? padding : 0);
  }

  #finish(): Part | null {
    const entry = this.#entry;
    const content = (this.#content ?? new Uint8Array(0)).subarray(0, this.#filled);
    this.#entry = null;
    this.#content = null;
    if (entry === null) return null;
    const { sort, name, skip } = entry;
    if (sort === 'long-name') this.#next.path ??= text(content).replace(/\0[\s\S]*$/, '');
    if (sort === 'long-link') this.#next.link ??= text(content).replace(/\0[\s\S]*$/, '');
    if (sort === 'pax') Object.assign(this.#next, paxOf(content));
    if (sort === 'pax-all') Object.assign(this.#all, paxOf(content));
    if (skip !== null) return { name, problem: skip };
    return sort === 'file' ? { name, bytes: content } : null;
  }
}

/** A hard link: of an archive of what changed, the file that it names may stand in an older one. */
const secondName = (name: string, link: string): Entry => ({
  name,
  size: 0,
  sort: 'none',
  skip: new ArchiveProblem(
    'symlink',
    `A second name of ${link} (a hard link): read under that name, if this archive holds that file.`,
  ),
});

function entryOf(type: string, name: string, size: number, sparse: boolean, most: number): Entry {
  const of = (sort: Entry['sort'], skip: ArchiveProblem | null = null): Entry => ({ name, size, sort, skip });
  switch (type) {
    case 'L':
      return of('long-name');
    case 'x':
      return of('pax');
    case 'g':
      return of('pax-all');
    case 'K':
      return of('long-link');
    case '2':
      return of('none', new ArchiveProblem('symlink', 'A symbolic link: not followed.'));
    case '3':
    case '4':
    case '6':
      return of('none', new ArchiveProblem('special', 'A device or pipe: holds no file content.'));
    // A folder; the name of the archive.
    case '5':
    case 'V':
      return of('none');
    case 'S':
      return of(
        'file',
        closed('A sparse file: its parts are not put together. Unpack it, and add the file.'),
      );
    default:
      if (name.endsWith('/') && size === 0) return of('none');
      if (sparse)
        return of(
          'file',
          closed('A sparse file: its parts are not put together. Unpack it, and add the file.'),
        );
      if (size > most)
        return of('file', new ArchiveProblem('too-large', `Larger than ${mib(most)}, and was not read.`));
      return of('file');
  }
}

function ustarName(block: Uint8Array): string {
  const name = field(block, 0, 100);
  const magic = text(block.subarray(257, 262));
  // GNU's own form has other things where ustar has the prefix.
  const prefix = magic === 'ustar' && block[262] === 0 ? field(block, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function field(block: Uint8Array, at: number, length: number): string {
  const part = block.subarray(at, at + length);
  const end = part.indexOf(0);
  return text(end < 0 ? part : part.subarray(0, end));
}

/** A size in octal, or in GNU's base 256; null where it is neither. */
function number(block: Uint8Array, at: number, length: number): number | null {
  if (((block[at] ?? 0) & 0x80) === 0) return octal(block, at, length);
  if (block[at] !== 0x80) return null;
  let value = 0;
  for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0);
  return Number.isSafeInteger(value) ? value : null;
}

function octal(block: Uint8Array, at: number, length: number): number | null {
  const digits = field(block, at, length).trim();
  if (digits === '') return 0;
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** The sum of a header's bytes, its own field as spaces; old programs summed signed bytes. */
function checksum(block: Uint8Array, signed: boolean): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : (block[i] ?? 0);
    sum += signed && byte > 127 ? byte - 256 : byte;
  }
  return sum;
}

/** Records `length key=value\n`. Throws an {@link ArchiveProblem} where they are none. */
function paxOf(content: Uint8Array): Extra {
  const extra: Extra = {};
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const digits = space < 0 || space - at > 9 ? '' : text(content.subarray(at, space));
    const end = /^\d+$/.test(digits) ? at + Number(digits) : Number.NaN;
    if (!(end > space + 1) || end > content.length) throw damaged('an extended header has a wrong length');
    const record = text(content.subarray(space + 1, end - 1));
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (key === 'linkpath') extra.link = value.replace(/\0[\s\S]*$/, '');
    if (key === 'path') extra.path = value.replace(/\0[\s\S]*$/, '');
    if (key === 'size' && /^\d{1,15}$/.test(value)) extra.size = Number(value);
    if (key.startsWith('GNU.sparse.')) extra.sparse = true;
    at = end;
  }
  return extra;
}

const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function grown(known: Uint8Array, needed: number, most: number): Uint8Array {
  const memory = new Uint8Array(Math.min(most, Math.max(needed, known.length * 2)));
  memory.set(known);
  return memory;
}
