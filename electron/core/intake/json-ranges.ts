/**
 * Where things stand in JSON text. The text is validated with `JSON.parse` first; this only finds positions, which
 * no parser in the box gives. Iterative, linear, and keeps only the objects that are open.
 */

export interface JsonMember {
  /** Range of the key with its quotes. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Range of the value, quotes included. */
  readonly valueStart: number;
  valueEnd: number;
}

export interface JsonObject {
  /** Keys (as ranges of raw text) and indices that lead here from the top. */
  readonly path: readonly (JsonMember | number)[];
  readonly members: readonly JsonMember[];
}

interface Open {
  readonly isObject: boolean;
  readonly members: JsonMember[];
  /** Elements before the current one, in an array. */
  index: number;
}

/** Deepest nesting followed. */
const MAX_DEPTH = 1000;

/**
 * Ranges of the JSON objects or arrays that make up the text, one after the other with white space between (outputs
 * appended to one file). Null when anything else stands between them.
 */
export function jsonDocuments(text: string): { start: number; end: number }[] | null {
  const documents: { start: number; end: number }[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    if (text[at] !== '{' && text[at] !== '[') return null;
    const start = at;
    let depth = 0;
    do {
      const char = text[at];
      if (char === '"') at = stringEnd(text, at);
      else {
        if (char === '{' || char === '[') depth++;
        else if (char === '}' || char === ']') depth--;
        at++;
      }
    } while (depth > 0 && at < text.length);
    if (depth > 0) return null;
    documents.push({ start, end: at });
    at = skipSpace(text, at);
  }
  return documents.length > 0 ? documents : null;
}

/** Calls `visit` for each object in `[start, end)`, inner ones first. False when it is nested too deeply. */
export function visitObjects(
  text: string,
  start: number,
  end: number,
  visit: (object: JsonObject) => void,
): boolean {
  const open: Open[] = [];
  let at = start;
  /** Range of a string that may turn out to be a key. */
  let key: { start: number; end: number } | null = null;
  const closeValue = (valueEnd: number): void => {
    const member = open.at(-1)?.members.at(-1);
    if (open.at(-1)?.isObject === true && member !== undefined && member.valueEnd === -1)
      member.valueEnd = valueEnd;
  };
  while (at < end) {
    const char = text[at];
    const top = open.at(-1);
    if (char === '"') {
      const close = stringEnd(text, at);
      const expectsKey =
        top?.isObject === true && (top.members.length === 0 || top.members.at(-1)?.valueEnd !== -1);
      if (expectsKey) key = { start: at, end: close };
      else closeValue(close);
      at = close;
    } else if (char === ':' && top !== undefined && key !== null) {
      at = skipSpace(text, at + 1);
      top.members.push({ keyStart: key.start, keyEnd: key.end, valueStart: at, valueEnd: -1 });
      key = null;
    } else if (char === '{' || char === '[') {
      if (open.length >= MAX_DEPTH) return false;
      open.push({ isObject: char === '{', members: [], index: 0 });
      at++;
    } else if (char === '}' || char === ']') {
      const closed = open.pop();
      at++;
      if (closed?.isObject === true) visit({ path: pathOf(open), members: closed.members });
      closeValue(at);
    } else if (char === ',') {
      if (top !== undefined) top.index++;
      at++;
    } else if (isSpaceOf(text, at)) at++;
    else {
      while (at < end && !',}] \t\r\n'.includes(text[at] ?? ',')) at++;
      closeValue(at);
    }
  }
  return true;
}

function pathOf(open: readonly Open[]): (JsonMember | number)[] {
  const path: (JsonMember | number)[] = [];
  for (const { isObject, members, index } of open) {
    const member = members.at(-1);
    if (!isObject) path.push(index);
    else if (member !== undefined) path.push(member);
  }
  return path;
}

/** Offset after the closing quote of the string that begins at `at`. */
export function stringEnd(text: string, at: number): number {
  let next = at + 1;
  while (next < text.length && text[next] !== '"') next += text[next] === '\\' ? 2 : 1;
  return Math.min(next + 1, text.length);
}

/** Index of the first character from `at` on that is not JSON white space. */
export function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && isSpaceOf(text, next)) next++;
  return next;
}

function isSpaceOf(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
