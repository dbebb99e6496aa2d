import { FaultError, fault } from '#shared/model/fault-error.ts';
import { lineEnd, lineStart } from '../structure/index.ts';
import type { TextView } from '../text/text-view.ts';
import { writeText } from '../text/text-view.ts';
import type { FoundBlob, LinkedValue, NewBlob } from '../types.ts';
import { ARN, type Label, memberNamed } from './names.ts';

/** Whether a line begins as those of a table of the AWS CLI do. */
export const isTableLine = (line: string): boolean => /^(?:\||\+-|--)/.test(line);

/** Most lines of one table. */
const MOST_LINES = 2000;

interface Line {
  readonly start: number;
  readonly text: string;
}

/**
 * Tables of the AWS CLI with one blob: its labels follow, and the columns become as wide as they must. In a table with several
 * blobs each keeps its cell: a blob of another length is not put back there.
 */
export function withTables(view: TextView, blobs: readonly FoundBlob[]): FoundBlob[] {
  const { text } = view;
  if (!/^[|+]/m.test(text)) return [...blobs];
  const first = view.byteAt(0);
  const unit = view.byteAt(1) - first;
  const at = blobs.map(({ range }) => (range.start - first) / unit);
  let last: { from: number; to: number; count: number } | null = null;
  return blobs.map((blob, index) => {
    const start = at[index] ?? 0;
    const end = (blob.range.end - first) / unit;
    const line = lineStart(text, start);
    if (text[line] !== '|' || blob.within !== undefined || blob.notPutBack !== undefined) return blob;
    if (last === null || start >= last.to) {
      const [from, to] = tableAround(text, start);
      let count = 0;
      for (let n = index; n < at.length && (at[n] ?? 0) < to; n++) count++;
      last = { from, to, count };
    }
    const table = new Table(text, last.from, last.to);
    return last.count === 1 ? table.follow(view, blob, start, end) : keepCell(view, blob, start, end);
  });
}

function tableAround(text: string, start: number): [number, number] {
  let from = lineStart(text, start);
  for (let n = 0; from > 0 && n < MOST_LINES; n++) {
    const before = lineStart(text, from - 1);
    if (!isTableLine(text.slice(before, before + 2))) break;
    from = before;
  }
  let to = lineEnd(text, start);
  for (let n = 0; to < text.length && n < MOST_LINES; n++) {
    const next = text.indexOf('\n', to) + 1;
    if (next === 0 || !isTableLine(text.slice(next, next + 2))) break;
    to = lineEnd(text, next);
  }
  return [from, to];
}

/** The padding behind a blob that keeps its cell as wide as it is; `mayGrow`: or lets it grow, whatever its column is. */
function keepCell(view: TextView, blob: FoundBlob, start: number, end: number, mayGrow = false): FoundBlob {
  const space = /^ *(?=\|)/.exec(view.text.slice(end, end + 8192))?.[0];
  if (space === undefined) return blob;
  const width = end - start + space.length;
  const padding: LinkedValue = {
    name: 'length of the cell',
    range: { start: view.byteAt(end), end: view.byteAt(end + space.length) },
    write: (next) => {
      const length = base64Length(next);
      if (length + 1 > width && length !== end - start && !mayGrow) throw tooNarrow();
      return writeText(' '.repeat(Math.max(mayGrow && space !== '' ? 1 : 0, width - length)), view.charset);
    },
  };
  return { ...blob, linkedValues: [...blob.linkedValues, padding] };
}

const base64Length = ({ bytes }: NewBlob): number => 4 * Math.ceil(bytes.length / 3);

function tooNarrow(): FaultError {
  return new FaultError(
    fault(
      'CannotBeWritten',
      'The new blob is longer than its column of a table that holds several blobs.',
      'Every line of such a table would have to change for each of its blobs.',
      'Print the output as JSON (`--output json`), and re-encrypt that.',
    ),
  );
}

interface Cell {
  readonly start: number;
  readonly end: number;
}

/** What stands for a letter of the new blob while a line is put together. */
const LETTER = '\0';

class Table {
  readonly #lines: Line[] = [];

  constructor(text: string, from: number, to: number) {
    for (let at = from; at < to; ) {
      const eol = lineEnd(text, at);
      this.#lines.push({ start: at, text: text.slice(at, eol) });
      at = text.indexOf('\n', eol) + 1 || to;
    }
  }

