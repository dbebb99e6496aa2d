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
