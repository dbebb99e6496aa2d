import type { BlobContainer, BlobKind } from '#shared/model/blob.ts';
import { looksLikeText } from '../../../inspect/index.ts';
import { letterRuns } from '../../beginnings.ts';
import { type Leaf, positionOf, type Structure } from '../../structure/index.ts';
import { BINARY, decodeText } from '../../text/encoding.ts';
import { type TextView, writeText } from '../../text/text-view.ts';
import type { BlobEncoding, FoundBlob } from '../../types.ts';
import { NOTHING_DECLARED } from '../format.ts';
import { writingFindings } from '../text.ts';

/**
 * Ids and ARNs of keys in base64, which ciphertext of emulators begins with: a UUID (the dash behind its eight letters), `mrk-`, an ARN
 * behind its length; and the headers that cloudemu and fakecloud write before them.
 */
const EMULATOR =
  '(?:[MNOYZ][A-Za-z0-9]{3}){2}[MNOYZ][A-Za-z0-9]{2}t[MNOYZ]|bXJrL[TW]|[A-Za-z0-9+/]{2}Fybjphd3M6a21z|AS[QR][A-Za-z0-9+/][0-9A-Za-z]{4}|AAAAAQAAAAAAAA';
/**
 * How values begin that are ciphertext of another tool: HashiCorp Vault, age, OpenPGP, Ansible Vault, OpenSSL, Spring
 * Cloud Config, JWE, Google Cloud KMS and emulators of KMS in base64. A text with none of them is not looked through.
 */
const SIGNS = String.raw`vault:v\d|-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)|\$ANSIBLE_VAULT;|U2FsdGVkX1|\{cipher\}`;
const OTHERS = new RegExp(`${SIGNS}|\\beyJ[\\w-]{8}|CiQA`);
const EMULATED = new RegExp(`^(?:${EMULATOR})[A-Za-z0-9+/_-]{60}`);
/** Letters that are enough for {@link EMULATED}; and the fewest that it takes. */
const EMULATED_LETTERS = 80;
const FEWEST_LETTERS = 64;

/** Whether a text may hold ciphertext of another tool. Emulators' begins a run of letters: only those are looked at. */
export function mayHoldOther(text: string): boolean {
  if (OTHERS.test(text)) return true;
  for (const { start } of letterRuns(text, FEWEST_LETTERS))
    if (EMULATED.test(text.slice(start, start + EMULATED_LETTERS))) return true;
  return false;
}

const BEGINS = new RegExp(`^\\s*["'\`]?(?:${SIGNS}|eyJ[\\w-]{8}|CiQA|${EMULATOR})`);
/** Ciphertext of other tools. Certificates, keys and the like in values are no ciphertext, and not listed there. */
const LISTED: ReadonlySet<BlobKind> = new Set<BlobKind>([
  'age',
  'openpgp',
  'vault-transit',
  'gcp-kms',
  'spring-cloud-config',
  'openssl-salted',
  'ansible-vault',
  'jwe',
  'emulator',
]);

/** Most values listed of one file. */
const MOST = 10_000;
/** Longest value looked at, in characters. */
const MAX_CHARACTERS = 1_048_576;

/** Values that are ciphertext of another tool, named as what they are, so that no one takes them for KMS's. */
export function lookValues({ leaves, syntax }: Structure, wanted: (leaf: Leaf) => boolean): FoundBlob[] {
  const found: FoundBlob[] = [];
  for (const leaf of leaves) {
    if (leaf.style === 'template') continue;
    const size = leaf.end - leaf.start;
    if (size < 16 || size > MAX_CHARACTERS || found.length >= MOST) continue;
    if (!BEGINS.test(leaf.view.text.slice(leaf.start, leaf.start + 64)) || !wanted(leaf)) continue;
    const blob = lookValue(leaf, syntax);
    if (blob !== null) found.push(blob);
  }
  return found;
}

function lookValue(leaf: Leaf, container: BlobContainer): FoundBlob | null {
  const { view, place } = leaf;
  const around = {
    place,
    range: { start: view.byteAt(leaf.start), end: view.byteAt(leaf.end) },
    container,
    declared: NOTHING_DECLARED,
    linkedValues: [],
    findings: [],
  };
  const value = leaf.value();
  // All of these are ASCII; other text is none of them, and its bytes would not be those of the file.
  if (/[^ -~\s]/.test(value)) return null;
  const said = looksLikeText(value);
  if (said !== null) {
    if (!LISTED.has(said.kind)) return null;
    const bytes = new Uint8Array(Buffer.from(value));
    return { ...around, encoding: asItStands(leaf, bytes), bytes, identification: said };
  }
  const decoded = decodeText(leaf.raw, {
    charset: view.charset,
    escaped: leaf.rules.escaped,
    takeUnknown: true,
  });
  // Three bytes name Google's; anything as short as a few words may begin so.
  if (decoded === null || !LISTED.has(decoded.identification.kind) || decoded.bytes.length < 40) return null;
  return {
    ...around,
    encoding: decoded.encoding,
    bytes: decoded.bytes,
    identification: decoded.identification,
    findings: writingFindings(decoded),
  };
}

/** Ciphertext of emulators of KMS that is no whole value: in a log, a script, a document. */
export function emulatorTokens(view: TextView): FoundBlob[] {
  const found: FoundBlob[] = [];
  for (const { 0: letters, index } of view.text.matchAll(EMULATOR_TOKEN)) {
    const decoded = decodeText(letters, { charset: view.charset, escaped: false, takeUnknown: true });
    if (decoded?.identification.kind !== 'emulator') continue;
    const { line, column } = positionOf(view, index);
    found.push({
      place: `line ${line}, column ${column}`,
      range: { start: view.byteAt(index), end: view.byteAt(index + letters.length) },
      container: 'text',
      declared: NOTHING_DECLARED,
      linkedValues: [],
      encoding: decoded.encoding,
      bytes: decoded.bytes,
      identification: decoded.identification,
      findings: writingFindings(decoded),
    });
    if (found.length >= MOST) break;
  }
  return found;
}

const EMULATOR_TOKEN = new RegExp(
  `(?<![A-Za-z0-9+/_-])(?:${EMULATOR})[A-Za-z0-9+/_-]{60,8192}={0,2}(?![A-Za-z0-9+/_=-])`,
  'g',
);

/** The value is the ciphertext, as text. KMS never makes another for it, so that nothing else is ever put there. */
function asItStands({ view, start, end }: Leaf, read: Uint8Array): BlobEncoding {
  return {
    ...BINARY,
    through: (bytes) => {
      const isSame = Buffer.compare(bytes, read) === 0;
      return writeText(isSame ? view.read(start, end) : Buffer.from(bytes).toString(), view.charset);
    },
  };
}
