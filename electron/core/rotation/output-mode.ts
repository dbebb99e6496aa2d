import { join } from 'node:path';
import { z } from 'zod';
import type { RunSummary } from '#shared/model/run.ts';

/** Where the new files of a run go, with folders as absolute paths. */
export const ResolvedOutput = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('in-place'), backup: z.boolean() }),
  z.object({ mode: z.literal('folder'), folder: z.string() }),
  /** In memory, to be handed out. */
  z.object({ mode: z.literal('keep') }),
]);
export type ResolvedOutput = Readonly<z.infer<typeof ResolvedOutput>>;

/** A file as its output mode looks at it. `path`: absolute; null for pasted text. `relative`: below an output folder. */
interface OutputFile {
  readonly path: string | null;
  readonly relative: string;
}

/** All that tells one output mode from another. */
export interface OutputMode {
  /** As a run's summary names it. */
  readonly name: RunSummary['output'];
  /** For people: what becomes of the files. */
  readonly words: string;
  /** Whether a file is replaced where it stands: it must have a path, and may hold no plaintext. */
  readonly inPlace: boolean;
  /** Whether new files are kept in memory, and so lost with the process. */
  readonly inMemory: boolean;
  /** Whether the file that is replaced is kept as a backup. */
  readonly backup: boolean;
  /** How a run is undone: originals put back from their backups, or new files removed. Null: it cannot be. */
  readonly undo: 'restore' | 'remove' | null;
  /** Absolute path of the file that gets the new content; null: it is kept in memory. */
  target(file: OutputFile): string | null;
  /**
   * Where a file is made anew: an absolute folder, and a path below it. Null: none is, or one is replaced, in place or where
   * an earlier run made it in part.
   */
  newFile(file: OutputFile): { readonly folder: string; readonly relative: string } | null;
  /** Name for people of the file that holds the new content. */
  label(file: {
    readonly display: string;
    readonly relative: string;
    readonly target: string | null;
  }): string;
}

/** What an output comes to. A new mode is one more case here. */
export function outputMode(output: ResolvedOutput): OutputMode {
  switch (output.mode) {
    case 'in-place':
      return {
        name: 'in-place',
        words: 'replaced in place',
        inPlace: true,
        inMemory: false,
        backup: output.backup,
        undo: output.backup ? 'restore' : null,
        target: ({ path }) => path,
        newFile: () => null,
        label: ({ display }) => display,
      };
    case 'folder': {
      const target = ({ relative }: OutputFile) => join(output.folder, relative);
      return {
        name: 'folder',
        words: `written into ${output.folder}`,
        inPlace: false,
        inMemory: false,
        backup: false,
        undo: 'remove',
        target,
        newFile: (file) =>
          file.path === target(file) ? null : { folder: output.folder, relative: file.relative },
        label: ({ target }) => target ?? '',
      };
    }
    case 'keep':
      return {
        name: 'download',
        words: 'offered as downloads',
        inPlace: false,
        inMemory: true,
        backup: false,
        undo: null,
        target: () => null,
        newFile: () => null,
        label: ({ relative }) => relative,
      };
  }
}

/** Absolute paths of the files that a run may write, some at a time; a dry run writes none. */
export async function* targetsOf(
  lots: AsyncIterable<readonly OutputFile[]>,
  output: ResolvedOutput,
  dryRun: boolean,
): AsyncGenerator<string[]> {
  if (dryRun) return;
  const mode = outputMode(output);
  for await (const files of lots) yield files.flatMap((file) => mode.target(file) ?? []);
}
