/**
 * Text from outside (file names, contexts, what KMS said) made harmless for what will show it, without losing the
 * value: each form can be turned back into the exact text.
 */

/**
 * Characters that draw nothing or redraw what stands around them: controls, bidirectional marks and overrides,
 * zero-width ones, line and paragraph separators, tags, variation selectors, lone surrogates.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Everything that needs a closer look; most text has none of it. */
const NOT_PLAIN = /[^ -~]/gu;

/** Printable ASCII, in which nothing needs a closer look. */
const PLAIN = /^[ -~]*$/;

const code = (c: string): string => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`;

/** Invisible characters as `\u{hex}`; a backslash that could be read as one of these becomes `\u{5c}`. */
export function visible(text: string): string {
  if (PLAIN.test(text) && !text.includes('\\u{')) return text;
  const unambiguous = text.includes('\\u{') ? text.replace(/\\(?=u\{)/g, '\\u{5c}') : text;
  return unambiguous.replace(NOT_PLAIN, (c) => (INVISIBLE.test(c) ? code(c) : c));
}

/** The text that {@link visible} was given. */
export function fromVisible(text: string): string {
  return text.replace(/\\u\{([0-9a-f]{1,6})\}/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

/**
 * A CSV field: always quoted, invisible characters as `\u{hex}`, and a `'` before what a spreadsheet would take for a
 * formula (it begins, after blanks, with `=`, `+`, `-`, `@` or their full-width forms) or what begins with `'` itself.
 * To read it back: unquote, drop one leading `'`, turn `\u{hex}` back.
 */
export function csvField(text: string): string {
  const shown = visible(text);
  const guarded = /^\s*['=+\-@＝＋－＠]/u.test(shown) ? `'${shown}` : shown;
  return `"${guarded.replaceAll('"', '""')}"`;
}

/** What a CSV file begins with: spreadsheets know by it that the encoding is UTF-8. */
export const BOM = '\ufeff';

/** A line of a CSV file (RFC 4180). */
export const csvLine = (cells: readonly string[]): string => `${cells.map(csvField).join(',')}\r\n`;

/** Most texts that {@link csvMemo} remembers. */
const REMEMBERED = 50_000;
/** What nothing has to be done to: numbers and hashes. */
const HARMLESS = /^[0-9a-f]*$/;

/** {@link csvField} for very many fields of which most are alike. */
export function csvMemo(): (cell: string | number | null) => string {
  const known = new Map<string, string>();
  return (cell) => {
    if (cell === null) return '""';
    if (typeof cell === 'number' || HARMLESS.test(cell)) return `"${cell}"`;
    let field = known.get(cell);
    if (field === undefined) {
      if (known.size >= REMEMBERED) known.clear();
      field = csvField(cell);
      known.set(cell, field);
    }
    return field;
  };
}

/** The text that {@link csvField} was given, from the field as a CSV reader gives it. */
export function fromCsvField(field: string): string {
  return fromVisible(field.startsWith("'") ? field.slice(1) : field);
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML content and quoted attributes. */
export function html(text: string): string {
  return visible(text).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
}

/** JSON in which invisible characters stand as escapes: the same value, and nothing that redraws a terminal. */
export const json = (value: unknown): string => escaped(JSON.stringify(value, null, 2));

/** The same in one line. */
export const jsonLine = (value: unknown): string => escaped(JSON.stringify(value));

function escaped(text: string): string {
  // The line ends of indented JSON are its only controls; JSON.stringify escaped those of its strings.
  return text.replace(/[^\n -~]/gu, (c) =>
    INVISIBLE.test(c)
      ? c
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join('')
      : c,
  );
}

/**
 * Text inside a SARIF message: `{` and `}` doubled (§3.11.5), brackets and backslashes escaped so that no embedded
 * link (§3.11.6) and no Markdown or HTML that a viewer might render comes about.
 */
export function sarifText(text: string): string {
  return visible(text)
    .replace(/[\\[\]<>*_`~|#!]/g, (c) => `\\${c}`)
    .replace(/[{}]/g, (c) => c + c);
}
