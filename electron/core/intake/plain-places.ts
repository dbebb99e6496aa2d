import type { BlobContainer, Identification } from '#shared/model/blob.ts';
import { identify } from '../inspect/index.ts';
import { sha256 } from '../storage/hash.ts';
import { NONE, NOTHING_DECLARED } from './formats/format.ts';
import type { BlobEncoding, FoundBlob, Replacement, Scan } from './types.ts';

/**
 * Where the blobs of a file stand, of a file that has nothing else of which a run must know: no plaintext, nothing that
 * changes with a blob, no encoding within another, no rule of its format. What {@link scan} found in just these bytes is made
 * of it again, without looking for it.
 */
export interface PlainPlaces {
  /** Hex SHA-256 of the bytes that it is said of. */
  readonly sha256: string;
  /** How all of them are written, and in what: see {@link shapeOf}. */
  readonly shape: string;
  /** First and last byte (exclusive) of each blob in turn. */
  readonly at: readonly number[];
}

/** Members of a blob of which {@link blobsAt} knows all that they say. */
const PLAIN: ReadonlySet<string> = new Set<keyof FoundBlob>([
  'place',
  'range',
  'container',
  'encoding',
  'bytes',
  'identification',
  'declared',
  'linkedValues',
  'findings',
]);

/**
 * The same of a file in which these blobs were found, and no others: `found` are all of its scan, in the order in which
 * they are named later. Null for a file that is to be scanned.
 */
export function plainPlaces(sha256: string, scan: Scan, found: readonly FoundBlob[]): PlainPlaces | null {
  const { blobs, plaintext, possiblePlaintext = [], database = false } = scan;
  const [first] = found;
  if (first === undefined || found.length !== blobs.length) return null;
  if (database || plaintext.length + possiblePlaintext.length > 0) return null;
  const shape = shapeOf(first);
  if (shape === null || !found.every((blob) => shapeOf(blob) === shape && isPlain(blob))) return null;
  return { sha256, shape, at: found.flatMap(({ range: { start, end } }) => [start, end]) };
}

/** The blobs of a file with these bytes, by their places and hashes; null where one is not what was said of it. */
export function blobsAt(
  bytes: Uint8Array,
  { shape, at }: PlainPlaces,
  blobs: readonly { readonly place: string; readonly sha256: string }[],
): FoundBlob[] | null {
  const [container, name, hexCase, padded] = shape.split(' ');
  if (at.length !== 2 * blobs.length || !isEncoding(name)) return null;
  const encoding = encodingOf(name, hexCase === 'upper' ? 'upper' : 'lower', padded === 'padded');
  const buffer = bufferOf(bytes);
  const found: FoundBlob[] = [];
  for (const [i, { place, sha256: expected }] of blobs.entries()) {
    const [start = 0, end = 0] = [at[2 * i], at[2 * i + 1]];
    const decoded = new Uint8Array(Buffer.from(buffer.toString('latin1', start, end), name));
    if (sha256(decoded) !== expected) return null;
    found.push({
      place,
      range: { start, end },
      container: container as BlobContainer,
      encoding,
      bytes: decoded,
      identification: identify(decoded),
      declared: NOTHING_DECLARED,
      linkedValues: NONE,
      findings: [],
    });
  }
  return found;
}

/**
 * Whether `after` is `before` with new blobs in the place of these alone, each in the same writing and as long, and apart from
 * what stands beside it: of another length, its end could be read as that of something else. `blobs`: of a file of which
 * {@link blobsAt} knew them.
 */
export function replacedAlone(before: Uint8Array, after: Uint8Array, blobs: readonly Replacement[]): boolean {
  const [old, now] = [bufferOf(before), bufferOf(after)];
  const changed = blobs
    .filter(({ found, next }) => Buffer.compare(found.bytes, next.bytes) !== 0)
    .sort((a, b) => a.found.range.start - b.found.range.start);
  let at = 0;
  for (const { found, next } of changed) {
    const { start, end } = found.range;
    const text = written(found.encoding, next.bytes);
    if (text?.length !== end - start || start < at || isLetter(old[start - 1]) || goesOn(old[end]))
      return false;
    if (now.compare(old, at, start, at, start) !== 0) return false;
    if (now.toString('latin1', start, end) !== text) return false;
    at = end;
  }
  return now.length === old.length && now.compare(old, at, old.length, at) === 0;
}

/** These bytes as text, by Node; null where that writes it otherwise. */
function written({ name, hexCase, padded }: BlobEncoding, bytes: Uint8Array): string | null {
  if (!isEncoding(name)) return null;
  const text = bufferOf(bytes).toString(name);
  if (name === 'hex') return hexCase === 'upper' ? text.toUpperCase() : text;
  const bare = text.replace(/=+$/, '');
  return padded ? bare.padEnd(Math.ceil(bare.length / 4) * 4, '=') : bare;
}

/** Whether a byte before a blob could be read as one more letter of it. */
const isLetter = (byte: number | undefined): boolean =>
  byte !== undefined && /[A-Za-z0-9+/_\\-]/.test(String.fromCharCode(byte));

/** The same of the byte behind it. */
const goesOn = (byte: number | undefined): boolean => byte === 0x3d || isLetter(byte);

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Null for a writing that takes more to describe. */
function shapeOf({ container, encoding }: FoundBlob): string | null {
  const { name, charset, hexCase, padded, breaks, inner, ...more } = encoding;
  const isSimple = isEncoding(name) && charset === 'utf-8' && breaks.length === 0 && inner === null;
  if (!isSimple || Object.keys(more).length > 0) return null;
  return `${container} ${name} ${hexCase} ${padded ? 'padded' : 'bare'}`;
}

const isEncoding = (name = ''): name is 'base64' | 'base64url' | 'hex' =>
  name === 'base64' || name === 'base64url' || name === 'hex';

const encodings = new Map<string, BlobEncoding>();

function encodingOf(
  name: 'base64' | 'base64url' | 'hex',
  hexCase: BlobEncoding['hexCase'],
  padded: boolean,
): BlobEncoding {
  const key = `${name} ${hexCase} ${padded}`;
  const known = encodings.get(key) ?? {
    name,
    charset: 'utf-8',
    hexCase,
    padded,
    breaks: [],
    inner: null,
  };
  encodings.set(key, known);
  return known;
}

function isPlain(found: FoundBlob): boolean {
  for (const name in found) if (!PLAIN.has(name)) return false;
  const { declared, linkedValues, identification, bytes } = found;
  const { keyArn, encryptionContext, createdAt, algorithm } = declared;
  if (linkedValues.length > 0) return false;
  if (keyArn !== null || encryptionContext !== null || createdAt !== null || algorithm !== null) return false;
  // Files beside it may have said more of it.
  return sameFacts(identification, identify(bytes));
}

function sameFacts(a: Identification, b: Identification): boolean {
  const names = Object.keys(a) as (keyof Identification)[];
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
