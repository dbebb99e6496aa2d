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
