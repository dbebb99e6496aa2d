import { finding } from '#shared/finding.ts';
import { REMEDY_IN_CLEAR } from '#shared/findings.ts';
import type { ByteRange, Finding } from '#shared/model/blob.ts';
import { hasLetterRun, letterRuns } from '../beginnings.ts';
import { embeddedBlobs } from '../formats/embedded.ts';
import { nested } from '../formats/envelopes/shared.ts';
import { openInput } from '../formats/format.ts';
import { type Leaf, positionOf, readStructure, type Structure } from '../structure/index.ts';
import { BINARY, type DecodedText, decodeText } from '../text/encoding.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob, Scan } from '../types.ts';
import { inOrder } from '../without-overlaps.ts';
import type { Unpacker } from './compressed.ts';
import type { ReadInner } from './nested.ts';

/** Letters of a line of base64, or of one piece of it, at least. */
const LINE_LETTERS = 40;
const IS_LETTER = /^[A-Za-z0-9+/_-]/;
/** The next line of a wrapped text. */
const NEXT_LINE = /(?:\r?\n|\\n)[ \t]{0,80}([A-Za-z0-9+/_-]+={0,2})(?=\s|\\n|["'`<]|$)/y;
const LEAST_LETTERS = 180;
const MOST_LETTERS = 16 * 1024 * 1024;
/** What may be inside, in base64 of a text or of bytes: blobs in base64, raw, in hex; messages; base64 once more. */
const BLOB_LETTERS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes of a blob are what is looked for.
  /AQ[EI][A-D]AH[g-j]|Ci[A-D][A-Za-z0-9+/]{28}|A\0Q\0[EI]\0|010[12]0[1-9]0078|AYA[A-D]|Ag[RV]4|\x01[\x01\x02][\x01-\x09]\x00x|[A-Za-z0-9+/_-]{180}/;
/** How a blob begins by itself. */
const IS_BLOB = /^(?:AQ[EI][A-D]AH|Ci[A-D]|AYA[A-D]|Ag[RV]4|QVF[FJ]|Q2l[B-E])/;

/**
 * Blobs inside values that are base64 themselves: of a text, which is read as any text (a file in a Kubernetes Secret, user
 * data), or of another program's bytes, which are named and never written.
 */
export function withEncoded(
  view: TextView,
  name: string,
  found: Scan,
  read: ReadInner,
  unpacker: Unpacker,
): Scan {
  if (!hasLetterRun(view.text, LINE_LETTERS)) return found;
  const taken = inOrder(found.blobs.map(({ range }) => range));
  const blobs: FoundBlob[] = [];
  const findings: Finding[] = [];
  const plaintext: ByteRange[] = [];
  const possible: ByteRange[] = [...(found.possiblePlaintext ?? [])];
  let structure: Structure | null | undefined;
  let nextTaken = 0;
  let nextLeaf = 0;
  // With a place of its own for each text: inner ones are read meanwhile.
  let done = 0;
  for (const run of letterRuns(view.text, LINE_LETTERS)) {
    const { start } = run;
    const padding = /^={0,2}/.exec(view.text.slice(run.end, run.end + 2))?.[0].length ?? 0;
    if (start < done || IS_BLOB.test(view.text.slice(start, start + 8))) continue;
    if (padding > 0 && IS_LETTER.test(view.text[run.end + padding] ?? '')) continue;
    let end = runEnd(view.text, start, run.end + padding);
    let letters = view.text.slice(start, end);
    done = end;
    if (letters.length < LEAST_LETTERS || letters.length > MOST_LETTERS) continue;
    const first = view.byteAt(start);
    while ((taken[nextTaken]?.end ?? Number.POSITIVE_INFINITY) <= first) nextTaken++;
    if ((taken[nextTaken]?.start ?? Number.POSITIVE_INFINITY) < view.byteAt(end)) continue;
    let decoded = decodedRun(view, letters);
    if (decoded === null) continue;
    let packed = unpacker.unpacked(decoded.bytes);
    if (packed.isDamaged) {
      // Its last line may be one that looks like a word.
      const longer = runEnd(view.text, start, run.end + padding, true);
      const whole = decodedRun(view, view.text.slice(start, longer));
      const again = whole === null ? packed : unpacker.unpacked(whole.bytes);
      if (whole !== null && again.bytes !== null)
        [end, letters, decoded, packed, done] = [
          longer,
          view.text.slice(start, longer),
          whole,
          again,
          longer,
        ];
    }
    const { bytes } = decoded;
    const range = { start: view.byteAt(start), end: view.byteAt(end) };
    if (packed.unread !== null) {
      const { line } = positionOf(view, start);
      findings.push(notRead(line, packed.unread, range));
      continue;
    }
    if (
      packed.bytes === null &&
      !BLOB_LETTERS.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'))
    )
      continue;
    structure ??= readStructure(view, name);
    const leaves: readonly Leaf[] = structure?.leaves ?? [];
    while ((leaves[nextLeaf]?.outerEnd ?? Number.POSITIVE_INFINITY) <= start) nextLeaf++;
    const leaf = leaves[nextLeaf];
    const inLeaf = leaf !== undefined && leaf.outerStart <= start && end <= leaf.outerEnd ? leaf : null;
    const place = placeOf(view, inLeaf, start, end);
    const key = String(inLeaf?.key ?? '');
    const outer = { bytes, encoding: decoded.encoding, range };
    const inner =
      packed.bytes === null
        ? insideOf(bytes, key, read, foreignAround(view, start, end, bytes))
        : insideCompressed(bytes, packed.bytes, key, read);
    findings.push(...inner.findings.filter(({ code }) => code === 'nested-not-read'));
    blobs.push(...inner.blobs.map((one) => nested(outer, place, one)));
    if (inner.plaintext.length > 0) {
      plaintext.push(range);
      findings.push(inClear(place, range));
    } else if ((inner.possiblePlaintext ?? []).length > 0) {
      possible.push(range);
      findings.push(...inner.findings.flatMap((one) => (one.code === POSSIBLE ? [{ ...one, range }] : [])));
    }
  }
  if (blobs.length + findings.length === 0) return found;
  return {
    ...found,
    blobs: [...found.blobs, ...blobs].sort((a, b) => a.range.start - b.range.start),
    findings: [...found.findings, ...findings],
    plaintext: [...found.plaintext, ...plaintext].sort((a, b) => a.start - b.start),
    ...(possible.length === 0 ? {} : { possiblePlaintext: possible }),
  };
}

/** A run of letters as bytes; null for hex, and for what is base64 twice. */
function decodedRun({ charset }: TextView, letters: string): DecodedText | null {
  const decoded = decodeText(letters, { charset, escaped: letters.includes('\\'), takeUnknown: true });
  return decoded === null || decoded.encoding.inner !== null || decoded.encoding.name === 'hex'
    ? null
    : decoded;
}

/** What stands in compressed bytes, which are not written again: other programs compress otherwise, byte for byte. */
function insideCompressed(compressed: Uint8Array, bytes: Uint8Array, name: string, read: ReadInner): Scan {
  const inner = insideOf(bytes, name, read, COMPRESSED);
  const outer = { bytes, encoding: BINARY, range: { start: 0, end: compressed.length } };
  const blobs = inner.blobs.map((one) => ({ ...nested(outer, '', one), notPutBack: COMPRESSED }));
  return { ...inner, blobs };
}

function notRead(line: number, what: string, range: ByteRange): Finding {
  return finding('nested-not-read', {
    evidence: [],
    values: { what: `Line ${line} holds ${what} in base64, which was not read.` },
    range,
  });
}

/** The end of base64 that begins with a line: behind lines as long as the first, and a last one that is no longer. */
function runEnd(text: string, start: number, firstEnd: number, takesWords = false): number {
  const width = firstEnd - start;
  if (width > 512 || text[firstEnd - 1] === '=') return firstEnd;
  let end = firstEnd;
  for (;;) {
    NEXT_LINE.lastIndex = end;
    const match = NEXT_LINE.exec(text);
    const line = match?.[1];
    if (match === null || line === undefined || line.length > width) return end;
    // A word behind the last full line is none of it, unless the letters ask for more.
    if (!takesWords && line.length < width && (end - start) % 4 === 0 && /^[A-Za-z]+$/.test(line)) return end;
    end += match[0].length;
    if (line.length < width) return end;
  }
}

function placeOf(view: TextView, leaf: Leaf | null, start: number, end: number): string {
  if (leaf === null) {
    const { line, column } = positionOf(view, start);
    return `line ${line}, column ${column}`;
  }
  if (view.text.slice(leaf.start, start).trim() === '' && view.text.slice(end, leaf.end).trim() === '')
    return leaf.place;
  return `${leaf.place}, character ${view.read(leaf.start, start).length + 1}`;
}

/** What is found in the bytes; `foreign` says why nothing in them may be written. */
function insideOf(bytes: Uint8Array, name: string, read: ReadInner, foreign: string | null): Scan {
  const { text } = openInput(bytes, name);
  const isText = text !== null && text.raw === undefined;
  const scan = isText ? read(bytes, name) : (embeddedBlobs.read(openInput(bytes, name)) ?? NOTHING);
  const reason = foreign ?? (isText ? null : FOREIGN);
  const kept = scan.blobs.filter(
    ({ identification: { kind } }) => kind === 'kms-symmetric' || kind === 'encryption-sdk-message',
  );
  const why = scan.plaintext.length > 0 ? PLAINTEXT : reason;
  return {
    ...scan,
    blobs: why === null ? kept : kept.map((one) => ({ ...one, notPutBack: one.notPutBack ?? why })),
  };
}

const POSSIBLE = 'possible-plaintext-beside-blob';
const NOTHING: Scan = { blobs: [], findings: [], plaintext: [] };

const FOREIGN =
  'It stands among the bytes of another program’s format, in base64: Rewrap can read this but cannot write it, because such ' +
  'formats have lengths and checks of their own. Make the value anew from the new ciphertext with the program that made it.';
const COMPRESSED =
  'It stands in compressed data in base64 (a release of Helm, user data): Rewrap can read this but cannot write it. Unpack the ' +
  'value, re-encrypt what is in it, and store it again with the program that made it.';
const SIGNED =
  'It stands in a signed token (JWT): another blob would make its signature wrong. Issue a new token with the new ciphertext.';
const SERIALIZED =
  'It stands in a value that PHP serialized, in base64: Rewrap can read this but cannot write it, because every text in it has ' +
  'its length before it. Make the value anew from the new ciphertext with the program that made it.';
const PLAINTEXT =
  'The plaintext stands beside it in the same base64 value: take it out with the tool that made the value, then add the file again.';

/** Why nothing is written into these bytes: the token that they are a part of, or the format that they are. */
function foreignAround({ text }: TextView, start: number, end: number, bytes: Uint8Array): string | null {
  const before = text.slice(Math.max(0, start - 4096), start);
  if (text[end] === '.' && text.startsWith('eyJ', start)) return SIGNED;
  if (/(?:^|[^A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{4,4090}\.$/.test(before)) return SIGNED;
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  return /^(?:[aO]:\d{1,9}:|[sC]:\d{1,9}:")/.test(head) ? SERIALIZED : null;
}

function inClear(place: string, range: ByteRange): Finding {
  return finding('plaintext-beside-blob', {
    evidence: [`${place === '' ? 'The text' : place} is base64 of a text that holds the secret in clear.`],
    values: { remedy: REMEDY_IN_CLEAR },
    range,
  });
}
