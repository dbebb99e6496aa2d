import type { BlobEncoding } from '../types.ts';
import { JOINT_SOURCE } from './joints.ts';

/** Encoded text taken apart: its letters alone, and what stood between them. */
interface StrippedText {
  readonly compact: string;
  readonly breaks: BlobEncoding['breaks'];
  readonly escapes: Readonly<Record<string, string>> | null;
}

/** Space, tab, line feed, vertical tab, form feed, carriage return. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/**
 * Narrows `[start, end)` to leave out white space around it, and its escapes in a JSON string (`\n`) when `escaped`.
 * Linear: no regular expression that could look twice.
 */
export function trimmed(
  text: string,
  start: number,
  end: number,
  escaped: boolean,
): [start: number, end: number] {
  let from = start;
  let to = end;
  for (;;) {
    if (from < to && isSpace(text.charCodeAt(from))) from++;
    else if (escaped && from + 1 < to && text[from] === '\\' && isSpaceEscape(text, from + 1)) from += 2;
    else break;
  }
  for (;;) {
    if (to > from && isSpace(text.charCodeAt(to - 1))) to--;
    else if (escaped && to - 1 > from && text[to - 2] === '\\' && isSpaceEscape(text, to - 1)) to -= 2;
    else return [from, to];
  }
}

/** What follows a backslash: the letter of a space, or (in YAML) the end of a line that goes on. */
function isSpaceEscape(text: string, at: number): boolean {
  const char = text[at];
  return (
    char === 'n' || char === 'r' || char === 't' || char === '\n' || (char === '\r' && text[at + 1] === '\n')
  );
}

/** Most breaks followed: 16 MiB of base64 wrapped at 76 letters has fewer. */
const MAX_BREAKS = 250_000;

/**
 * Takes encoded text apart. Null when it holds anything but letters of base64, base64url or hex, padding, white space
 * and (when `escaped`) JSON escapes of these.
 */
export function stripWhitespace(raw: string, escaped: boolean): StrippedText | null {
  if (raw.length === 0) return null;
  const equals = raw.indexOf('=');
  // Padding at the end is the rule.
  const quoted = equals !== -1 && equals < raw.length - 2 && QUOTED.test(raw);
  if (!quoted && /^[A-Za-z0-9+/_=-]+$/.test(raw)) return { compact: raw, breaks: [], escapes: null };
  const breaks: { at: number; text: string }[] = [];
  const escapes: Record<string, string> = {};
  const pieces: string[] = [];
  let length = 0;
  let at = 0;
  const add = (piece: string): void => {
    pieces.push(piece);
    length += piece.length;
  };
  while (at < raw.length) {
    const from = at;
    while (at < raw.length && isLetter(raw.charCodeAt(at)) && !(quoted && raw[at] === '=')) at++;
    if (at > from) add(raw.slice(from, at));
    const [space] = trimmed(raw, at, raw.length, escaped);
    const joint = quoted ? SOFT_BREAK : JOINT;
    joint.lastIndex = at;
    const between = at === raw.length ? '' : (joint.exec(raw)?.[0] ?? '');
    // Behind a gap of Haskell the next letter is none of an escape.
    const next = GAP.test(between) ? at + between.length : Math.max(space, at + between.length);
    if (next > at) {
      if (breaks.length === MAX_BREAKS) return null;
      breaks.push({ at: length, text: raw.slice(at, next) });
      at = next;
    } else if (at < raw.length) {
      const written = quoted
        ? quotedEquals(raw, at)
        : ((escaped ? letterEscape(raw, at) : null) ?? urlEscape(raw, at));
      if (written === null) return null;
      // A URL writes every one of these so, also those that this blob does not have.
      if (written.text.startsWith('%'))
        for (const [letter, text] of URL_ESCAPES)
          escapes[letter] = /[a-f]/.test(written.text) ? text.toLowerCase() : text;
      escapes[written.letter] = written.text;
      add(written.letter);
      at += written.text.length;
    }
  }
  const first = breaks[0]?.at ?? 0;
  const last = breaks.at(-1);
  // Text that does not go on at its first interval: an empty break at the end says so.
  if (last !== undefined && last.at + first < length) breaks.push({ at: length, text: '' });
  return { compact: pieces.join(''), breaks, escapes: Object.keys(escapes).length > 0 ? escapes : null };
}

/** Between two pieces of one text: strings of a program, lines that are continued. */
const JOINT = new RegExp(JOINT_SOURCE, 'y');

const GAP = /^\\[ \t]*\r?\n[ \t]*\\$/;

/** Base64 in quoted-printable: a line that goes on behind an equals sign, or padding written as `=3D` (RFC 2045, 6.7). */
const QUOTED = /=\r?\n(?:[A-Za-z0-9+/_-]|=3[Dd])|^[A-Za-z0-9+/_-]+(?:=3[Dd]){1,2}$/;
const SOFT_BREAK = /=\r?\n/y;

function quotedEquals(raw: string, at: number): { letter: string; text: string } | null {
  const text = raw.slice(at, at + 3);
  return text.toUpperCase() === '=3D' ? { letter: '=', text } : null;
}

const URL_ESCAPES: readonly (readonly [letter: string, text: string])[] = [
  ['+', '%2B'],
  ['/', '%2F'],
  ['=', '%3D'],
];

/** A letter of base64 as a URL writes it. */
function urlEscape(raw: string, at: number): { letter: string; text: string } | null {
  if (raw[at] !== '%') return null;
  const text = raw.slice(at, at + 3);
  const found = URL_ESCAPES.find(([, written]) => written === text.toUpperCase());
  return found === undefined ? null : { letter: found[0], text };
}

/** A letter of base64 written as an escape of JSON or of a program: `\/`, `\u002b`, `\x3d`. */
function letterEscape(raw: string, at: number): { letter: string; text: string } | null {
  if (raw[at] !== '\\') return null;
  if (raw[at + 1] === '/') return { letter: '/', text: '\\/' };
  const match = /^\\(?:u00|x)([2-7][0-9a-fA-F])/.exec(raw.slice(at, at + 6));
  const code = Number.parseInt(match?.[1] ?? '', 16);
  return match !== null && isLetter(code) ? { letter: String.fromCharCode(code), text: match[0] } : null;
}

function isLetter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2f ||
    code === 0x3d ||
    code === 0x2d ||
    code === 0x5f
  );
}
