import { sep } from 'node:path';
import {
  type Coverage,
  SKIPPED_CODES,
  SKIPPED_EXAMPLES,
  SKIPPED_WORDS,
  type SkippedCode,
} from '#shared/model/coverage.ts';

/** What was read under one root, and what was not. */
export class RootCoverage {
  readonly path: string;
  /** As it was named, or by what a page calls it. */
  readonly display: string;
  /** False: nothing stands at the path, or it cannot be looked at; it is no part of what was read. */
  readonly isThere: boolean;
  withBlobs = 0;
  withFindings = 0;
  withoutCiphertext = 0;
  records = 0;
  /** Archives that were opened, and files of them among those read. */
  archives = 0;
  inArchives = 0;
  readonly skipped = new Map<SkippedCode, { count: number; examples: string[] }>();

  constructor(path: string, display: string, isThere = true) {
    this.path = path;
    this.display = display;
    this.isThere = isThere;
  }

  skip(code: SkippedCode, file: string): void {
    const known = this.skipped.get(code) ?? { count: 0, examples: [] };
    known.count += 1;
    if (known.examples.length < SKIPPED_EXAMPLES) known.examples.push(file);
    this.skipped.set(code, known);
  }
}

/**
 * How much was looked at for the list. Roots never lie in one another: a folder that is read again, or with the one
 * above it, is counted once.
 */
export class CoverageOfList {
  #roots: RootCoverage[] = [];
  #removed = 0;
  #pasted = 0;
  /** Intakes under way. */
  #reading = 0;

  begin(): void {
    this.#reading += 1;
  }

  /** What an intake read, when it has ended. */
  end(roots: readonly RootCoverage[]): void {
    this.#reading -= 1;
    for (const root of roots) {
      if (this.#roots.some((known) => isIn(root.path, known.path) && known.path !== root.path)) continue;
      this.#roots = [...this.#roots.filter((known) => !isIn(known.path, root.path)), root];
    }
  }

  pasted(): void {
    this.#pasted += 1;
  }

  removed(files: number): void {
    this.#removed += files;
  }

  clear(): void {
    this.#roots = [];
    this.#removed = 0;
    this.#pasted = 0;
  }

  /** Absolute paths that were asked for and are there. */
  get paths(): string[] {
    return this.#roots.flatMap(({ path, isThere }) => (isThere ? [path] : []));
  }

  get current(): Coverage {
    const sum = (of: (root: RootCoverage) => number): number =>
      this.#roots.reduce((total, root) => total + of(root), 0);
    const withBlobs = sum((root) => root.withBlobs);
    const withFindings = sum((root) => root.withFindings);
    const withoutCiphertext = sum((root) => root.withoutCiphertext);
    const records = sum((root) => root.records);
    return {
      reading: this.#reading > 0,
      roots: this.#roots.flatMap(({ display, isThere }) => (isThere ? [display] : [])),
      files: {
        read: withBlobs + withFindings + withoutCiphertext + records,
        withBlobs,
        withFindings,
        withoutCiphertext,
        records,
        archives: sum((root) => root.archives),
        inArchives: sum((root) => root.inArchives),
      },
      pasted: this.#pasted,
      skipped: SKIPPED_CODES.flatMap((code) => {
        const parts = this.#roots.flatMap((root) => root.skipped.get(code) ?? []);
        const count = parts.reduce((total, part) => total + part.count, 0);
        if (count === 0) return [];
        const examples = parts.flatMap((part) => part.examples).slice(0, SKIPPED_EXAMPLES);
        return [{ code, what: SKIPPED_WORDS[code], count, examples }];
      }),
      removed: this.#removed,
    };
  }
}

/** Whether a path is another or lies below it. */
const isIn = (path: string, above: string): boolean =>
  path === above || path.startsWith(above.endsWith(sep) ? above : above + sep);
