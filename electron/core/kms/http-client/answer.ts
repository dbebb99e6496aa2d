import { requestIdOf, UnreadableAnswer } from './refusal.ts';

/** Longest answer that is read, bytes: one of KMS has some twenty thousand at most. */
export const MAX_ANSWER = 1_000_000;
/** Longest headers, those of interim answers among them, and longest lines between the pieces of an answer; bytes. */
const MAX_HEAD = 16 * 1024;
const MAX_LINE = 1024;
/** Pieces that are kept one by one: a buffer takes a hundred bytes beside those it holds. */
const MAX_PARTS = 1000;

/** An answer as it came. */
export interface HttpAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly text: string;
}

/** How an answer begins: what does not, may go on for ever without the end of a line. */
const START = 'HTTP/1.';
const STATUS = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CHUNK = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?$/;
const NOTHING = Buffer.alloc(0);

/**
 * Reads one answer of HTTP/1.1 (RFC 9112), as it comes. Strict: whatever could be read in two ways is an error, after which the
 * connection is not to be used. Errors have Node's codes.
 */
export class AnswerReader {
  /** What came and is not read yet. */
  #rest: Buffer = NOTHING;
  #step: 'head' | 'body' | 'size' | 'piece' | 'end of piece' | 'trailer' | 'whole' = 'head';
  #status = 0;
  #headers: string[] = [];
  #keeps = false;
  #parts: Buffer[] = [];
  #length = 0;
  /** Bytes until the end of the body, or of the piece; Infinity: until the connection ends. */
  #left = 0;
  #heads = 0;
  #trailer = 0;
  #begun = false;

  /** Whether anything came, be it an interim answer. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether all of it came. */
  get whole(): boolean {
    return this.#step === 'whole';
  }

  /** Whether the connection may serve another request: the answer is whole, nothing came after it, and it does not forbid it. */
  get mayBeKept(): boolean {
    return this.whole && this.#keeps && this.#rest.length === 0;
  }

