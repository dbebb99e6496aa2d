import type { ArchiveProblem } from './limits.ts';

/** A file of an archive, or why it is not read. An empty name: the archive itself. */
export type Part =
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly problem: ArchiveProblem };

/** Bytes that are read from any place: of a file that is open, or in memory. */
export interface Bytes {
  readonly size: number;
  /** At most `length` bytes from `at`; fewer at the end. Good until the next call. */
  read(at: number, length: number): Uint8Array;
}

/** Bytes in memory. */
export const inMemory = (bytes: Uint8Array): Bytes => ({
  size: bytes.length,
  read: (at, length) => bytes.subarray(at, at + length),
});
