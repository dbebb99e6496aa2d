import type { TextView } from '../text/text-view.ts';
import { CSV_LABEL, Group, Leaf, type LeafRules, MAX_VALUES, type Structure } from './nodes.ts';

const PLAIN: LeafRules = {
  style: 'plain',
  escaped: false,
  value: (leaf) => leaf.view.read(leaf.start, leaf.end),
  write: (_, text) => field(text),
  rewrite: (_, text) => field(text),
};

const QUOTED: LeafRules = {
  style: 'double',
  escaped: false,
  value: (leaf) => leaf.view.read(leaf.start, leaf.end).replaceAll('""', '"'),
  write: (_, text) => text.replaceAll('"', '""'),
  rewrite: (_, text) => `"${text.replaceAll('"', '""')}"`,
};

function field(text: string): string {
  return /[",;|\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

interface Field {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

/**
 * Comma-, semicolon- or tab-separated values (RFC 4180). Null unless there are two rows at least, all with the same
 * number of fields, two or more. Fields are named by the first row where its names are all different.
 */
export function readCsv(view: TextView): Structure | null {
  for (const delimiter of [',', '\t', ';']) {
    const structure = readWith(view, delimiter);
    if (structure !== null) return structure;
  }
  return null;
}

function readWith(view: TextView, delimiter: string): Structure | null {
  const { text } = view;
  const root = new Group({ kind: 'list', parent: null, start: 0, label: CSV_LABEL });
  root.end = text.length;
  const leaves: Leaf[] = [];
  let width = 0;
  let line = 1;
  let names: readonly (string | number)[] = [];
  /** Whether some field begins without a space: `, ` all through is prose. */
  let dense = false;
  let at = 0;
  while (at < text.length) {
    const row = readRow(text, at, delimiter);
    if (row === null) return null;
    const { fields, next } = row;
    const blank = fields.length === 1 && fields[0]?.start === fields[0]?.end;
    if (!blank) {
      if (width === 0) {
        width = fields.length;
        names = headersOf(view, fields);
      }
      if (width < 2 || fields.length !== width || leaves.length + width > MAX_VALUES) return null;
      const group = new Group({ kind: 'map', parent: root, key: line, start: at });
      group.end = next;
      root.members.push(group);
      for (const [i, { start, end, quoted }] of fields.entries()) {
        const outer = quoted ? 1 : 0;
        dense ||= i > 0 && text[start] !== ' ';
        const leaf = new Leaf({
          view,
          parent: group,
          key: names[i] ?? i + 1,
          start,
          end,
          outerStart: start - outer,
          outerEnd: end + outer,
          rules: quoted ? QUOTED : PLAIN,
        });
        group.members.push(leaf);
        leaves.push(leaf);
      }
    }
    for (let feed = text.indexOf('\n', at); feed !== -1 && feed < next; feed = text.indexOf('\n', feed + 1))
      line++;
    at = next;
  }
  return root.members.length < 2 || !dense ? null : { syntax: 'csv', view, roots: [root], leaves };
}

function headersOf(view: TextView, fields: readonly Field[]): (string | number)[] {
  const names = fields.map(({ start, end }) => view.read(start, Math.min(end, start + 100)).trim());
  const usable =
    names.every((name) => name !== '' && name.length < 64) && new Set(names).size === names.length;
  return usable ? names : fields.map((_, i) => i + 1);
}

/** One record from `at`; null when a quoted field is not closed or has something after its quotes. */
function readRow(text: string, at: number, delimiter: string): { fields: Field[]; next: number } | null {
  const fields: Field[] = [];
  let from = at;
  for (;;) {
    let end: number;
    if (text[from] === '"') {
      end = text.indexOf('"', from + 1);
      while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
      if (end === -1) return null;
      fields.push({ start: from + 1, end, quoted: true });
      end++;
    } else {
      end = from;
      while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end++;
      if (text[end - 1] === '\r' && text[end] === '\n' && end > from) end--;
      fields.push({ start: from, end, quoted: false });
    }
    if (text[end] === '\r' && text[end + 1] === '\n') end++;
    if (end >= text.length) return { fields, next: text.length };
    if (text[end] === '\n') return { fields, next: end + 1 };
    if (text[end] !== delimiter || fields.length > 10_000) return null;
    from = end + 1;
  }
}
