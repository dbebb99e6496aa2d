import { utf8 } from '../text/text-view.ts';
import type { ReadEscape } from './inner-text.ts';

/** A real text as one character for each byte of its UTF-8. */
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const SHORT: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  e: '\x1b',
  '0': '\0',
};

/** Escapes behind a backslash, as JSON, YAML, TOML, HCL and most programs have them. */
export const BACKSLASH: ReadEscape = (text, at, end) => {
  if (text[at] !== '\\' || at + 1 >= end) return null;
  const next = text[at + 1] ?? '';
  // A line that goes on, in YAML and in programs.
  const joined = /^\\\r?\n[ \t]{0,200}/.exec(text.slice(at, Math.min(end, at + 204)));
  if (joined !== null) return { text: '', size: joined[0].length };
  const code = /^\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2}))/.exec(
    text.slice(at, Math.min(end, at + 12)),
  );
  if (code !== null) {
    const value = Number.parseInt(code[1] ?? code[2] ?? code[3] ?? code[4] ?? '0', 16);
    if (value > 0x10ffff) return null;
    const low = /^\\u(d[c-f][0-9a-fA-F]{2})/i.exec(text.slice(at + 6, Math.min(end, at + 12)));
    if (value >= 0xd800 && value < 0xdc00 && low !== null) {
      const pair = String.fromCharCode(value, Number.parseInt(low[1] ?? '', 16));
      return { text: bytesOf(pair), size: 12 };
    }
    return { text: bytesOf(String.fromCodePoint(value)), size: code[0].length };
  }
  return { text: SHORT[next] ?? next, size: 2 };
};

/** What HCL writes twice, beside its backslashes. */
export const HCL: ReadEscape = (text, at, end) => {
  const sign = text[at];
  if ((sign === '$' || sign === '%') && text.startsWith(`${sign}${sign}{`, at))
    return { text: sign, size: 2 };
  return BACKSLASH(text, at, end);
};

export function mustBackslash(char: string): string | null {
  if (char === '"' || char === '\\') return `\\${char}`;
  if (char === '\n') return '\\n';
  if (char === '\r') return '\\r';
  if (char === '\t') return '\\t';
  return char < ' ' ? `\\u00${char.charCodeAt(0).toString(16).padStart(2, '0')}` : null;
}

/** Quotes that a quoted text writes twice. */
export function doubled(quote: string): ReadEscape {
  return (text, at) => (text[at] === quote && text[at + 1] === quote ? { text: quote, size: 2 } : null);
}

/** Line endings of a flow scalar of YAML: one is a space, more are one less. */
export function folded(inside: ReadEscape): ReadEscape {
  return (text, at, end) => {
    const fold = /^[ \t]{0,200}\r?\n(?:[ \t]{0,200}\r?\n){0,100}[ \t]{0,200}/.exec(
      text.slice(at, Math.min(end, at + 2000)),
    );
    if (fold === null) return inside(text, at, end);
    const feeds = fold[0].split('\n').length - 1;
    return { text: feeds === 1 ? ' ' : '\n'.repeat(feeds - 1), size: fold[0].length };
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  amp: '&',
  lt: '<',
  gt: '>',
  apos: "'",
  nbsp: '\u00a0',
  newline: '\n',
  tab: '\t',
  plus: '+',
  sol: '/',
  equals: '=',
  colon: ':',
  lbrace: '{',
  rbrace: '}',
  lcub: '{',
  rcub: '}',
};

/** Character references of XML and HTML. */
export const REFERENCES: ReadEscape = (text, at, end) => {
  if (text[at] !== '&') return null;
  const match = /^&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));/.exec(
    text.slice(at, Math.min(end, at + 12)),
  );
  if (match === null) return null;
  const named = match[3] === undefined ? undefined : ENTITIES[match[3].toLowerCase()];
  const code = match[1] !== undefined ? Number(match[1]) : Number.parseInt(match[2] ?? '', 16);
  if (named === undefined && !(code > 0 && code <= 0x10ffff)) return null;
  return { text: bytesOf(named ?? String.fromCodePoint(code)), size: match[0].length };
};

export function mustReference(char: string): string | null {
  return char === '&' ? '&amp;' : char === '<' ? '&lt;' : char === '"' ? '&quot;' : null;
}

/** Percent signs of a URL or a form. */
export const PERCENT: ReadEscape = (text, at, end) => {
  if (text[at] !== '%' || at + 2 >= end + 0) return null;
  const digits = /^%([0-9a-fA-F]{2})/.exec(text.slice(at, Math.min(end, at + 3)))?.[1];
  return digits === undefined ? null : { text: String.fromCharCode(Number.parseInt(digits, 16)), size: 3 };
};

/** The same where a plus sign is a space. */
export const FORM: ReadEscape = (text, at, end) =>
  text[at] === '+' ? { text: ' ', size: 1 } : PERCENT(text, at, end);

export function mustPercent(char: string): string | null {
  return /[A-Za-z0-9_.~-]/.test(char)
    ? null
    : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Soft breaks and bytes of quoted-printable (RFC 2045, 6.7). */
export const QUOTED_PRINTABLE: ReadEscape = (text, at, end) => {
  if (text[at] !== '=') return null;
  const soft = /^=[ \t]{0,8}\r?\n/.exec(text.slice(at, Math.min(end, at + 12)));
  if (soft !== null) return { text: '', size: soft[0].length };
  const digits = /^=([0-9a-fA-F]{2})/.exec(text.slice(at, Math.min(end, at + 3)))?.[1];
  return digits === undefined ? null : { text: String.fromCharCode(Number.parseInt(digits, 16)), size: 3 };
};

export function mustQuotedPrintable(char: string): string | null {
  return char === '=' || char > '~'
    ? `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
    : null;
}

/** Whether a text with a character for each byte is the real one. */
export function isSame(made: string, value: string): boolean {
  return made === value || utf8(made) === value;
}
