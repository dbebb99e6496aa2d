import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

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

/** V8's space for new objects while a command works, MiB: one of the two halves that it consists of. */
const YOUNG_MIB = 4;
/** Objects made at a time, some two MiB, until the space has grown; and how often at most. */
const MADE = 50_000;
const MOST_ROUNDS = 10;

const growYoungSpaceBy = (factor: number): void => setFlagsFromString(`--semi-space-growth-factor=${factor}`);

/**
 * Keeps V8's space for new objects at the 1 MiB that it begins with, for the whole process. It would grow to 16 MiB, twice,
 * and be held for good: 100 MiB and more of a run's peak, for what is garbage at once. The flag that limits it,
 * `--max-semi-space-size`, is read when Node starts, and `#!/usr/bin/env node` can give none everywhere. Not for a command that starts
 * the engine's thread, which has limits of its own.
 */
export const keepYoungSpace = (): void => growYoungSpaceBy(1);

/**
 * Lets it grow in one step to {@link YOUNG_MIB}, which spares a run an eighth of its CPU time, and keeps it there. It
 * grows when a collection finds that more is alive than it has room for: so much is made here, and let go.
 */
export function growYoungSpaceOnce(): void {
  growYoungSpaceBy(YOUNG_MIB);
  for (let round = 0; round < MOST_ROUNDS && youngMiB() < YOUNG_MIB; round++)
    Array.from({ length: MADE }, (_, i) => ({ i }));
  growYoungSpaceBy(1);
}

const youngMiB = (): number =>
  (getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0) / 2 ** 21;
