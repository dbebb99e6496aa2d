import { plural } from './format.ts';

/** What people read of one way out of a run, and what decides what is offered with it. */
interface Output {
  /** In the choice of the sheet. */
  readonly label: string;
  readonly detail: string;
  /** Whether files are replaced where they stand. */
  readonly inPlace: boolean;
  /** What was done to its files: "3 of 4 rewritten". */
  readonly done: string;
  /** What undoing does, before the number of blobs and files. */
  readonly undone: string;
  /** What a run will touch, never "all". `backup`: whether originals are kept. */
  touches(counts: { readonly files: number; readonly blobs: number }, backup: boolean): string;
}

/**
 * The ways out of a run by the name that its summary has: read by core, screen and command line. A new one is an entry here,
 * a case of `OutputChoice` (what is asked) and of `outputMode` in core/rotation (what is done).
 */
export const OUTPUTS = {
  'in-place': {
    label: 'Replace in place',
    detail: 'Each file is replaced only after its new content is on disk and complete. Encoding is kept.',
    inPlace: true,
    done: 'rewritten',
    undone: 'Puts the old ciphertext back',
    touches: ({ files }, backup) =>
      `Replaces ${plural(files, 'file')} in place, ${backup ? 'keeping backups' : 'keeping no backup'}.`,
  },
  folder: {
    label: 'Into a folder',
    detail: 'The originals stay as they are; names and encoding are kept.',
    inPlace: false,
    done: 'written',
    undone: 'Removes the new files of the run',
    touches: ({ files }) => `Writes ${plural(files, 'new file')} into the folder; originals stay.`,
  },
  download: {
    label: 'Download',
    detail: 'The originals stay as they are; fetch the new files when the run is over.',
    inPlace: false,
    done: 'written',
    undone: 'Removes the new files of the run',
    touches: ({ blobs }) => `Makes ${plural(blobs, 'new blob')} to fetch; originals stay.`,
  },
} as const satisfies Record<string, Output>;

type OutputName = keyof typeof OUTPUTS;
export const OUTPUT_NAMES = Object.keys(OUTPUTS) as [OutputName, ...OutputName[]];
