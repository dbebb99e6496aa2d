/**
 * A terminal's sequence (ECMA-48: colours, cursor), a choice of its character set, or one control character. One that is
 * cut off right before a blob takes no letter of it.
 */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  /\x1b\[(?!010[12]0[1-9]0078)[0-?]{0,32}[ -/]{0,4}(?!AQ[EI][A-D]AH|AYA[A-D]|Ag[RV]4|QVF[FJ]|Q2l[B-E]|Ci[A-D][A-Za-z0-9+/_-]{28})[@-~]|\x1b[()][0-9A-Z]|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above.
const ANY_CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
/** The first entry of an environment, as /proc/PID/environ has it. */
const ENVIRONMENT = /^[A-Za-z_][\w.-]*=[^\0]*\0/;

/**
 * Text in which each control character, tab and line ends apart, is white space of the same length: a line end for the
 * zero byte between entries, where a file is made of such entries, and spaces for anything else. The text itself where
 * it has none.
 */
export function withoutControls(raw: string): string {
  if (!hasControls(raw)) return raw;
  const separated = !raw.includes('\n') || ENVIRONMENT.test(raw);
  return raw.replace(CONTROLS, (met) => (met === '\0' && separated ? '\n' : ' '.repeat(met.length)));
}

/** Whether a text has control characters other than tab and line ends. */
export function hasControls(raw: string): boolean {
  return ANY_CONTROL.test(raw);
}
