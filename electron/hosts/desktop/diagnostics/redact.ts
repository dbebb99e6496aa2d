/**
 * What may identify a person, an account, a key or a secret, in the order in which it is taken out. The log is made of
 * names and numbers in the first place; this is the net beneath, for words that come from a system error.
 */
const RULES: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // Whole ARNs, with whatever the resource is called.
  [/\barn:[a-z-]+:[^\s"']*/gi, '‹arn›'],
  // Addresses keep their scheme and host's kind alone.
  [/\b([a-z][a-z0-9+.-]*):\/\/[^\s"'<>]+/gi, '‹$1 address›'],
  [/\b[\w.+-]+@[\w-]+(\.[\w-]+)+\b/g, '‹mail address›'],
  // Access key ids and their kin.
  [/\b(AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{12,}\b/g, '‹key id›'],
  // Paths of Windows, network shares, and of the others; in quotes to the closing one, as they may hold blanks.
  [/'(?:[a-z]:[\\/]|\\\\|\/|~\/)[^'\n]*'/gi, '‹path›'],
  [/"(?:[a-z]:[\\/]|\\\\|\/|~\/)[^"\n]*"/gi, '‹path›'],
  [/(?:\b[a-z]:[\\/]|\\\\)[^\s"'<>|]+/gi, '‹path›'],
  [/(?<![\w/])(?:~)?\/[^\s"'<>]+/g, '‹path›'],
  // Key ids, request ids.
  [/\b(mrk-)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b/gi, '‹id›'],
  [/\bmrk-[0-9a-f]{16,}\b/gi, '‹id›'],
  // Ciphertext, plaintext, tokens, secret keys: anything that looks like bytes in text. Names of errors are shorter and
  // of letters alone.
  [/(?=[A-Za-z_-]*[\d+/=])[A-Za-z0-9+/_=-]{20,}|[A-Za-z0-9+/_=-]{40,}/g, '‹bytes›'],
  [/\b\d{12}\b/g, '‹account›'],
  [/\b\d{1,3}(\.\d{1,3}){3}\b/g, '‹ip›'],
];

/** Longest text that is kept, characters. */
const LONGEST = 300;

/** A text on one line with everything taken out that may name a person, a file, an account, a key or a secret. */
export function redact(text: string): string {
  let clean = text.replace(/\s+/g, ' ');
  for (const [pattern, instead] of RULES) clean = clean.replace(pattern, instead);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}
