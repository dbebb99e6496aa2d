import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Turns } from '../../core/limits/turns.ts';
import type { BlobEntry, ListedSource } from '../workspace/index.ts';

/** Where a blob begins in its text, both counted from 1; a column counts UTF-16 units. */
interface TextPosition {
  readonly line: number;
  readonly column: number;
}

const LINE_FEED = 0x0a;

/**
 * Lines and columns of blobs that do not stand at the beginning of their file. Files are read again; of one that has
 * changed since, and of binary ones, nothing is known. Gives turns to others.
 *
 * @param count Rows of the list, those of one source beside each other.
 */
export async function textPositions(
  count: number,
  entry: (index: number) => BlobEntry | undefined,
): Promise<ReadonlyMap<number, TextPosition>> {
  const positions = new Map<number, TextPosition>();
  const turns = new Turns();
  let source: ListedSource | null = null;
  let waiting: { index: number; start: number }[] = [];
  let unit = 1;
  const settle = () => {
    const bytes = source === null || waiting.length === 0 ? null : contentOf(source);
    if (bytes !== null) place(bytes, unit, waiting, positions);
    waiting = [];
  };
  for (let index = 0; index < count; index += 1) {
    const of = entry(index);
    if (of === undefined) continue;
    if (of.source !== source) {
      settle();
      source = of.source;
      if (turns.over) await turns.give();
    }
    const { charset } = of.found.encoding;
    if (charset === 'binary') continue;
    unit = charset.startsWith('utf-16') ? 2 : 1;
    waiting.push({ index, start: of.found.range.start });
  }
  settle();
  return positions;
}

/** The bytes that the list was made from; null where they are not there any more. */
function contentOf(source: ListedSource): Uint8Array | null {
  if (source.bytes !== null) return source.bytes;
  if (source.path === null || source.archive !== null) return null;
  try {
    const bytes = readFileSync(source.path);
    return createHash('sha256').update(bytes).digest('hex') === source.sha256 ? bytes : null;
  } catch {
    return null;
  }
}

/** Goes through the bytes once, whatever the lengths of lines. `unit`: bytes of a character's unit. */
function place(
  bytes: Uint8Array,
  unit: number,
  waiting: { readonly index: number; readonly start: number }[],
  positions: Map<number, TextPosition>,
): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  waiting.sort((a, b) => a.start - b.start);
  let line = 1;
  let column = 1;
  // A byte order mark is no character of the text.
  let at =
    unit === 2
      ? /^(?:fffe|feff)/.test(buffer.toString('hex', 0, 2))
        ? 2
        : 0
      : buffer.toString('hex', 0, 3) === 'efbbbf'
        ? 3
        : 0;
  for (const { index, start } of waiting) {
    for (;;) {
      const end = lineFeed(buffer, at, unit);
      if (end < 0 || end >= start) break;
      line += 1;
      column = 1;
      at = end + unit;
    }
    if (start > at) {
      column += unit === 2 ? (start - at) / 2 : buffer.toString('utf8', at, start).length;
      at = start;
    }
    positions.set(index, { line, column });
  }
}

function lineFeed(buffer: Buffer, from: number, unit: number): number {
  for (let end = buffer.indexOf(LINE_FEED, from); end >= 0; end = buffer.indexOf(LINE_FEED, end + 1)) {
    if (unit === 1) return end;
    // The other byte of the unit is zero, before it or after it.
    const first = end - ((end - from) % 2);
    if (buffer[first] === 0 || buffer[first + 1] === 0) return first;
  }
  return -1;
}