  follow(view: TextView, blob: FoundBlob, start: number, end: number): FoundBlob {
    const line = this.#lines.find((one) => one.start <= start && end <= one.start + one.text.length);
    const { encoding } = blob;
    if (line === undefined || encoding.name !== 'base64' || !encoding.padded || encoding.breaks.length > 0)
      return keepCell(view, blob, start, end);
    const cells = cellsOf(line.text);
    const column = cells.findIndex((one) => line.start + one.start <= start && end <= line.start + one.end);
    const bounds = cells.map((one) => one.start).join();
    const isRow = (one: Line): boolean =>
      cellsOf(one.text)
        .map((cell) => cell.start)
        .join() === bounds;
    const rows = this.#lines.filter(isRow);
    const labels = labelsIn(rows, line, column);
    /** The contents of a row under the new key. */
    const contents = (row: Line, next: NewBlob): string[] =>
      cellsOf(row.text).map((cell, at) => {
        if (row === line && at === column) return LETTER.repeat(base64Length(next));
        const label = labels.find((one) => one.row === row && one.column === at);
        return label === undefined ? contentOf(row, cell) : label.next(next);
      });
    const key = labels.find(({ name }) => !/source|material|algorithm/i.test(name));
    const declared = { ...blob.declared, keyArn: key?.value ?? null };
    // A plaintext is left out of copies: nothing is written over it, so that each cell changes by itself.
    if (this.#lines.some((one) => /(?:plain|clear)[ _-]?text/i.test(one.text))) {
      const cell = keepCell(view, { ...blob, declared }, start, end, true);
      return { ...cell, linkedValues: [...cell.linkedValues, ...labels.map((one) => inItsCell(view, one))] };
    }
    const growth = (next: NewBlob): number[] =>
      cells.map((_, at) => {
        const longest = (of: (row: Line) => number): number =>
          rows.reduce((most, row) => Math.max(most, of(row)), 0);
        const before = longest((row) => contentOf(row, cellsOf(row.text)[at] ?? NO_CELL).length);
        return longest((row) => (contents(row, next)[at] ?? '').length) - before;
      });
    const render = (one: Line, next: NewBlob): string =>
      isRow(one) ? rowOf(one, contents(one, next), growth(next)) : otherLine(one.text, growth(next));
    const linked = (one: Line, from: number, to: number, of: (rendered: string) => string): LinkedValue => ({
      name: labels.find(({ row }) => row === one)?.name ?? 'columns of the table',
      range: { start: view.byteAt(one.start + from), end: view.byteAt(one.start + to) },
      write: (next) => writeText(of(render(one, next)), view.charset),
    });
    const linkedValues = this.#lines.flatMap((one) =>
      one === line
        ? [
            linked(one, 0, start - line.start, (rendered) => rendered.slice(0, rendered.indexOf(LETTER))),
            linked(one, end - line.start, one.text.length, (rendered) =>
              rendered.slice(rendered.lastIndexOf(LETTER) + 1),
            ),
          ]
        : [linked(one, 0, one.text.length, (rendered) => rendered)],
    );
    return {
      ...blob,
      declared,
      linkedValues: [...blob.linkedValues, ...linkedValues],
    };
  }
}

/** A label with the padding behind it, so that its cell keeps its width where it can. */
function inItsCell(view: TextView, { name, value, next, row, column }: CellLabel): LinkedValue {
  const cell = cellsOf(row.text)[column] ?? NO_CELL;
  const start = row.start + row.text.indexOf(value, cell.start);
  const space = /^ */.exec(row.text.slice(start - row.start + value.length, cell.end))?.[0].length ?? 0;
  return {
    name,
    range: { start: view.byteAt(start), end: view.byteAt(start + value.length + space) },
    write: (made) => writeText(next(made).padEnd(value.length + space), view.charset),
  };
}

const NO_CELL: Cell = { start: 0, end: 0 };

function cellsOf(line: string): Cell[] {
  if (line[0] !== '|') return [];
  const cells: Cell[] = [];
  let from = 1;
  for (let at = line.indexOf('|', 1); at !== -1; at = line.indexOf('|', at + 1)) {
    cells.push({ start: from, end: at });
    from = at + 1;
  }
  return cells;
}

const contentOf = ({ text }: Line, { start, end }: Cell): string => text.slice(start, end).trim();

interface CellLabel extends Pick<Label, 'name' | 'value' | 'next'> {
  readonly row: Line;
  readonly column: number;
}

/** Labels beside the blob: named by the first column, or by the head of theirs; else an ARN that stands alone in its cell. */
function labelsIn(rows: readonly Line[], line: Line, column: number): CellLabel[] {
  const found: CellLabel[] = [];
  const head = rows[0];
  for (const row of rows) {
    const cells = cellsOf(row.text).map((cell) => contentOf(row, cell));
    for (const [at, value] of cells.entries()) {
      if (value === '' || (row === line && at === column)) continue;
      const above = head === undefined ? '' : contentOf(head, cellsOf(head.text)[at] ?? NO_CELL);
      const name =
        cells.length === 2 && column === 1 && at === 1 ? (cells[0] ?? '') : row === line ? above : '';
      const bare = new RegExp(`^${ARN}$`).test(value) && (row === line || cells.length === 1) ? 'KeyId' : '';
      const label = memberNamed(name, value) ?? memberNamed(bare, value);
      if (label !== null)
        found.push({
          name: memberNamed(name, value) === null ? 'KeyId' : name,
          value,
          next: label,
          row,
          column: at,
        });
    }
  }
  // Two keys without names may be the old and the new one.
  const names = found.map(({ name }) => name);
  return new Set(names).size === names.length ? found : [];
}

function rowOf({ text }: Line, contents: readonly string[], growth: readonly number[]): string {
  const cells = cellsOf(text).map((cell, at) => {
    const written = text.slice(cell.start, cell.end);
    const lead = written.length - written.trimStart().length;
    const content = contents[at] ?? '';
    const width = written.length + (growth[at] ?? 0);
    return (' '.repeat(content === '' ? 0 : lead) + content).padEnd(width);
  });
  return `|${cells.join('|')}|`;
}

/** A ruler or a title. */
function otherLine(text: string, growth: readonly number[]): string {
  const total = growth.reduce((a, b) => a + b, 0);
  if (/^[+-]+$/.test(text)) {
    const parts = text.split('+').slice(1, -1);
    if (parts.length === growth.length)
      return `+${parts.map((part, at) => '-'.repeat(Math.max(1, part.length + (growth[at] ?? 0)))).join('+')}+`;
    return total < 0
      ? text.slice(0, 1) + text.slice(1 - total)
      : text.slice(0, 1) + '-'.repeat(total) + text.slice(1);
  }
  if (!/^\|.*\|$/.test(text)) return text;
  const inner = text.slice(1, -1);
  const title = inner.trim();
  // As Python centres a text.
  const pad = Math.max(0, inner.length + total - title.length);
  const left = Math.floor(pad / 2) + (pad & (inner.length + total) & 1);
  return `|${(' '.repeat(left) + title).padEnd(inner.length + total)}|`;
}
