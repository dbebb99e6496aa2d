import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';
import type { BlobKind } from '#shared/model/blob.ts';
import { mayBeV0 } from '../../beginnings.ts';
import { blobLength, blobsInRow } from '../../blob-length.ts';
import { type DecodedText, decodeText } from '../../text/encoding.ts';
import { JOINT_SOURCE, STRING_JOINT_SOURCE } from '../../text/joints.ts';
import type { TextView } from '../../text/text-view.ts';

/** A blob that stands somewhere within text. */
interface EncodedToken {
  readonly start: number;
  readonly end: number;
  readonly decoded: DecodedText;
}

/**
 * How encoded messages of the Encryption SDK begin: base64 and base64url of formats 1 (`AYA[A-D]`, then the rest of
 * its algorithm) and 2 (`AgR4`, `AgV4`), base64 of these, and hex.
 */
export const MESSAGES =
  '(?:AYA[A-D](?:[eF][A-P]|R[g-v])|Ag[RV]4|QVlB[Q-T]|QWd[SW]N|01800[0-3](?:14|46|78)|020[45]78)';
/**
 * How encoded KMS blobs begin: base64 and base64url of layouts v1 and v2 (`AQEBAH…` to `AQIDAH…`) and v0 (`Ci[A-D]`),
 * base64 of these, and hex. Then letters of the encoding, as many as there are; JSON may write `/` as `\/`, a URL `+`
 * as `%2B`.
 */
const BEGINNINGS = `(?:AQ[EI][A-D]AH[g-j]|Ci[A-D]|QVF[FJ]|Q2l[B-E]|010[12]0[1-9]0078|${MESSAGES})`;
/** A letter, as it is or as an escape of JSON, of a program or of a URL. */
export const LETTER = '(?:[A-Za-z0-9+/_-]|\\\\/|\\\\(?:u00|x)[2-7][0-9A-Fa-f]|%2[BbFf])';
const PADDING = '(?:(?:%3[Dd]){1,2}|={0,2})';
/** A run is short where a program goes on with it in the next piece of a string. */
const RUN = new RegExp(
  `${BEGINNINGS}(?:${LETTER}{22,}${PADDING}|${LETTER}{8,}(?=${STRING_JOINT_SOURCE}))`,
  'g',
);
/** The same, for a look that keeps no place. */
const ANY_RUN = new RegExp(RUN.source);
const BEGINS = new RegExp(`^${BEGINNINGS}`);

/** Whether a run of letters may be the beginning of an encoded blob. */
const begins = (letters: string): boolean =>
  BEGINS.test(letters) && (!letters.startsWith('Ci') || mayBeV0(letters));

const MESSAGE = new RegExp(`^${MESSAGES}`);
/** A blob stands inside a message: where a line of it begins, the message goes on. */
const beginsMessage = (letters: string): boolean => MESSAGE.test(letters);

/** Longest encoded blob: base64 of base64, wrapped. */
const MAX_CHARACTERS = 3 * MAX_CIPHERTEXT_BYTES;
/** Longest encoded message of the Encryption SDK. */
const MAX_MESSAGE = 16 * 1024 * 1024;
/** Longest line that text is wrapped at. */
const MAX_LINE = 128;
/** Between the lines of one wrapped blob, or the pieces of a string. */
const BREAK = new RegExp(JOINT_SOURCE, 'y');
const PIECES = new RegExp(`^${STRING_JOINT_SOURCE}$`);
const LINE = new RegExp(`${LETTER}+${PADDING}`, 'y');

/**
 * KMS blobs and messages of the Encryption SDK anywhere in text: logs, scripts, documents. Only what is exactly a blob from one end of its run
 * of letters to the other is taken; a blob inside a longer run belongs to something else. Linear: a character is looked
 * at once as a beginning, and once as the going on of another line. `skip` says for an index where to go on instead
 * (an end of a range that is known already), or the index itself.
 */
