/**
 * How base64 of a blob of layout v0 begins: 0A 20, a fingerprint of 32 bytes, and 12. The first three letters alone, which
 * any text beginning with a line feed and a space has too, say little: one line of random letters in 65,536 begins so.
 */
export const V0_BASE64 = 'Ci[A-D][A-Za-z0-9+/_-]{42}[BRhx][I-L]';

const V0 = new RegExp(`^${V0_BASE64}`);
/** As many letters as that looks at. */
const ENOUGH = /^[A-Za-z0-9+/_-]{47}/;

/** Whether letters that begin as v0 does can be those of a blob: of fewer than it takes to tell, yes. */
export function mayBeV0(letters: string): boolean {
  return V0.test(letters) || !ENOUGH.test(letters);
}

/** Letters of base64, of either alphabet, by their code. */
const IS_LETTER = Uint8Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9+/_-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * Whether as many letters of base64 as `length` stand side by side. Most files have no long run, and this looks at
 * one letter in `length` of them: a pattern looks at each.
 */
export function hasLetterRun(text: string, length: number): boolean {
  for (let at = length - 1; at < text.length; ) {
    let from = at;
    while (from >= 0 && IS_LETTER[text.charCodeAt(from)] === 1 && at - from < length) from--;
    const before = at - from;
    if (before === 0) {
      at += length;
      continue;
    }
    let to = at + 1;
    while (to < text.length && to - from <= length && IS_LETTER[text.charCodeAt(to)] === 1) to++;
    if (to - from - 1 >= length) return true;
    at = to + length - 1;
  }
  return false;
}
