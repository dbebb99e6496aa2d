/**
 * Finds the value of `Plaintext` in a reply of Decrypt as a byte range. The reply is never made a string while the
 * value is in it: a JavaScript string cannot be overwritten.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const NAME = [...'Plaintext'].map((c) => c.charCodeAt(0));

/** The reply is not the one JSON object that KMS sends. Says nothing of its contents. */
export class UnreadableReply extends SyntaxError {}

interface Token {
  /** First byte inside the quotes, and the closing quote. */
  readonly start: number;
  readonly end: number;
}

/**
 * The range inside the quotes of the only member `Plaintext` of the outermost object.
 * Throws {@link UnreadableReply} where there is none or more than one, where it is no string, or where one is deeper.
 */
export function plaintextToken(json: Uint8Array): Token {
  let depth = 0;
  let found: Token | null = null;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === OPEN || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE || byte === CLOSE_LIST) depth--;
    if (byte !== QUOTE) continue;
    const end = closingQuote(json, at + 1);
    const after = skipSpace(json, end + 1);
    if (json[after] === COLON && isName(json, at + 1, end)) {
      const value = skipSpace(json, after + 1);
      if (found !== null || depth !== 1 || json[value] !== QUOTE) throw new UnreadableReply();
      found = { start: value + 1, end: closingQuote(json, value + 1) };
      at = found.end;
    } else at = end;
  }
  if (found === null || depth !== 0) throw new UnreadableReply();
  return found;
}

/** The other members, as JSON text with an empty `Plaintext`. */
export function withoutToken(json: Uint8Array, { start, end }: Token): unknown {
  const text = new TextDecoder('utf-8', { fatal: true });
  try {
    return JSON.parse(
      text.decode(json.subarray(0, start), { stream: true }) + text.decode(json.subarray(end)),
    );
  } catch {
    // The parser's own words quote what it read.
    throw new UnreadableReply();
  }
}

/**
 * Takes the escapes of `/` out of the token (JSON may write it `\/`), in place. Returns the new end.
 * Throws {@link UnreadableReply} where the token is not base64.
 */
export function plainBase64(json: Uint8Array, { start, end }: Token): Token {
  let to = start;
  for (let at = start; at < end; at++) {
    let byte = json[at] ?? 0;
    if (byte === BACKSLASH && json[at + 1] === 0x2f) byte = json[++at] ?? 0;
    if (sextet(byte) === -1 && byte !== 0x3d) throw new UnreadableReply();
    json[to++] = byte;
  }
  json.fill(0, to, end);
  if ((to - start) % 4 !== 0) throw new UnreadableReply();
  return { start, end: to };
}

/** Decodes base64 from bytes into bytes, without a string between. Returns the number of bytes written. */
export function decodeBase64(from: Uint8Array, into: Uint8Array): number {
  let bits = 0;
  let held = 0;
  let length = 0;
  for (const byte of from) {
    const value = sextet(byte);
    if (value === -1) break;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    if (length === into.length) throw new UnreadableReply();
    into[length++] = (bits >> held) & 0xff;
  }
  return length;
}

function sextet(byte: number): number {
  if (byte >= 0x41 && byte <= 0x5a) return byte - 0x41;
  if (byte >= 0x61 && byte <= 0x7a) return byte - 0x61 + 26;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30 + 52;
  if (byte === 0x2b) return 62;
  return byte === 0x2f ? 63 : -1;
}

function closingQuote(json: Uint8Array, from: number): number {
  for (let at = from; at < json.length; at++) {
    if (json[at] === BACKSLASH) at++;
    else if (json[at] === QUOTE) return at;
  }
  throw new UnreadableReply();
}

function skipSpace(json: Uint8Array, from: number): number {
  let at = from;
  while (json[at] === 0x20 || json[at] === 0x09 || json[at] === 0x0a || json[at] === 0x0d) at++;
  return at;
}

/** A name with an escape in it could be `Plaintext` written otherwise; no KMS writes one so. */
function isName(json: Uint8Array, start: number, end: number): boolean {
  if (json.subarray(start, end).includes(BACKSLASH)) throw new UnreadableReply();
  return end - start === NAME.length && NAME.every((byte, i) => json[start + i] === byte);
}
