import { FaultError, fault } from '#shared/model/fault-error.ts';
import { type TextView, writeText } from '../text/text-view.ts';
import type { FoundBlob, LinkedValue } from '../types.ts';

/** Other text for a place of an inner text, as it is written around there; null where it cannot be. */
type Expand = (text: string, at: number) => string | null;

/**
 * A text that stands inside another, as the reader of the outer one gets it: a string without its escapes, a block
 * without its indentation, a fence of a document. Keeps where each byte of it is written, so that a change inside becomes
 * a change of just those bytes of the file.
 */
export class InnerText {
  /** The inner text in UTF-8. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly #view: TextView;
  readonly #inner: readonly number[];
  readonly #outer: readonly number[];
  readonly #expand: Expand;

  constructor(view: TextView, made: InnerTextBuilder, end: number, expand: Expand) {
    this.#view = view;
    this.#inner = made.inner;
    this.#outer = made.outer;
    this.#expand = expand;
    this.start = made.outer[0] ?? end;
    this.end = end;
    this.bytes = new Uint8Array(Buffer.from(made.text(), 'latin1'));
  }

  /** Index into the outer text of the inner byte at an offset; of the offset behind the last one, the end. */
  indexOf(at: number): number {
    if (at >= this.bytes.length) return this.end;
    let low = 0;
    let high = this.#inner.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#inner[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return (this.#outer[low] ?? this.start) + at - (this.#inner[low] ?? 0);
  }

  /** Byte range of the file that an inner range is written in. */
  range({ start, end }: { readonly start: number; readonly end: number }): { start: number; end: number } {
    return { start: this.#view.byteAt(this.indexOf(start)), end: this.#view.byteAt(this.indexOf(end)) };
  }

  /** Whether nothing but the text itself stands in an inner range: no escape, no line's beginning. */
  isPlain({ start, end }: { readonly start: number; readonly end: number }): boolean {
    return this.#view.text.slice(this.indexOf(start), this.indexOf(end)) === this.#slice(start, end);
  }

  /**
   * The bytes of the file for other inner bytes at an inner range: as they are where nothing changes. Throws a FaultError
   * `CannotBeWritten` where the text around cannot hold them.
   */
  write(bytes: Uint8Array, { start, end }: { readonly start: number; readonly end: number }): Uint8Array {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const before = this.#view.text.slice(this.indexOf(start), this.indexOf(end));
    const now = text === this.#slice(start, end) ? before : this.#expand(text, start);
    if (now === null) throw cannotBeWritten();
    // Of UTF-8 the outer text has a character for each byte.
    return this.#view.charset === 'utf-8' || this.#view.charset === 'latin-1'
      ? new Uint8Array(Buffer.from(now, 'latin1'))
      : writeText(now, this.#view.charset);
  }

  /** The same blob, seen from the outer text. */
  lift(found: FoundBlob): FoundBlob {
    const { range, encoding } = found;
    return {
      ...found,
      range: this.range(range),
      encoding: { ...encoding, charset: this.#view.charset, through: (bytes) => this.#through(found, bytes) },
      linkedValues: found.linkedValues.map((one) => this.#liftLinked(one)),
      findings: found.findings.map((one) => this.liftFinding(one)),
    };
  }

  liftFinding<T extends { readonly range: { start: number; end: number } | null }>(one: T): T {
    return one.range === null ? one : { ...one, range: this.range(one.range) };
  }

  #through(found: FoundBlob, bytes: Uint8Array): Uint8Array {
    const inner = found.encoding.through === undefined ? bytes : found.encoding.through(bytes);
    return this.write(inner, found.range);
  }

  #liftLinked(one: LinkedValue): LinkedValue {
    return {
      ...one,
      range: this.range(one.range),
      ...(one.measures === undefined ? {} : { measures: this.range(one.measures) }),
      write: (next) => this.write(one.write(next), one.range),
    };
  }

  #slice(start: number, end: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start).toString('latin1');
  }
}

function cannotBeWritten(): FaultError {
  return new FaultError(
    fault(
      'CannotBeWritten',
      'The new value cannot be written where it stands, inside another text.',
      'The text around it has no way to write a character of it: a quote inside quotes, or a line ending.',
      'Take the inner text out into a file of its own, re-encrypt that, and put it back with the tool that made it.',
    ),
  );
}

/** Puts an inner text together from pieces of the outer one. */
class InnerTextBuilder {
  readonly inner: number[] = [];
  readonly outer: number[] = [];
  readonly #view: TextView;
  readonly #parts: string[] = [];
  #length = 0;
  #next = -1;

