import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import { randomness } from '../../inspect/index.ts';

/** What is known of a file of a folder, without its content. */
export interface Neighbour {
  /** Path for people; names are compared within one folder. */
  readonly file: string;
  /** Permission bits; null where they are not known. */
  readonly mode: number | null;
  /** Plaintext lengths, in bytes, of the blobs found in it; null for a blob that does not tell. */
  readonly blobPlaintextBytes: readonly (number | null)[];
  /** What {@link keySizeOf} said of its bytes. */
  readonly keyBytes: number | null;
}

interface NeighbourFinding {
  /** The file that holds the plaintext. */
  readonly file: string;
  /** The file with the blob that the plaintext belongs to. */
  readonly beside: string;
  readonly finding: Finding;
}

/** Sizes of symmetric data keys, in bytes. */
const KEY_SIZES: readonly number[] = [16, 24, 32, 64];
/** Longest file that may be a key in hex or base64, with white space around it, in bytes. */
const LONGEST_KEY_FILE = 200;

/**
 * Size, in bytes, of the key that a file may be: 16, 24, 32 or 64 random bytes, raw, in base64 or in hex. Null for
 * anything else. Only the size leaves this function.
 */
export function keySizeOf(bytes: Uint8Array): number | null {
  if (bytes.length < 16 || bytes.length > LONGEST_KEY_FILE) return null;
  if (KEY_SIZES.includes(bytes.length) && isKey(bytes)) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    // 32 or 64 letters of hex are a key of half that size.
    if (!/^[0-9a-fA-F]+$/.test(text)) return bytes.length;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').trim();
  if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text)) return sizeOfKey(Buffer.from(text, 'hex'));
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return null;
  return sizeOfKey(Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64'));
}

function sizeOfKey(decoded: Uint8Array): number | null {
  const size = KEY_SIZES.includes(decoded.length) && isKey(decoded) ? decoded.length : null;
  decoded.fill(0);
  return size;
}

/** Random by every test, and not all of it text: a password of 32 letters is no key. */
function isKey(bytes: Uint8Array): boolean {
  return randomness(bytes).failed === null && bytes.some((byte) => byte < 0x20 || byte > 0x7e);
}

/** Endings and words that people give to one of a pair: `x.key` beside `x.key.enc`, `key.plain` beside `key.encrypted`. */
const PAIR_WORDS =
  /(?:^|[._-])(?:enc|encrypted|cipher|ciphertext|ciphertextblob|kms|blob|wrapped|plain|plaintext|decrypted|dec|clear|cleartext|raw|key|datakey|data[-_]key|dek|secret|bin|b64|base64|hex|txt|dat)(?=$|[._-])/gi;

/** Names that speak of plaintext by themselves. */
const PLAIN_WORDS = /(?:^|[._-])(?:plain|plaintext|decrypted|clear|cleartext|unencrypted)(?:$|[._-])/i;

/**
 * Files of one folder that are a data key in clear beside the blob that protects it: as long as the blob's plaintext,
 * and named as its pair. Pure, linear in the files, and blind to their content. A file that others may read (mode &
 * 0o044) is said to be so.
 */
export function plaintextNeighbours(files: readonly Neighbour[]): NeighbourFinding[] {
  const blobs = new Map<string, { file: string; sizes: Set<number> }[]>();
  for (const { file, blobPlaintextBytes } of files) {
    const sizes = new Set(blobPlaintextBytes.filter((size) => size !== null));
    if (sizes.size === 0) continue;
    const [folder, name] = split(file);
    for (const place of [`${folder}\0${stem(name)}`, `${folder}\0*`])
      blobs.set(place, [...(blobs.get(place) ?? []), { file, sizes }].slice(0, MOST_PER_NAME));
  }
  const found: NeighbourFinding[] = [];
  for (const { file, mode, keyBytes, blobPlaintextBytes } of files) {
    if (keyBytes === null || blobPlaintextBytes.length > 0) continue;
    const [folder, name] = split(file);
    const paired = blobs.get(`${folder}\0${stem(name)}`) ?? [];
    const others = PLAIN_WORDS.test(name) ? (blobs.get(`${folder}\0*`) ?? []) : [];
    const beside = [...paired, ...others].find((one) => one.sizes.has(keyBytes));
    if (beside !== undefined)
      found.push({ file, beside: beside.file, finding: plaintextKey(beside.file, keyBytes, mode) });
  }
  return found;
}

/** Blobs remembered under one name of a folder; one is enough to tell of. */
const MOST_PER_NAME = 32;

function split(file: string): [folder: string, name: string] {
  const at = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\'));
  return [file.slice(0, at + 1), file.slice(at + 1)];
}

/** A name without the words that tell a plaintext from its ciphertext; may be empty. */
function stem(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(PAIR_WORDS, '')
    .replaceAll(/^[._-]+|[._-]+$/g, '');
}

function plaintextKey(beside: string, size: number, mode: number | null): Finding {
  const shared = othersMayRead(mode);
  return finding('plaintext-key-beside-blob', {
    evidence: [
      `The file is random data of exactly the length that ${beside} protects, and is named as its pair.`,
      ...(shared ? ['Others on this machine may read it.'] : []),
    ],
    values: { size },
  });
}

/** Whether group or others may read a file of this mode. Windows reports such bits for every file: not to be used there. */
function othersMayRead(mode: number | null): boolean {
  return mode !== null && process.platform !== 'win32' && (mode & 0o044) !== 0;
}

/** The finding for a file that holds a plaintext and that others may read; null where they may not. */
export function readableByOthers(mode: number | null): Finding | null {
  if (mode === null || !othersMayRead(mode)) return null;
  return finding('readable-by-others', {
    evidence: [`Its permissions are ${(mode & 0o777).toString(8).padStart(3, '0')}.`],
  });
}
