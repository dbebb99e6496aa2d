/**
 * How base64 of a blob of layout v0 begins: 0A 20, a fingerprint of 32 bytes, and 12. The first three letters alone, which
 * any text beginning with a line feed and a space has too, say little: one line of random letters in 65,536 begins so.
 */
export const V0_BASE64 = 'Ci[A-D][A-Za-z0-9+/_-]{42}[BRhx][I-L]';

const V0 = new RegExp(`^${V0_BASE64}`);
/** As many letters as {@link V0_BASE64} looks at. */
export const V0_LETTERS = 47;
const ENOUGH = /^[A-Za-z0-9+/_-]{47}/;

/** Whether letters that begin as v0 does can be those of a blob: of fewer than it takes to tell, yes. */
export function mayBeV0(letters: string): boolean {
  return V0.test(letters) || !ENOUGH.test(letters);
}

/** 1 for each character of a class, by its code. */
const tableOf = (characters: RegExp): Uint8Array =>
  Uint8Array.from({ length: 128 }, (_, code) => (characters.test(String.fromCharCode(code)) ? 1 : 0));

/** Letters of base64, of either alphabet. */
const IS_LETTER = tableOf(/[A-Za-z0-9+/_-]/);
/** The same with what pads it. */
export const IS_PADDED_LETTER = tableOf(/[A-Za-z0-9+/_=-]/);

/**
 * Runs of at least `length` letters of base64, each as long as it goes. Most texts have none, and this looks at one letter
 * in `length` of them: a pattern looks at each.
 */
export function* letterRuns(
  text: string,
  length: number,
  isLetter = IS_LETTER,
): Generator<{ start: number; end: number }> {
  for (let at = length - 1; at < text.length; ) {
    if (isLetter[text.charCodeAt(at)] !== 1) {
      at += length;
      continue;
    }
    let start = at;
    while (start > 0 && isLetter[text.charCodeAt(start - 1)] === 1) start--;
    let end = at + 1;
    while (end < text.length && isLetter[text.charCodeAt(end)] === 1) end++;
    if (end - start >= length) yield { start, end };
    at = end + length;
  }
}

/** Whether as many letters of base64 as `length` stand side by side. */
export function hasLetterRun(text: string, length: number): boolean {
  return letterRuns(text, length).next().done === false;
}
