/** Pieces of a report are about so long, characters: long enough to cost nothing, short enough to be made at once. */
const PIECE = 65_536;

/** Short texts joined into pieces, so that whoever takes them can let others have a turn in between. */
export function* pieces(texts: Iterable<string>): Generator<string> {
  let piece: string[] = [];
  let length = 0;
  for (const text of texts) {
    piece.push(text);
    length += text.length;
    if (length < PIECE) continue;
    yield piece.join('');
    piece = [];
    length = 0;
  }
  if (piece.length > 0) yield piece.join('');
}

/**
 * A JSON text in which some lists stand as `"name": []` so far: each is filled with its members, one on a line. Lists
 * are named in the order in which they stand. A member may come in pieces of its own.
 */
export function* filled(
  frame: string,
  lists: Readonly<Record<string, Iterable<string | Iterable<string>>>>,
): Generator<string> {
  let rest = frame;
  for (const [name, members] of Object.entries(lists)) {
    const mark = `"${name}": []`;
    const at = rest.indexOf(mark);
    if (at < 0) throw new Error(`There is no list ${name} to fill.`);
    yield `${rest.slice(0, at)}"${name}": [`;
    let first = true;
    for (const member of members) {
      yield first ? '\n' : ',\n';
      if (typeof member === 'string') yield member;
      else yield* member;
      first = false;
    }
    yield first ? ']' : '\n]';
    rest = rest.slice(at + mark.length);
  }
  yield `${rest}\n`;
}
