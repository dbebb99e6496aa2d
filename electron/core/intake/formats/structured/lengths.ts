import type { ByteText } from '../../bytewise/index.ts';
import { type TextView, writeText } from '../../text-view.ts';
import type { LinkedValue } from '../../types.ts';

/** Characters looked at on each side of a list. */
const REACH = 200;

/** The size of an array as its declaration gives it: `blob[184] = {`, `[184]byte{`, `[u8; 184] = [`. */
const BEFORE =
  /(?:(?:Uint8Array|Buffer|Int8Array)\([ \t]*(\d{1,5})[ \t]*\)[ \t]*\[|\(len=(\d{1,5})(?: cap=\d{1,5})?\)[ \t]*\{|\[[ \t]*(?:u8[ \t]*;[ \t]*)?(\d{1,5})[ \t]*\](?:[ \t]*(?:byte|uint8))?[ \t]*=?[ \t\r\n]*[[{(]?|\[u8[ \t]*;[ \t]*(\d{1,5})[ \t]*\][ \t]*=[ \t]*\*?b?)[ \t\r\n]*["']?$/;
/** What `xxd -i` writes after its array. */
const AFTER =
  /^[ \t]*,?[ \t\r\n]*\};?[ \t\r\n]*(?:unsigned int|size_t|const unsigned int)[ \t]+\w{1,80}_len[ \t]*=[ \t]*(\d{1,5})/;

/** Lengths written beside a list of bytes, which follow another blob: without it the program would not be right. */
export function lengthsAround(view: TextView, { start, end, bytes }: ByteText): LinkedValue[] {
  const { text } = view;
  const from = Math.max(0, start - REACH);
  const linkedValues: LinkedValue[] = [];
  const add = (at: number, digits: string): void => {
    if (Number(digits) !== bytes.length) return;
    linkedValues.push({
      name: 'length of the array',
      range: { start: view.byteAt(at), end: view.byteAt(at + digits.length) },
      write: (next) => writeText(String(next.bytes.length), view.charset),
    });
  };
  const before = BEFORE.exec(text.slice(from, start));
  const size = before?.[1] ?? before?.[2] ?? before?.[3] ?? before?.[4];
  if (before !== null && size !== undefined) add(from + before.index + before[0].indexOf(size), size);
  const after = AFTER.exec(text.slice(end, end + REACH));
  if (after?.[1] !== undefined) add(end + after[0].length - after[1].length, after[1]);
  return linkedValues;
}
