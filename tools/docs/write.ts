import { readFileSync, writeFileSync } from 'node:fs';
import { blocks, examples, shows } from './console.ts';

/** What differs from one run to the next, replaced by `…` where output is written into a document. */
const VARYING: readonly [RegExp, string][] = [
  [/\b(?:mrk-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '…'],
  [/\bmrk-[0-9a-f]{32}\b/g, '…'],
  [/\b[0-9a-f]{64}\b/g, '…'],
  [/\b[0-9a-f]{8}\b(?!-)/g, '…'],
  [/\b\d{4}-\d{2}-\d{2}T[0-9:.-]+Z?\b/g, '…'],
  [/\b\d{8}T?-?\d{6}[-\w]*/g, '…'],
  [/\b\d{4}-\d{2}-\d{2}\b/g, '…'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:…'],
  [/\/tmp\/[\w.-]+\//g, '…/'],
  [/\b\d+(?:\.\d+)? (?:ms|s)\b/g, '…'],
];

/** `…` for each varying value, as wide as the value where a column follows. */
const masked = (line: string): string =>
  VARYING.reduce(
    (text, [pattern, by]) =>
      text.replace(new RegExp(`(?:${pattern.source})( {2,}(?=\\S))?`, 'g'), (match, gap?: string) =>
        gap === undefined ? by : by.padEnd(match.length),
      ),
    line,
  );

/** Puts what each example printed in the place of what the document shows, where the two differ. */
export function rewriteExamples(
  file: string,
  printed: readonly { readonly line: number; readonly lines: readonly string[] }[],
): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  const all = blocks(lines.join('\n'))
    .filter(({ language }) => language === 'console')
    .flatMap(examples);
  for (const { command, output, line } of all.toReversed()) {
    const now = printed.find((one) => one.line === line)?.lines;
    if (now === undefined || shows(output, now)) continue;
    const from = line - 1 + command.split('\n').length;
    lines.splice(from, output.length, ...now.map(masked));
  }
  writeFileSync(file, lines.join('\n'));
}