  constructor(view: TextView) {
    this.#view = view;
  }

  /** A piece that stands as it is. */
  copy(from: number, to: number): void {
    if (to <= from) return;
    if (from !== this.#next) this.#mark(from);
    this.#add(this.#view.text.slice(from, to));
    this.#next = to;
  }

  /** Text that is written otherwise at an index. */
  put(text: string, from: number): void {
    if (text === '') return;
    this.#mark(from);
    this.#add(text);
    this.#next = -1;
  }

  text(): string {
    return this.#parts.join('');
  }

  /** The inner text; null where the outer one is no UTF-8 and it holds more than ASCII. */
  finish(end: number, expand: Expand): InnerText | null {
    if (this.#length === 0) return null;
    const { charset } = this.#view;
    if (charset !== 'utf-8' && /[^\0-\x7f]/.test(this.text())) return null;
    return new InnerText(this.#view, this, end, expand);
  }

  #mark(from: number): void {
    this.inner.push(this.#length);
    this.outer.push(from);
  }

  #add(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
  }
}

/** A part of a text as it stands. */
export function slice(view: TextView, start: number, end: number): InnerText | null {
  const made = new InnerTextBuilder(view);
  made.copy(start, end);
  return made.finish(end, (text) => text);
}

/**
 * Whole lines without what stands before each: `prefixAt` gives, for the beginning of a line, how many characters of it
 * are left out, or null where the text ends.
 */
export function withoutPrefix(
  view: TextView,
  start: number,
  end: number,
  prefixAt: (line: number, lineEnd: number) => number,
): InnerText | null {
  const { text } = view;
  const made = new InnerTextBuilder(view);
  let usual = '';
  for (let line = start; line < end; ) {
    const feed = text.indexOf('\n', line);
    const next = feed === -1 || feed >= end ? end : feed + 1;
    let eol = next;
    if (text[eol - 1] === '\n') eol--;
    if (text[eol - 1] === '\r' && eol > line) eol--;
    const skipped = Math.min(prefixAt(line, eol), eol - line);
    if (skipped > usual.length || usual === '') usual = text.slice(line, line + skipped);
    made.copy(line + skipped, eol);
    // A reader gets line feeds.
    if (text[eol] === '\r') made.put('\n', eol);
    else made.copy(eol, next);
    line = next;
  }
  const crlf = text.slice(start, end).includes('\r\n');
  const inner = made.text();
  return made.finish(end, (written, at) => {
    const eol = crlf ? '\r\n' : '\n';
    const isTail = at >= inner.length && (inner === '' || inner.endsWith('\n'));
    const lines = written.split('\n');
    // Behind the last line no beginning of another stands.
    const closes = isTail && lines.at(-1) === '';
    const joined = lines.map((one, i) => (i === 0 || (closes && i === lines.length - 1) ? one : usual + one));
    return (isTail && written !== '' ? usual : '') + joined.join(eol);
  });
}

/** How an escape is read at an index: its text and its size; null for a character that stands for itself. */
export type ReadEscape = (text: string, at: number, end: number) => { text: string; size: number } | null;

/** A string with escapes. `must` says how a character is written that may not stand as it is, or null for one that may. */
export function unescaped(
  view: TextView,
  start: number,
  end: number,
  read: ReadEscape,
  must: (char: string) => string | null,
): InnerText | null {
  const { text } = view;
  const made = new InnerTextBuilder(view);
  /** Characters that are written with an escape in this text, and how. */
  const learned = new Map<string, string>();
  let plain = start;
  for (let at = start; at < end; ) {
    const written = read(text, at, end);
    if (written === null) {
      at++;
      continue;
    }
    made.copy(plain, at);
    made.put(written.text, at);
    if (written.text.length === 1) learned.set(written.text, text.slice(at, at + written.size));
    at += written.size;
    plain = at;
  }
  made.copy(plain, end);
  return made.finish(end, (next) => {
    let out = '';
    for (const char of next) {
      const known = learned.get(char) ?? must(char);
      if (known === '') return null;
      out += known ?? char;
    }
    return out;
  });
}
