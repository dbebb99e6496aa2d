import { appendFileSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from '../../../core/storage/files.ts';

/** Size at which a new file is begun, bytes. */
const ROTATE_AT = 512 * 1024;
/** Older files that are kept: rewrap.1.log is the last one before the present. */
const KEEP = 3;

/** What is said of an event: numbers, switches and short names. Text goes through {@link redact}. */
type Facts = Readonly<Record<string, string | number | boolean | null>>;

/**
 * The desktop host's log: one line for each event, in the folder where the system keeps logs. It tells what happened
 * and when, never to which file, key, account or person. A disk that refuses costs the log, nothing else.
 */
export class Log {
  /** Absolute path of the present file. */
  readonly file: string;
  readonly #folder: string;
  readonly #now: () => Date;

  constructor(folder: string, now: () => Date = () => new Date()) {
    this.#folder = folder;
    this.#now = now;
    this.file = join(folder, 'rewrap.log');
  }

  write(event: string, facts: Facts = {}): void {
    const words = Object.entries(facts).map(([name, value]) => {
      if (typeof value !== 'string') return `${name}=${value}`;
      const clean = redact(value);
      return `${name}=${/^[\w.‹›:-]*$/.test(clean) ? clean : JSON.stringify(clean)}`;
    });
    const line = [this.#now().toISOString(), event, ...words].join(' ');
    try {
      makeFolders(this.#folder, 0o700);
      this.#rotate();
      appendFileSync(this.file, `${line}\n`, { mode: 0o600 });
    } catch {
      // A full or read-only disk.
    }
  }

  /** The last lines, oldest first. */
  tail(lines: number): string[] {
    try {
      return readFileSync(this.file, 'utf8').trimEnd().split('\n').slice(-lines);
    } catch {
      return [];
    }
  }

  #rotate(): void {
    const size = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
    if (size < ROTATE_AT) return;
    const older = (number: number) => join(this.#folder, `rewrap.${number}.log`);
    rmSync(older(KEEP), { force: true });
    for (let number = KEEP - 1; number >= 1; number -= 1) {
      if (statSync(older(number), { throwIfNoEntry: false }) !== undefined)
        renameSync(older(number), older(number + 1));
    }
    renameSync(this.file, older(1));
  }
}

/** The kind of an error and its words, redacted, for the log. */
export function errorFacts(error: unknown): Facts {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return { error: error.name, code, words: error.message };
}

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
