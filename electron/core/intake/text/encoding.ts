import type { Identification } from '#shared/model/blob.ts';
import { identify } from '../../inspect/index.ts';
import { writeBytewise } from '../bytewise/index.ts';
import type { BlobEncoding } from '../types.ts';
import { base32 } from './base32.ts';
import { isSpace, stripWhitespace, trimmed } from './strip-whitespace.ts';
import { writeText } from './text-view.ts';

/** Bytes as they stand in the file. */
export const BINARY: BlobEncoding = {
  name: 'binary',
  charset: 'binary',
  hexCase: 'lower',
  padded: true,
  breaks: [],
  inner: null,
};

/** A blob read from text, and how it was written. */
export interface DecodedText {
  readonly bytes: Uint8Array;
  readonly identification: Identification;
  readonly encoding: BlobEncoding;
  /**
   * True when the writing cannot be described exactly (stray bits in the last base64 character, hex of mixed case):
   * another blob is then written in the regular form, and the same blob is left as it stands.
   */
  readonly irregular: boolean;
}

interface DecodeOptions {
  readonly charset: BlobEncoding['charset'];
  /** Whether the text is the inside of a JSON string, with its escapes. */
  readonly escaped: boolean;
  /** Whether to take what decodes but is of no known kind (a member that is named to be a blob). */
  readonly takeUnknown: boolean;
}

/**
 * Reads text, without white space around it, as hex, base64, base64url or base64 of one of these. Null when it is
 * none, or when what it decodes to is of no known kind.
 */
export function decodeText(raw: string, options: DecodeOptions): DecodedText | null {
  const { charset, escaped, takeUnknown } = options;
  const picked = stripWhitespace(raw, escaped);
  if (picked === null) return null;
  const { compact } = picked;
  const around = {
    charset,
    breaks: picked.breaks,
    ...(picked.escapes === null ? {} : { escapes: picked.escapes }),
  };
  const readings = readingsOf(compact);
  for (const reading of readings) {
    const identification = identify(reading.bytes);
    const inner = identification.kind === 'unknown' ? readInner(reading) : null;
    if (inner === null && !isPlausible(reading, identification, compact)) continue;
    const encoding: BlobEncoding =
      inner === null
        ? common({
            ...around,
            name: reading.name,
            hexCase: reading.hexCase,
            padded: reading.padded,
            inner: null,
          })
        : {
            ...around,
            name: 'base64-base64',
            hexCase: 'lower',
            padded: reading.padded,
            inner: inner.encoding,
          };
    return finish(raw, encoding, inner?.bytes ?? reading.bytes, inner?.identification ?? identification);
  }
  const first = readings.find((reading) => reading.name !== 'hex') ?? readings[0];
  if (!takeUnknown || first === undefined || first.bytes.length === 0) return null;
  const { name, hexCase, padded, bytes } = first;
  return finish(raw, { ...around, name, hexCase, padded, inner: null }, bytes, identify(bytes));
}

const COMMON = new Map<string, BlobEncoding>();

/** Most blobs of a large list are written alike: they share what says so. */
function common(encoding: BlobEncoding): BlobEncoding {
  const { name, charset, hexCase, padded, breaks, escapes } = encoding;
  if (breaks.length > 0 || escapes !== undefined) return encoding;
  const key = `${name} ${charset} ${hexCase} ${padded}`;
  const known = COMMON.get(key) ?? encoding;
  COMMON.set(key, known);
  return known;
}

function finish(
  raw: string,
  encoding: BlobEncoding,
  bytes: Uint8Array,
  identification: Identification,
): DecodedText {
  return { bytes, identification, encoding, irregular: textOf(encoding, bytes) !== raw };
}

/**
 * Writes a blob as another was written. `encode(encoding, blob)` of the blob that was read gives back the bytes that
 * were read, unless its writing was irregular (see {@link DecodedText}).
 */
export function encode(encoding: BlobEncoding, blob: Uint8Array): Uint8Array {
  if (encoding.through !== undefined) {
    const { through, ...inner } = encoding;
    return through(encode({ ...inner, charset: encoding.name === 'binary' ? 'binary' : 'utf-8' }, blob));
  }
  if (encoding.name === 'binary') return blob;
  if (encoding.bytewise) return writeText(writeBytewise(encoding.bytewise, blob), encoding.charset);
  return writeText(textOf(encoding, blob), encoding.charset);
}

function textOf(encoding: BlobEncoding, blob: Uint8Array): string {
  const plain = plainText(encoding, blob);
  const escapes = encoding.escapes;
  const escaped = (text: string): string =>
    escapes === undefined ? text : text.replaceAll(/[^A-Za-z0-9]/g, (char) => escapes[char] ?? char);
  let text = encoding.lead ?? '';
  let from = 0;
  const put = (at: number, between: string): void => {
    text += escaped(plain.slice(from, at)) + between;
    from = at;
  };
  const { breaks } = encoding;
  for (const { at, text: between } of breaks) if (at < plain.length) put(at, between);
  const last = breaks.at(-1);
  const interval = breaks[0]?.at ?? 0;
  if (last !== undefined && last.text !== '' && interval > 0)
    for (let at = last.at + interval; at < plain.length; at += interval) put(at, last.text);
  return text + escaped(plain.slice(from)) + (encoding.trail ?? '');
}

