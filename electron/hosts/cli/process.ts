import { setFlagsFromString } from 'node:v8';

/** What the entry point and the options say once of the whole process, apart from all that does work. */

let bundles = import.meta.dirname;
/** The folder of the built bundles: commands are loaded from a folder below it, and start threads and children beside. */
export function setBundles(folder: string): void {
  bundles = folder;
}
export const bundleFolder = (): string => bundles;

let waitMs: number | undefined;
/** Longest wait for one answer, in all that this process does; milliseconds. */
export function limitWaits(ms: number): void {
  waitMs = ms;
}
export const waitLimit = (): { waitMs?: number } => (waitMs === undefined ? {} : { waitMs });

/**
 * V8 waits until the heap has doubled before it looks for garbage, and what a run makes is garbage soon. To be called once
 * the code is loaded: while the heap is small it would look for garbage again and again.
 */
export const growSlowly = (): void => setFlagsFromString('--heap-growing-percent=40');