export function* blobTokens(view: TextView, skip: (index: number) => number): Generator<EncodedToken> {
  const { text } = view;
  RUN.lastIndex = 0;
  /** Where the blob before ends: another may begin right there. */
  let last = -1;
  for (let at = 0; ; ) {
    RUN.lastIndex = at;
    const match = RUN.exec(text);
    if (match === null) return;
    const start = match.index;
    const end = start + match[0].length;
    at = end;
    const beyond = skip(start);
    if (beyond > start) {
      at = Math.max(beyond, start + 1);
      continue;
    }
    if (end - start > MAX_MESSAGE || (start !== last && !startsRun(text, start)) || !begins(match[0]))
      continue;
    const token = beginsMessage(match[0]) ? readMessage(view, start, end) : readBlob(view, start, end);
    if (token === null) continue;
    at = token.end;
    last = token.end;
    yield token;
  }
}

/** Whether something in the text begins as an encoded blob does: a cheap look, which takes nothing for sure. */
export function mayHoldBlob(text: string): boolean {
  return ANY_RUN.test(text);
}

/** Whether no letter of base64 stands before; the letter of a `\n` escape is none. */
function startsRun(text: string, start: number): boolean {
  const before = text[start - 1];
  if (before === undefined || !/[A-Za-z0-9+/_-]/.test(before)) return true;
  // kms://AQIC…
  if (before === '/' && text.slice(start - 3, start) === '://') return true;
  if (/[nrt]/.test(before) && text[start - 2] === '\\') return true;
  // A quote, a colon or the like as a URL writes it.
  if (/%(?:2[02678C]|3[AD]|0[AD]|7B|5B)$/i.test(text.slice(Math.max(0, start - 3), start))) return true;
  // Hex after \\x (PostgreSQL's bytea) or 0x.
  return /(?:\\|(?<![0-9A-Za-z])0)[xX]$/.test(text.slice(Math.max(0, start - 3), start));
}

function readBlob(view: TextView, start: number, end: number): EncodedToken | null {
  if (end - start > MAX_CHARACTERS) return null;
  return (
    read(view, start, end) ??
    readQuoted(view, start, end) ??
    readWrapped(view, start, end, begins, MAX_CHARACTERS) ??
    readPieces(view, start) ??
    readRow(view, start, end)
  );
}

/** Several blobs encoded as one text: its end is that of the run of letters, or of the lines it is wrapped in. */
function readRow(view: TextView, start: number, end: number): EncodedToken | null {
  return read(view, start, end, true) ?? readWrapped(view, start, end, begins, MAX_CHARACTERS, true);
}

/** Most pieces of one string. */
const MOST_PIECES = 2000;
/** Letters that tell how long a blob is: its header and length word, in any layout. */
const ENOUGH_LETTERS = 136;

/**
 * A blob in pieces of any lengths, or with another right behind it: its own lengths say where it ends. This separates
 * unpadded ones in a row, too.
 */
function readPieces(view: TextView, start: number): EncodedToken | null {
  const { text } = view;
  let letters = '';
  let needed: number | null = null;
  let at = start;
  for (let n = 0; n < MOST_PIECES; n++) {
    LINE.lastIndex = at;
    const piece = LINE.exec(text)?.[0];
    if (piece === undefined) return null;
    letters += plainLetters(piece);
    if (needed === null && letters.length >= ENOUGH_LETTERS) {
      needed = lettersOf(letters);
      if (needed === null) return null;
    }
    if (needed !== null && letters.replace(/=+$/, '').length >= needed) {
      const over = letters.length - needed;
      const padding = /^={0,2}/.exec(letters.slice(needed))?.[0].length ?? 0;
      const cut = over - padding;
      // Behind it another may begin; nothing else goes on in the same run.
      if (cut > 0 && (/[\\%]/.test(piece) || !begins(letters.slice(needed + padding)))) return null;
      const end = at + piece.length - cut;
      BREAK.lastIndex = end;
      const behind = cut > 0 || padding > 0 || needed % 4 === 0 ? undefined : BREAK.exec(text)?.[0];
      return read(
        view,
        start,
        (behind === undefined ? null : paddingAlone(text, end + behind.length)) ?? end,
      );
    }
    at += piece.length;
    BREAK.lastIndex = at;
    const between = BREAK.exec(text)?.[0];
    if (between === undefined) return null;
    at += between.length;
  }
  return null;
}

