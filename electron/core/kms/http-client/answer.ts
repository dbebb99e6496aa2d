import { headerOf, requestIdOf, UnreadableAnswer } from './refusal.ts';

/** Longest answer that is read, bytes: one of KMS has some twenty thousand at most. */
export const MAX_ANSWER = 1_000_000;
/** Longest headers, and longest lines between the pieces of an answer; bytes. The former is Node's own. */
const MAX_HEAD = 16 * 1024;
const MAX_LINE = 1024;

/** An answer as it came. */
export interface HttpAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly text: string;
}

const STATUS = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
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
  #trailer = 0;

  /** Whether any of it came. */
  get begun(): boolean {
    return this.#step !== 'head' || this.#rest.length > 0;
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
        if (size === undefined) throw broken('HPE_INVALID_CHUNK_SIZE');
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
        if (line !== '') throw broken('HPE_STRICT');
        this.#step = 'size';
        return true;
      }
      case 'trailer': {
        const line = this.#line();
        if (line === null) return false;
        this.#trailer += line.length;
        if (this.#trailer > MAX_HEAD) throw broken('HPE_HEADER_OVERFLOW');
        if (line === '') this.#step = 'whole';
        return line !== '';
      }
      case 'whole':
        return false;
    }
  }

  #head(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0 ? this.#rest.length > MAX_HEAD : end > MAX_HEAD) throw broken('HPE_HEADER_OVERFLOW');
    if (end < 0) return false;
    const lines = this.#rest.toString('latin1', 0, end).split('\r\n');
    this.#rest = this.#rest.subarray(end + 4);
    const [, minor, status] = STATUS.exec(lines[0] ?? '') ?? [];
    if (status === undefined) throw broken('HPE_INVALID_CONSTANT');
    this.#status = Number(status);
    const headers: string[] = [];
    for (let i = 1; i < lines.length; i++) {
      const [, name, value] = HEADER.exec(lines[i] ?? '') ?? [];
      if (name === undefined || value === undefined || /[\0\r\n]/.test(value))
        throw broken('HPE_INVALID_HEADER_TOKEN');
      headers.push(name, value);
    }
    // Something else will be spoken from here on, which was not asked for.
    if (this.#status === 101) throw broken('HPE_INVALID_STATUS');
    // An interim answer: the answer follows.
    if (this.#status < 200) return true;
    this.#headers = headers;
    const connection = (headerOf(headers, 'connection') ?? '').toLowerCase();
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
      if (lengths.length > 0) throw broken('HPE_UNEXPECTED_CONTENT_LENGTH');
      if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked')
        throw broken('HPE_INVALID_TRANSFER_ENCODING');
      this.#step = 'size';
    } else if (lengths.length === 0) {
      this.#left = Number.POSITIVE_INFINITY;
      this.#keeps = false;
    } else {
      const [length = ''] = lengths;
      if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) throw broken('HPE_INVALID_CONTENT_LENGTH');
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
    return this.#left === 0;
  }

  /** The next line, without its end; null where it has not come yet. */
  #line(): string | null {
    const end = this.#rest.indexOf('\r\n');
    if (end > MAX_LINE || (end < 0 && this.#rest.length > MAX_LINE))
      throw broken('HPE_CHUNK_EXTENSIONS_OVERFLOW');
    if (end < 0) return null;
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    if (/[\0\r\n]/.test(line)) throw broken('HPE_STRICT');
    return line;
  }
}

function valuesOf(headers: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]?.length === name.length && headers[i]?.toLowerCase() === name)
      values.push(headers[i + 1] ?? '');
  return values;
}

/** As Node says that what came is no HTTP. */
const broken = (code: string): Error =>
  Object.assign(new Error(`Parse Error: the answer is no HTTP/1.1 (${code}).`), { code });
