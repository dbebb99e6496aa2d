import type { BlobContainer } from '#shared/model/blob.ts';
import type { Group, Leaf } from '../../structure/index.ts';
import { type DecodedText, decodeText } from '../../text/encoding.ts';
import { ADDED_SOURCE, STRING_JOINT_SOURCE } from '../../text/joints.ts';
import { trimmed } from '../../text/strip-whitespace.ts';
import { writeText } from '../../text/text-view.ts';
import type { FoundBlob, LinkedValue, NewBlob } from '../../types.ts';
import { NONE, NOTHING_DECLARED } from '../format.ts';
import { writingFindings } from '../text.ts';

/** Shortest value that is tried, in characters: no blob of any layout is so short in any encoding. */
const MIN_CHARACTERS = 64;
/** Longest, in characters: wrapped, twice encoded blobs are shorter; only Encryption SDK messages are longer. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

/** Names under which random bytes of an RSA size are believed to be ciphertext. */
export const TELLING_NAME = /cipher|encrypt|blob|kms/i;

/** What stands behind a piece of a string, in sources that look like settings. */
const PIECES: Partial<Record<BlobContainer, RegExp>> = {
  hcl: new RegExp(STRING_JOINT_SOURCE, 'y'),
  toml: new RegExp(STRING_JOINT_SOURCE, 'y'),
  dotenv: new RegExp(ADDED_SOURCE, 'y'),
  ini: new RegExp(ADDED_SOURCE, 'y'),
};

/**
 * The blob that a value is, written as text. Random base64 of an RSA size is taken only where its name says that it is
 * ciphertext: elsewhere it is far more often a signature, a key or a digest list, and nothing in the bytes can tell.
 * Likewise what only begins like a blob. Null when the value is no blob.
 */
export function leafBlob(leaf: Leaf, container: BlobContainer): FoundBlob | null {
  if (leaf.style === 'template') return null;
  if (leaf.end - leaf.start < MIN_CHARACTERS || leaf.end - leaf.start > MAX_CHARACTERS) return null;
  const { view } = leaf;
  // A source that looks like settings: what stands here is a piece of a string that goes on.
  const goesOn = PIECES[container];
  if (goesOn !== undefined) {
    goesOn.lastIndex = leaf.end;
    if (goesOn.test(view.text)) return null;
  }
  const [start, end] = trimmed(view.text, leaf.start, leaf.end, leaf.rules.escaped);
  if (!/^[A-Za-z0-9+/_\\-]{1,32}/.test(view.text.slice(start, start + 32))) return null;
  const decoded = decodeText(view.text.slice(start, end), {
    charset: view.charset,
    escaped: leaf.rules.escaped,
    takeUnknown: false,
  });
  if (decoded === null || !isBelieved(decoded, leaf)) return null;
  return foundAt(leaf, start, end, container, decoded);
}

function isBelieved({ identification, bytes }: DecodedText, leaf: Leaf): boolean {
  switch (identification.kind) {
    case 'kms-symmetric':
    case 'encryption-sdk-message':
      return true;
    case 'kms-like':
      return isHeader(bytes) || TELLING_NAME.test(nearestName(leaf));
    case 'kms-asymmetric-candidate':
      return TELLING_NAME.test(nearestName(leaf));
    default:
      return false;
  }
}

/** The header of a blob: of layouts v1 and v2, or of a v0 wrapper around one. */
function isHeader(bytes: Uint8Array): boolean {
  if (bytes[3] === 0x00 && bytes[4] === 0x78) return true;
  const inner = (bytes[35] ?? 0) < 0x80 ? 36 : 37;
  return bytes[0] === 0x0a && bytes[34] === 0x12 && bytes[inner] === 0x01 && bytes[inner + 1] === 0x01;
}

/** The name of a value, or of the list it stands in. */
function nearestName(leaf: Leaf): string {
  let at: Leaf | Group | null = leaf;
  while (at !== null && typeof at.key === 'number') at = at.parent;
  return at === null ? '' : String(at.key);
}

/** A blob found at `[start, end)` of a leaf. */
export function foundAt(
  leaf: Leaf,
  start: number,
  end: number,
  container: BlobContainer,
  decoded: DecodedText,
): FoundBlob {
  const { view } = leaf;
  return {
    place: leaf.place,
    range: { start: view.byteAt(start), end: view.byteAt(end) },
    container,
    encoding: decoded.encoding,
    bytes: decoded.bytes,
    identification: decoded.identification,
    declared: NOTHING_DECLARED,
    linkedValues: NONE,
    findings: writingFindings(decoded),
  };
}

/** A linked value that is a whole value. `value` gives null to leave it as it stands. */
export function leafLinkedValue(
  leaf: Leaf,
  value: (next: NewBlob) => string | null,
  name: string = leaf.place,
): LinkedValue {
  const { view } = leaf;
  return {
    name,
    range: { start: view.byteAt(leaf.start), end: view.byteAt(leaf.end) },
    write: (next) => {
      const text = value(next);
      // The same value stays as it is written.
      const same = text === null || text === leaf.value();
      return writeText(same ? view.read(leaf.start, leaf.end) : leaf.write(text), view.charset);
    },
  };
}