  /** Of an answer that is {@link whole}. */
  get answer(): HttpAnswer {
    const [first = NOTHING] = this.#parts;
    const text = (this.#parts.length < 2 ? first : Buffer.concat(this.#parts)).toString('utf8');
    return { status: this.#status, headers: this.#headers, text };
  }

  /** Takes what came. Throws what is wrong with it. */
  take(came: Buffer): void {
    this.#begun = true;
    this.#rest = this.#rest.length === 0 ? came : Buffer.concat([this.#rest, came]);
    while (this.#next());
  }

  /** The connection has ended: that may be the end of the answer. */
  ended(): void {
    if (this.#step === 'body' && this.#left === Number.POSITIVE_INFINITY) this.#step = 'whole';
  }

  /** Whether there may be more to do with what is there. */
  #next(): boolean {
    switch (this.#step) {
      case 'head':
        return this.#head();
      case 'body':
        if (!this.#content()) return false;
        this.#step = 'whole';
        return false;
      case 'size': {
        const line = this.#line();
        if (line === null) return false;
        const [, size] = CHUNK.exec(line) ?? [];
        if (size === undefined) throw noHttp('HPE_INVALID_CHUNK_SIZE');
        this.#left = Number.parseInt(size, 16);
        this.#step = this.#left === 0 ? 'trailer' : 'piece';
        return true;
      }
      case 'piece':
        if (!this.#content()) return false;
        this.#step = 'end of piece';
        return true;
      case 'end of piece': {
        const line = this.#line();
        if (line === null) return false;
        if (line !== '') throw noHttp('HPE_STRICT');
        this.#step = 'size';
        return true;
      }
      case 'trailer': {
        const line = this.#line();
        if (line === null) return false;
        this.#trailer += line.length;
        if (this.#trailer > MAX_HEAD) throw noHttp('HPE_HEADER_OVERFLOW');
        if (line === '') this.#step = 'whole';
        return line !== '';
      }
      case 'whole':
        return false;
    }
  }

  #head(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (this.#heads + (end < 0 ? this.#rest.length : end) > MAX_HEAD) throw noHttp('HPE_HEADER_OVERFLOW');
    if (end < 0) {
      const begins = START.startsWith(this.#rest.toString('latin1', 0, START.length));
      if (!begins || this.#rest.includes('\n\n')) throw noHttp('HPE_INVALID_CONSTANT');
      return false;
    }
    this.#heads += end;
    const lines = this.#rest.toString('latin1', 0, end).split('\r\n');
    this.#rest = this.#rest.subarray(end + 4);
    const [, minor, status] = STATUS.exec(lines[0] ?? '') ?? [];
    if (status === undefined) throw noHttp('HPE_INVALID_CONSTANT');
    this.#status = Number(status);
    const headers: string[] = [];
    for (let i = 1; i < lines.length; i++) {
      const line = lines[i] ?? '';
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon));
      if (!NAME.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(line)) throw noHttp('HPE_INVALID_HEADER_TOKEN');
      headers.push(name, withoutSpace(line, colon + 1));
    }
    // Something else will be spoken from here on, which was not asked for.
    if (this.#status === 101) throw noHttp('HPE_INVALID_STATUS');
    // An interim answer: the answer follows.
    if (this.#status < 200) return true;
    this.#headers = headers;
    const connection = valuesOf(headers, 'connection').join().toLowerCase();
    this.#keeps = minor === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
    this.#framed();
    return true;
  }

  /** Finds out where the body ends (RFC 9112, 6.3). */
  #framed(): void {
    const lengths = valuesOf(this.#headers, 'content-length');
    const codings = valuesOf(this.#headers, 'transfer-encoding');
    this.#step = 'body';
    if (this.#status === 204 || this.#status === 304) this.#step = 'whole';
    else if (codings.length > 0) {
      if (lengths.length > 0) throw noHttp('HPE_UNEXPECTED_CONTENT_LENGTH');
      if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked')
        throw noHttp('HPE_INVALID_TRANSFER_ENCODING');
      this.#step = 'size';
    } else if (lengths.length === 0) {
      this.#left = Number.POSITIVE_INFINITY;
      this.#keeps = false;
    } else {
      const [length = ''] = lengths;
      if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) throw noHttp('HPE_INVALID_CONTENT_LENGTH');
      this.#left = Number(length);
    }
  }

  /** Takes what there is of a body or piece; whether that is all of it. */
  #content(): boolean {
    const part = this.#rest.length <= this.#left ? this.#rest : this.#rest.subarray(0, this.#left);
    this.#rest = part.length === this.#rest.length ? NOTHING : this.#rest.subarray(part.length);
    this.#left -= part.length;
    this.#length += part.length;
    if (this.#length > MAX_ANSWER) throw new UnreadableAnswer(this.#status, requestIdOf(this.#headers));
    if (part.length > 0) this.#parts.push(part);
    if (this.#parts.length > MAX_PARTS) this.#parts = [Buffer.concat(this.#parts)];
    return this.#left === 0;
  }

  /** The next line, without its end; null where it has not come yet. */
  #line(): string | null {
    const end = this.#rest.indexOf('\r\n');
    if (end > MAX_LINE || (end < 0 && this.#rest.length > MAX_LINE))
      throw noHttp('HPE_CHUNK_EXTENSIONS_OVERFLOW');
    if (end < 0) return null;
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    if (/[\0\r\n]/.test(line)) throw noHttp('HPE_STRICT');
    return line;
  }
}

/** A line from there on, without the white space around it. In one pass: an expression may take seconds for many spaces. */
function withoutSpace(line: string, from: number): string {
  let to = line.length;
  while (from < to && isSpace(line.charCodeAt(from))) from++;
  while (to > from && isSpace(line.charCodeAt(to - 1))) to--;
  return line.slice(from, to);
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

function valuesOf(headers: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]?.length === name.length && headers[i]?.toLowerCase() === name)
      values.push(headers[i + 1] ?? '');
  return values;
}

/** As Node says that what came is no HTTP. */
export const noHttp = (code: string): Error =>
  Object.assign(new Error(`Parse Error: the answer is no HTTP/1.1 (${code}).`), { code });
