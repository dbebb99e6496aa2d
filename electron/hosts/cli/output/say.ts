import { styleText } from 'node:util';

/** How much a command says, and in which form. */
export interface Manner {
  /** Only what was asked for, and what went wrong. */
  readonly quiet: boolean;
  /** Of each blob also its keys, its algorithms and the request id. */
  readonly verbose: boolean;
  /** One JSON document on standard output, faults included. */
  readonly json: boolean;
  /** Standard output is for the new file alone (`--out -`). */
  readonly bytes: boolean;
}

let manner: Manner = { quiet: false, verbose: false, json: false, bytes: false };

export function setManner(next: Partial<Manner>): void {
  manner = { ...manner, ...next };
}
export const mannerNow = (): Manner => manner;

/** What a command reports of its work: to standard output; to standard error where that is for a file. Not with `--quiet`. */
export function report(line: string): void {
  if (manner.quiet) return;
  if (manner.bytes) console.error(line);
  else console.log(line);
}

/** Good to know, and nothing that is wrong: to standard error. Not with `--quiet`. */
export function note(line: string): void {
  if (!manner.quiet) console.error(`rewrap: ${line}`);
}

/** What may need an action: to standard error, always. */
export function warn(line: string): void {
  console.error(`rewrap: ${line}`);
}

type Meaning = 'good' | 'bad' | 'doubtful' | 'strong';
const STYLES = { good: 'green', bad: 'red', doubtful: 'yellow', strong: 'bold' } as const;

/**
 * Text in the colour of its meaning, where `stream` is a terminal that has colours. NO_COLOR, FORCE_COLOR and
 * NODE_DISABLE_COLORS are obeyed, as Node does.
 */
export function painted(meaning: Meaning, text: string, stream: NodeJS.WriteStream): string {
  return styleText(STYLES[meaning], text, { stream });
}
