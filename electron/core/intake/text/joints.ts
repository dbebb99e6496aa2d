/**
 * What stands between two pieces of one encoded text in a program or document. One place for all readers, so that what one finds
 * another can write again.
 */

/** A quote, with what makes it a string of bytes or of another kind: `b'`, `u8"`, `@"`, `$'`. */
const OPEN = '(?:[bBrRuUfF]{1,2}|u8|[L@$])?(?:\\\\?["\'`])';
const CLOSE = '\\\\?["\'`]';
const COMMENT = "(?:(?:\\/\\/|#|--|')[^\\r\\n\"'`]{0,120})?";
/** Signs that join strings: C#, Go, Java, JavaScript, Kotlin (+), PHP and Perl (.), VB (&), SQL (||), Lua (..), Haskell (++), Elixir (<>), MATLAB (...). */
const SIGN = '(?:\\+\\+?|\\.{1,3}|,|&|\\|\\||<>|~)';
/** On one line a comma separates values. */
const SIGN_ON_LINE = SIGN.replace('|,', '');
/** Between any two of these stands something else: two in a row would be tried in every way to share what they match. */
const SPACE = '[ \\t]{0,200}';
/** A line's end, also one that a sign continues: C and shells (\\), VB (_), PowerShell (back quote). It begins behind white space. */
const EOL = `(?:(?:[\\\\_\`]${SPACE})?${COMMENT}\\r?\\n${SPACE}){1,3}`;
/** What is assigned to. */
const NAME = '[$@]?[\\w.[\\]]{1,60}';
/** Strings of an assembler, each with its directive. */
const DIRECTIVE = `(?:\\.(?:ascii|string)|d[bc](?:\\.b)?)[ \\t]{1,40}`;

/** Between two strings: signs, and the end of a line; on one line, a sign or white space. */
const STRINGS =
  `${CLOSE}${SPACE}(?:${SIGN}${SPACE})?${EOL}(?:${SIGN}${SPACE}|${DIRECTIVE})?${OPEN}` +
  `|${CLOSE}(?:${SPACE}${SIGN_ON_LINE}${SPACE}|[ \\t]{1,200})${OPEN}` +
  // x += "…", $x .= '…', x = x & "…", X="${X}…" is left; sb.append("…")
  `|${CLOSE}${SPACE}(?:;${SPACE})?\\r?\\n${SPACE}${NAME}${SPACE}=${SPACE}${NAME}${SPACE}(?:\\+|&|~|\\.\\.?)${SPACE}${OPEN}` +
  `|${CLOSE}\\)?${SPACE}(?:;${SPACE})?(?:\\r?\\n${SPACE})?(?:${NAME}${SPACE}(?:\\+=|\\.=|&=|<<)${SPACE}|(?:[\\w.]{0,60}\\.)?(?:append|concat|Append|push_str|write)\\()${OPEN}`;
/** A variable that a shell or a makefile adds to: `B="${B}…"`, `B := $(B)…`. */
const ADDED = `["']?${SPACE}(?:;${SPACE})?\\r?\\n${SPACE}(?:(?:export|local|readonly)[ \\t]{1,40})?\\w{1,60}${SPACE}:?=${SPACE}["']?(?:\\$(?:\\{\\w{1,60}\\}|\\(\\w{1,60}\\))["']?|\\$\\w{1,60}["']{1,2})`;
/**
 * Within one string or text: a gap of Haskell (`\\` on both lines), a margin of Scala (`|`), a line that HTML breaks, a variable that
 * a batch file, a shell or a makefile adds to (`X="${X}…"`); then a line's end, one that is continued (`^`: Windows' batch files), one written as an escape.
 */
const LINES = `\\\\${SPACE}\\r?\\n${SPACE}\\\\|\\r?\\n${SPACE}\\|(?=[A-Za-z0-9+/])|${SPACE}<w?br ?/?>${SPACE}(?:\\r?\\n${SPACE})?|"?\\r?\\n${SPACE}@?[sS][eE][tT][ \\t]{1,40}"?\\w{1,60}=%\\w{1,60}%|${ADDED}|[ \\t]{0,200}[\\\\\`^]?(?:\\r?\\n|\\r)[ \\t]{0,200}|(?:\\\\[rn])+`;

/** Between two pieces of a variable's value. */
export const ADDED_SOURCE = `(?:${ADDED})`;
/** Between two pieces of base64 or hex. */
export const JOINT_SOURCE = `(?:${STRINGS}|${LINES})`;
/** Between two strings of bytes. */
export const STRING_JOINT_SOURCE = `(?:${STRINGS})`;