const PADDING_ALONE = /={1,2}(?![A-Za-z0-9+/_=-])/y;

/** The end of padding that stands in a line or piece of its own, behind letters that fill theirs; null where none does. */
function paddingAlone(text: string, at: number): number | null {
  PADDING_ALONE.lastIndex = at;
  return PADDING_ALONE.test(text) ? PADDING_ALONE.lastIndex : null;
}

function plainLetters(piece: string): string {
  if (!/[\\%]/.test(piece)) return piece;
  return piece
    .replaceAll('\\/', '/')
    .replaceAll(/(?:\\u00|\\x|%)([0-9A-Fa-f]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
}

/** Letters of base64 that the whole blob has, without padding; null where they do not begin one. */
function lettersOf(letters: string): number | null {
  const bytes = Buffer.from(letters.slice(0, ENOUGH_LETTERS), 'base64');
  const length = blobLength(bytes);
  return length === null || length > MAX_CIPHERTEXT_BYTES ? null : Math.ceil((length * 4) / 3);
}

/** A message says nowhere how long it is: one line of it looks like a whole one. */
function readMessage(view: TextView, start: number, end: number): EncodedToken | null {
  const wrapped = end - start <= MAX_LINE ? readWrapped(view, start, end, beginsMessage, MAX_MESSAGE) : null;
  return wrapped ?? read(view, start, end) ?? readQuoted(view, start, end);
}

const LISTED: ReadonlySet<BlobKind> = new Set<BlobKind>(['kms-symmetric', 'encryption-sdk-message']);

/** `isRow`: several blobs, and not one. */
function read(view: TextView, start: number, end: number, isRow = false): EncodedToken | null {
  const raw = view.text.slice(start, end);
  const decoded = decodeText(raw, {
    charset: view.charset,
    escaped: /\\[/nrtux]/.test(raw),
    takeUnknown: false,
  });
  if (decoded === null) return null;
  const { bytes, identification } = decoded;
  const isListed = isRow
    ? identification.kind === 'kms-like' && blobsInRow(bytes) !== null
    : LISTED.has(identification.kind);
  return isListed ? { start, end, decoded } : null;
}

/** Lines that quoted-printable ends with an equals sign, and padding as it writes it. */
function readQuoted(view: TextView, start: number, firstEnd: number): EncodedToken | null {
  const { text } = view;
  if (!text.startsWith('=', firstEnd - 1) && !text.startsWith('=', firstEnd)) return null;
  let end = start;
  while (end - start < MAX_CHARACTERS) {
    LETTERS.lastIndex = end;
    const line = LETTERS.exec(text)?.[0] ?? '';
    if (end > start && begins(line)) return null;
    end += line.length;
    SOFT_BREAK.lastIndex = end;
    const soft = SOFT_BREAK.exec(text)?.[0];
    if (soft === undefined) break;
    end += soft.length;
  }
  return end === start ? null : read(view, start, end);
}
const LETTERS = /(?:[A-Za-z0-9+/_-]|=3[Dd])+/y;
const SOFT_BREAK = /=\r?\n/y;

/** Lines of equal length, and a last one that is no longer; pieces of a string may be of any. */
function readWrapped(
  view: TextView,
  start: number,
  firstEnd: number,
  beginsAnew: (letters: string) => boolean,
  most: number,
  isRow = false,
): EncodedToken | null {
  const { text } = view;
  const width = firstEnd - start;
  if (text[firstEnd - 1] === '=') return null;
  let end = firstEnd;
  while (end - start < most) {
    BREAK.lastIndex = end;
    const between = BREAK.exec(text)?.[0];
    if (between === undefined) break;
    const line = end + between.length;
    LINE.lastIndex = line;
    const found = LINE.exec(text)?.[0];
    const piece = PIECES.test(between);
    if (found === undefined) {
      end = paddingAlone(text, line) ?? end;
      break;
    }
    if ((found.length > width && !piece) || beginsAnew(found)) break;
    end = line + found.length;
    if ((found.length < width && !piece) || found.endsWith('=')) break;
  }
  return end === firstEnd ? null : read(view, start, end, isRow);
}
