import { isNoPlaintext } from '../formats/structured/beside.ts';
import { lineEnd } from '../structure/index.ts';

/** A part of a text, in characters. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What the head of a column says that holds plaintexts. */
const HEAD =
  /^(?:private[ _-]?key[ _-]?)?(?:plain[ _-]?text|clear[ _-]?text)(?:[ _-]?(?:data)?[ _-]?key)?(?: ?\((?:base64|hex|b64)\))?$/i;
const ANY_HEAD = /(?:plain|clear)[ _-]?text/gi;
/** Most characters of a line that is a head or a row; the values of an INSERT may all stand on one line, however long. */
const MOST_LINE = 65_536;
/** Lines of a table between its head and its rows. */
const RULER = /^[\s|+:=\-–—]*$/;
const MARKS = /^[\s"'`*_]+|[\s"'`*_]+$/g;

/**
 * Values in columns that are headed as plaintext: tables of Markdown, of wikis and of the AWS CLI, values separated by tabs, commas or
 * semicolons, columns kept apart by spaces, tables of HTML, and columns that an INSERT or COPY of SQL names. Linear in the text, for
 * each line in which such a head may stand.
 */
export function* plaintextColumns(text: string): Generator<Span> {
  const hasSql = ANY_SQL.test(text);
  let [done, start, end] = [0, 0, 0];
  ANY_HEAD.lastIndex = 0;
  for (let match = ANY_HEAD.exec(text); match !== null; match = ANY_HEAD.exec(text)) {
    if (match.index < done) continue;
    // Looked for once a line, however often such a word stands on it.
    if (match.index >= end) {
      start = text.lastIndexOf('\n', match.index) + 1;
      end = lineEnd(text, match.index);
    }
    const sql = hasSql ? sqlHead(text, done, match.index) : null;
    if (sql !== null) {
      done = yield* sqlColumns(text, sql);
      ANY_HEAD.lastIndex = done;
      continue;
    }
    if (end - start > MOST_LINE) continue;
    const line = text.slice(start, end);
    for (const kind of KINDS) {
      const columns = headed(line, kind);
      if (columns.length === 0) continue;
      const table = rows(text, { start, end }, kind, columns);
      yield* table.values;
      done = table.end;
      break;
    }
    if (/<t[hd]/i.test(line)) done = Math.max(done, yield* htmlColumns(text, done, match.index));
    ANY_HEAD.lastIndex = Math.max(end, done);
  }
}

/** A way to keep columns apart. */
interface Kind {
  /** Where the cells of a line stand. */
  readonly cells: (line: string) => Span[];
  /** Prose may look so, too: it is a table where a blob stands in it. */
  readonly isLoose: boolean;
}

const separatedBy = (sign: string, isLoose = false): Kind => ({
  isLoose,
  cells: (line) => {
    const cells: Span[] = [];
    let start = 0;
    for (let at = line.indexOf(sign); at !== -1; at = line.indexOf(sign, start)) {
      cells.push({ start, end: at });
      start = at + 1;
    }
    cells.push({ start, end: line.length });
    return cells;
  },
});

const BY_SPACES: Kind = {
  isLoose: true,
  cells: (line) =>
    [...line.matchAll(/\S+(?: \S+)*/g)].map(({ 0: cell, index }) => ({
      start: index,
      end: index + cell.length,
    })),
};
const KINDS: readonly Kind[] = [
  separatedBy('|'),
  separatedBy('│'),
  separatedBy('\t', true),
  separatedBy(';', true),
  separatedBy(',', true),
  BY_SPACES,
];

const bare = (line: string, { start, end }: Span): string => line.slice(start, end).replaceAll(MARKS, '');

/** A head: words, and no value. */
const WORDS = /^[A-Za-z][A-Za-z0-9 _.()/#-]{0,60}$/;
/** Names of what KMS's replies hold: in a table of names and values they stand below one another. */
const MEMBER =
  /^(?:ciphertext(?:[ _]?blob)?|(?:encrypted|wrapped)[ _]?(?:data)?[ _]?key|key[ _]?(?:id|arn|material[ _]?id)|encryption[ _]?algorithm)$/i;
const BLOB = /AQ[EI][A-D]AH[g-j]|Ci[A-D][A-Za-z0-9+/_-]{28}/;

/** Indices of the columns of a line that are headed as plaintext; none where it has but one, or is no head. */
function headed(line: string, { cells }: Kind): number[] {
  const found = cells(line);
  if (found.length < 2) return [];
  const columns: number[] = [];
  for (const [index, cell] of found.entries()) if (HEAD.test(bare(line, cell))) columns.push(index);
  const heads = found.filter((cell) => bare(line, cell) !== '');
  // One word that is indented is a line of a program.
  return heads.length > 1 && heads.every((cell) => WORDS.test(bare(line, cell))) ? columns : [];
}

/** The values in these columns of the lines that follow a head; and where the table ends. */
function rows(
  text: string,
  head: Span,
  { cells, isLoose }: Kind,
  columns: readonly number[],
): { values: Span[]; end: number } {
  const values: Span[] = [];
  const wanted = cells(text.slice(head.start, head.end)).length;
  let hasBlob = false;
  let isTurned = false;
  let { end } = head;
  for (;;) {
    const feed = text.indexOf('\n', end);
    if (feed === -1) break;
    const start = feed + 1;
    const eol = lineEnd(text, start);
    const line = text.slice(start, eol);
    if (line.trim() === '' || eol - start > MOST_LINE) break;
    const found = cells(line);
    if (!RULER.test(line)) {
      if (found.length < 2 || (isLoose && found.length !== wanted)) break;
      hasBlob ||= BLOB.test(line);
      for (const column of columns) {
        const cell = found[column];
        if (cell === undefined) continue;
        isTurned ||= MEMBER.test(bare(line, cell));
        const value = within(text, start + cell.start, start + cell.end);
        if (value !== null) values.push(value);
      }
    }
    end = eol;
  }
  if (isTurned) return { values: besideName(text, head, cells, columns), end };
  return { values: isLoose && !hasBlob ? [] : values, end };
}

/** In a table of names and values: what stands right behind the name. */
function besideName(text: string, head: Span, cells: Kind['cells'], columns: readonly number[]): Span[] {
  const found = cells(text.slice(head.start, head.end));
  return columns.flatMap((column) => {
    const cell = found[column + 1];
    return cell === undefined ? [] : (within(text, head.start + cell.start, head.start + cell.end) ?? []);
  });
}

/** What stands between marks and quotes; null for nothing, or a word that stands for a value. */
function within(text: string, start: number, end: number): Span | null {
  const cell = text.slice(start, end);
  const lead = /^[\s"'`*_]*/.exec(cell)?.[0].length ?? 0;
  const value = cell.slice(lead).replace(/[\s"'`*_]+$/, '');
  if (isNoPlaintext(value) || /^[-–—.]*$|^AQ[EI][A-D]AH[g-j]/.test(value)) return null;
  return { start: start + lead, end: start + lead + value.length };
}

const ANY_SQL = /insert\s+into|copy/i;
const SQL =
  /^(?:insert\s{1,80}into|copy)\s{1,80}[\w."`[\]]{1,120}\s{0,80}\(([^()]{1,4000})\)\s{0,80}(values|from\s{1,80}stdin)?/i;
/** More characters than such a head has. */
const SQL_HEAD = 4500;

interface SqlHead {
  readonly columns: readonly number[];
  readonly isCopy: boolean;
  readonly end: number;
}

/** The head of an INSERT or COPY that names the column at a place, on however many lines; null where none does. */
function sqlHead(text: string, done: number, at: number): SqlHead | null {
  const from = Math.max(done, at - SQL_HEAD);
  const before = text.slice(from, at).toLowerCase();
  const start = Math.max(before.lastIndexOf('insert'), before.lastIndexOf('copy'));
  const match = start === -1 ? null : SQL.exec(text.slice(from + start, from + start + SQL_HEAD));
  const end = from + start + (match?.[0].length ?? 0);
  if (match === null || end <= at) return null;
  const columns = (match[1] ?? '')
    .split(',')
    .flatMap((name, index) => (HEAD.test(name.replaceAll(/[\s"'`[\]]/g, '')) ? [index] : []));
  return { columns, isCopy: /stdin/i.test(match[2] ?? ''), end };
}

/** Values of a row of SQL: strings, and what stands between commas. */
const VALUE = /'(?:[^'\\]|''|\\.)*'|[^,()']+/y;

/** The values of such columns in the rows of an INSERT or COPY; returns where what was read of them ends. */
function* sqlColumns(text: string, { columns, isCopy, end }: SqlHead): Generator<Span, number> {
  if (columns.length === 0) return end;
  if (isCopy) return yield* copied(text, lineEnd(text, end), columns);
  let at = end;
  for (;;) {
    const open = /^[\s,]*(?:values\s*)?\(\s*/i.exec(text.slice(at, at + 400))?.[0];
    if (open === undefined) return at;
    at += open.length;
    for (let column = 0; ; column++) {
      at += /^\s*(?:[xXeEbB](?='))?/.exec(text.slice(at, at + 80))?.[0].length ?? 0;
      VALUE.lastIndex = at;
      const value = VALUE.exec(text)?.[0];
      if (value === undefined) break;
      const quote = value.startsWith("'") ? 1 : 0;
      const span = columns.includes(column) ? within(text, at + quote, at + value.length - quote) : null;
      if (span !== null) yield span;
      at += value.length;
      const comma = /^\s*,/.exec(text.slice(at, at + 80))?.[0];
      if (comma === undefined) break;
      at += comma.length;
    }
    const close = /^\s*\)/.exec(text.slice(at, at + 80))?.[0];
    if (close === undefined) return at;
    at += close.length;
  }
}

/** Lines behind a COPY, up to the one that ends it; returns where that is. */
function* copied(text: string, from: number, columns: readonly number[]): Generator<Span, number> {
  const { cells } = separatedBy('\t');
  for (let feed = text.indexOf('\n', from); feed !== -1; ) {
    const start = feed + 1;
    const end = lineEnd(text, start);
    const line = text.slice(start, Math.min(end, start + MOST_LINE));
    if (line === '\\.' || line === '') return start;
    const found = cells(line);
    for (const column of columns) {
      const cell = found[column];
      const value = cell === undefined ? null : within(text, start + cell.start, start + cell.end);
      if (value !== null && text.slice(value.start, value.end) !== '\\N') yield value;
    }
    feed = text.indexOf('\n', end);
  }
  return text.length;
}

const HTML_CELL = /<t([hd])\b[^<>]{0,200}>([^<>]{0,65536})(?=<)/gi;
/** Longest table of HTML, in characters. */
const MOST_HTML = 1_048_576;

/** The cells of a table of HTML below those that are headed so, behind what is done; returns where the table ends. */
function* htmlColumns(text: string, done: number, index: number): Generator<Span, number> {
  const from = Math.max(done, index - MOST_LINE);
  const before = text.slice(from, index).toLowerCase().lastIndexOf('<tr');
  if (before === -1) return index;
  const part = text.slice(from + before, index + MOST_HTML);
  const close = part.search(/<\/table/i);
  const table = close === -1 ? part : part.slice(0, close);
  let columns: readonly number[] | null = null;
  for (const { 0: row, index: at } of table.matchAll(/<tr\b(?:(?!<tr\b)[\s\S])*/gi)) {
    const cells = [...row.matchAll(HTML_CELL)];
    if (columns === null) {
      columns = cells.flatMap(({ 2: cell = '' }, column) => (HEAD.test(cell.trim()) ? [column] : []));
      if (columns.length === 0) return index;
      continue;
    }
    for (const column of columns) {
      const cell = cells[column];
      if (cell === undefined) continue;
      const size = cell[2]?.length ?? 0;
      const start = from + before + at + cell.index + cell[0].length - size;
      const value = within(text, start, start + size);
      if (value !== null) yield value;
    }
  }
  return from + before + table.length;
}
