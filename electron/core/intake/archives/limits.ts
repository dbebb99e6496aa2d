import { count } from '#shared/format.ts';
import type { SkippedCode } from '#shared/model/coverage.ts';

/** What an archive may come to. Sizes in bytes. */
export interface ArchiveLimits {
  /** Largest file in an archive that is read, as outside of archives. */
  readonly memberBytes: number;
  /** All that one archive unpacks to, with the archives in it. */
  readonly totalBytes: number;
  /** How many times its own size an archive may unpack to, once that is more than {@link freeBytes}. */
  readonly ratio: number;
  readonly freeBytes: number;
  /** Entries of one archive, with those of the archives in it. */
  readonly entries: number;
  /** Archives in one another, the outermost counted. A compressed tar is one. */
  readonly depth: number;
}

const MIB = 1024 * 1024;

export const ARCHIVE_LIMITS: ArchiveLimits = {
  memberBytes: 64 * MIB,
  totalBytes: 8192 * MIB,
  // Text compresses to a twentieth. Deflate reaches 1,032, which only files made for it, or empty ones, do.
  ratio: 200,
  freeBytes: 128 * MIB,
  entries: 1_000_000,
  depth: 3,
};

/** Why something in an archive is not read; ends what is being read where it is thrown. */
export class ArchiveProblem extends Error {
  readonly code: SkippedCode;

  constructor(code: SkippedCode, message: string) {
    super(message);
    this.name = 'ArchiveProblem';
    this.code = code;
  }
}

export const damaged = (what: string): ArchiveProblem =>
  new ArchiveProblem(
    'archive-damaged',
    `Damaged or cut off: ${what}. What stands after that place was not read.`,
  );

export const closed = (what: string): ArchiveProblem => new ArchiveProblem('archive-closed', what);

/** Counts what one outermost archive comes to, at all depths. */
export class ArchiveBudget {
  readonly limits: ArchiveLimits;
  #packed = 0;
  #unpacked = 0;
  #entries = 0;

  constructor(limits: ArchiveLimits) {
    this.limits = limits;
  }

  /** Bytes of the outermost archive that were read. */
  packed(bytes: number): void {
    this.#packed += bytes;
  }

  /** Throws an {@link ArchiveProblem} where that is too much: such an archive is made to fill memory or disk. */
  unpacked(bytes: number): void {
    this.#unpacked += bytes;
    const { totalBytes, ratio, freeBytes } = this.limits;
    if (this.#unpacked > totalBytes)
      throw new ArchiveProblem(
        'archive-limit',
        `Unpacks to more than ${mib(totalBytes)}: the rest was not read. Unpack it, and add the folder.`,
      );
    if (this.#unpacked > Math.max(freeBytes, this.#packed * ratio))
      throw new ArchiveProblem(
        'archive-limit',
        `Unpacks to more than ${ratio} times its size, as archives do that are made to fill a disk: the rest was not read. If it is to be trusted, unpack it, and add the folder.`,
      );
  }

  /** Throws an {@link ArchiveProblem} where there are too many. */
  entry(): void {
    if (++this.#entries > this.limits.entries)
      throw new ArchiveProblem(
        'archive-limit',
        `Holds more than ${count(this.limits.entries)} entries: the rest was not read. Unpack it, and add the folder.`,
      );
  }
}

export const mib = (bytes: number): string => `${count(Math.round(bytes / MIB))} MiB`;
