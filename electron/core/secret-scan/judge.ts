import { createHash } from 'node:crypto';
import type { FoundBlob, Scan } from '../intake/index.ts';
import type { ScanResult } from './report.ts';

/** What was found of a result. */
export interface JudgedResult {
  readonly result: ScanResult;
  /** `ciphertext`: its secret is wholly inside KMS blobs; `other`: it is not; `unknown`: it could not be looked at. */
  readonly verdict: 'ciphertext' | 'other' | 'unknown';
  /** Why, as a sentence. */
  readonly why: string;
  /** The blob it stands in: its kind, and the hex SHA-256 of its bytes. Null but for ciphertext. */
  readonly blob: { readonly label: string; readonly sha256: string } | null;
}

type Answer = Omit<JudgedResult, 'result'>;

/** Encodings in which nothing but a blob stands between its first and its last character. */
const PLAIN_ENCODINGS: ReadonlySet<string> = new Set(['base64', 'base64url', 'hex', 'base64-base64']);
/** Ciphertext is random: a run of text of this length comes up once in a million blobs of the largest size. */
const TEXT_RUN = 20;
/** Bytes of a ciphertext beyond those of its plaintext: 11 that KMS puts before it, and 16 of the tag. */
const OVERHEAD = 27;
/** What a rule matches before a secret: a name, and what assigns to it. */
const LABEL =
  /^["'`]?[\w.\-/$@ \t]{0,80}["'`\])]?\s{0,20}(?:=>|:=|\?=|\|\||=|:|>|,|\()?\s{0,20}[\\"'`=]{0,5}$/;
/** What it matches behind. */
const END = /^[\s"'`;,)\]}\\nr]{0,10}$/;
/** Bytes searched for one file at most: many results in one long line would never come to an end. */
const MOST_SEARCHED = 4 * 2 ** 30;

/**
 * Judges the results of one file by its bytes and what a scan found in them. The proof is the structure of the blob: header,
 * key fingerprint, nested lengths and algorithm of a whole symmetric KMS blob, and no text where its ciphertext stands. Nothing is
 * decrypted. Columns are not used: a fingerprint speaks of the whole line, so that each place of the text in it must hold.
 */
export function judgeResults(bytes: Uint8Array, scan: Scan, results: readonly ScanResult[]): JudgedResult[] {
  const file = new JudgedFile(bytes, scan);
  return results.map((result) => ({ result, ...file.judge(result) }));
}

class JudgedFile {
  readonly #bytes: Buffer;
  readonly #blobs: readonly FoundBlob[];
  readonly #clear: readonly { readonly start: number; readonly end: number }[];
  readonly #lines: number[] = [0];
  readonly #proofs = new Map<FoundBlob, string | null>();
  readonly #sums = new Map<FoundBlob, string>();
  #left = MOST_SEARCHED;

  constructor(bytes: Uint8Array, scan: Scan) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#blobs = scan.blobs
      .filter(({ cell }) => cell === undefined)
      .toSorted((a, b) => a.range.start - b.range.start);
    this.#clear = [...scan.plaintext, ...(scan.possiblePlaintext ?? [])];
    for (let at = this.#bytes.indexOf(0x0a); at >= 0; at = this.#bytes.indexOf(0x0a, at + 1))
      this.#lines.push(at + 1);
  }