function plainText(encoding: BlobEncoding, blob: Uint8Array): string {
  const buffer = Buffer.from(blob.buffer, blob.byteOffset, blob.length);
  if (encoding.name === 'hex') {
    const hex = buffer.toString('hex');
    return encoding.hexCase === 'upper' ? hex.toUpperCase() : hex;
  }
  if (encoding.name === 'base32') {
    const text = encoding.padded ? base32(buffer) : base32(buffer).replace(/=+$/, '');
    return encoding.hexCase === 'upper' ? text : text.toLowerCase();
  }
  if (encoding.name === 'base64-base64' && encoding.inner !== null) {
    const inner = encode({ ...encoding.inner, charset: 'utf-8' }, blob);
    return base64(Buffer.from(inner), 'base64', encoding.padded);
  }
  return base64(buffer, encoding.name === 'base64url' ? 'base64url' : 'base64', encoding.padded);
}

function base64(buffer: Buffer, alphabet: 'base64' | 'base64url', padded: boolean): string {
  const text = buffer.toString(alphabet);
  if (alphabet === 'base64url') return padded ? text.padEnd(Math.ceil(text.length / 4) * 4, '=') : text;
  return padded ? text : text.replace(/=+$/, '');
}

interface Reading {
  readonly name: 'hex' | 'base64' | 'base64url';
  readonly hexCase: 'lower' | 'upper';
  readonly padded: boolean;
  readonly bytes: Uint8Array;
}

/**
 * Ways to read the characters. Where they show no letter of either base64 alphabet that differs, unpadded text of
 * a length that asks for padding is taken for base64url, everything else for base64.
 */
function readingsOf(compact: string): Reading[] {
  const readings: Reading[] = [];
  if (compact.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(compact))
    readings.push({
      name: 'hex',
      hexCase: /[A-F]/.test(compact) ? 'upper' : 'lower',
      padded: true,
      bytes: fresh(Buffer.from(compact, 'hex')),
    });
  const equals = compact.indexOf('=');
  const body = equals === -1 ? compact.length : equals;
  if (compact.length - body > 2 || (equals !== -1 && compact.length % 4 !== 0) || body % 4 === 1)
    return readings;
  const standard = /^[A-Za-z0-9+/]+={0,2}$/.test(compact);
  if (!standard && !/^[A-Za-z0-9_-]+={0,2}$/.test(compact)) return readings;
  const wantsPadding = body % 4 !== 0;
  const url = !standard || (wantsPadding && equals === -1 && !/[+/]/.test(compact));
  readings.push({
    name: url ? 'base64url' : 'base64',
    hexCase: 'lower',
    padded: wantsPadding ? equals !== -1 : !url,
    bytes: fresh(Buffer.from(compact, url ? 'base64url' : 'base64')),
  });
  return readings;
}

/** A copy that keeps no shared pool alive. */
function fresh(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}

/** base64 of base64 (or hex): white space and quotes around the inner text are kept as they are. */
function readInner(reading: Reading): DecodedText | null {
  if (reading.name === 'hex' || reading.bytes.length < 4) return null;
  const { bytes } = reading;
  for (let i = 0; i < Math.min(bytes.length, 16); i++) if (!isEncodedText(bytes[i] ?? 0)) return null;
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const [start, end] = trimmed(raw, 0, raw.length, false);
  const readings = stripWhitespace(raw.slice(start, end), false);
  if (readings === null) return null;
  for (const inner of readingsOf(readings.compact)) {
    const identification = identify(inner.bytes);
    if (!isPlausible(inner, identification, readings.compact)) continue;
    const { name, hexCase, padded } = inner;
    const encoding: BlobEncoding = {
      name,
      charset: 'utf-8',
      hexCase,
      padded,
      breaks: readings.breaks,
      inner: null,
      ...(start > 0 ? { lead: raw.slice(0, start) } : {}),
      ...(end < raw.length ? { trail: raw.slice(end) } : {}),
    };
    return finish(raw, encoding, inner.bytes, identification);
  }
  return null;
}

function isEncodedText(byte: number): boolean {
  return isSpace(byte) || (byte > 0x20 && byte < 0x7f);
}

/**
 * Whether a text is to be believed an encoded blob. Any text of the right letters decodes to something; a structure
 * is proof, random bytes of an RSA size are taken, and two bytes that merely begin like a blob are not.
 */
function isPlausible(reading: Reading, { kind }: Identification, compact: string): boolean {
  const { bytes, name } = reading;
  switch (kind) {
    case 'kms-symmetric':
    case 'encryption-sdk-message':
      return true;
    case 'kms-asymmetric-candidate':
      return name === 'hex' || !/^[0-9a-fA-F]+$/.test(compact);
    case 'kms-like':
      if (bytes[3] === 0x00 && bytes[4] === 0x78) return true;
      if (name === 'hex' && /^[0-9]+$/.test(compact)) return false;
      return bytes.length >= 32 && (bytes[0] === 0x01 || bytes[34] === 0x12);
    default:
      return false;
  }
}