  judge({ match, secret, startLine, endLine }: ScanResult): Answer {
    if (secret === '' || /^(?:.*\.\.\.|REDACTED)$/s.test(secret))
      return unknown('The report hides the secret: make it without --redact.');
    const start = this.#lines[startLine - 1];
    if (startLine < 1 || start === undefined) return unknown('The file has no such line: it was changed.');
    const end = this.#lines[Math.max(startLine, endLine)] ?? this.#bytes.length;
    const whole = Buffer.from(match ?? secret);
    const wanted = Buffer.from(secret);
    let found: FoundBlob | null = null;
    for (const at of this.#places(whole, start, end)) {
      const inside = [...this.#places(wanted, at, at + whole.length)];
      if (inside.length === 0) return unknown('The secret stands there in another encoding.');
      for (const place of inside) {
        const answer = this.#judgePlace(at, at + whole.length, place, place + wanted.length);
        if ('verdict' in answer) return answer;
        found = answer;
      }
    }
    if (this.#left < 0) return unknown('Too many results stand in one line.');
    if (found === null) return unknown('Its text does not stand in that line: the file was changed.');
    const { label } = found.identification;
    return {
      verdict: 'ciphertext',
      why: `Wholly inside a blob: ${label}.`,
      blob: { label, sha256: this.#sumOf(found) },
    };
  }

  /** The blob that a place is wholly in, or why it is not. */
  #judgePlace(start: number, end: number, from: number, to: number): FoundBlob | Answer {
    if (this.#clear.some((range) => range.start < end && start < range.end))
      return other('It overlaps a value that is, or may be, plaintext.');
    const blob = this.#blobAt(from);
    if (blob === null) return other('It is not inside a blob.');
    if (to > blob.range.end) return other('It reaches beyond the blob.');
    const problem = this.#proofOf(blob);
    if (problem !== null) return other(problem);
    const before = this.#bytes.toString('latin1', start, Math.max(start, Math.min(blob.range.start, from)));
    const after = this.#bytes.toString('latin1', Math.min(end, Math.max(blob.range.end, to)), end);
    if (!LABEL.test(before) || !END.test(after)) return other('More than a name and the blob was matched.');
    return blob;
  }

  *#places(wanted: Buffer, start: number, end: number): Generator<number> {
    const range = this.#bytes.subarray(start, end);
    for (let at = range.indexOf(wanted); at >= 0; at = range.indexOf(wanted, at + 1)) {
      yield start + at;
      if (this.#left < 0) return;
    }
    this.#left -= range.length;
  }

  /** The last blob that begins at or before a place, if it reaches beyond it. */
  #blobAt(place: number): FoundBlob | null {
    let low = 0;
    let high = this.#blobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#blobs[middle]?.range.start ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    const blob = this.#blobs[low - 1];
    return blob !== undefined && place < blob.range.end ? blob : null;
  }

  /** Why a blob is not proven to be ciphertext and nothing else; null: it is. */
  #proofOf(blob: FoundBlob): string | null {
    const known = this.#proofs.get(blob);
    if (known !== undefined) return known;
    const problem = problemOf(blob);
    this.#proofs.set(blob, problem);
    return problem;
  }

  #sumOf(blob: FoundBlob): string {
    const known = this.#sums.get(blob) ?? createHash('sha256').update(blob.bytes).digest('hex');
    this.#sums.set(blob, known);
    return known;
  }
}

function problemOf({ bytes, encoding, identification, within }: FoundBlob): string | null {
  const { kind, producedBy, plaintextBytes, reencryptable, label } = identification;
  if (kind !== 'kms-symmetric') return `It is inside “${label}”, which its bytes alone do not prove.`;
  if (producedBy === null || plaintextBytes === null || !reencryptable)
    return 'It is inside a blob that has an unknown part.';
  if (within !== undefined || !isBlobAlone(encoding)) return 'The blob stands in a value with more in it.';
  if (hasText(bytes) || !looksRandom(bytes.subarray(bytes.length - plaintextBytes - OVERHEAD)))
    return 'Text stands where the blob has its ciphertext.';
  return null;
}

const isBlobAlone = ({ name, inner, lead, trail }: FoundBlob['encoding']): boolean =>
  PLAIN_ENCODINGS.has(name) &&
  (lead ?? '').trim() === '' &&
  (trail ?? '').trim() === '' &&
  (inner === null || isBlobAlone(inner));

function hasText(bytes: Uint8Array): boolean {
  let run = 0;
  for (const byte of bytes) {
    run = byte >= 0x20 && byte < 0x7f ? run + 1 : 0;
    if (run >= TEXT_RUN) return true;
  }
  return false;
}

/** Nothing of a ciphertext is as regular as text of two bytes a character, lines of text, or padding: by six deviations. */
function looksRandom(ciphertext: Uint8Array): boolean {
  let printable = 0;
  let equal = 0;
  for (const [i, byte] of ciphertext.entries()) {
    if (byte >= 0x20 && byte < 0x7f) printable += 1;
    // Text of two bytes a character has every other byte alike.
    if (i >= 2 && byte === ciphertext[i - 2]) equal += 1;
  }
  const n = ciphertext.length;
  const most = (share: number): number => n * share + 6 * Math.sqrt(n * share * (1 - share)) + 2;
  return printable <= most(95 / 256) && equal <= most(1 / 256);
}

const other = (why: string): Answer => ({ verdict: 'other', why, blob: null });
export const unknown = (why: string): Answer => ({ verdict: 'unknown', why, blob: null });
