import { type PutBackFs, REAL_FS } from '../fs.ts';
import { type ReplaceFileInput, replaceFile } from '../replace-file.ts';
import { type WriteNewFileInput, writeNewFile } from '../write-new-file.ts';

/** Where files are put back: see `replaceFile` and `writeNewFile`, whose words these are. */
export interface Disk {
  replaceFile(input: Omit<ReplaceFileInput, 'fs'>): Promise<{ readonly backupPath: string | null }>;
  writeNewFile(input: Omit<WriteNewFileInput, 'fs'>): Promise<{ readonly path: string }>;
  /** Call when no file is under way. */
  close(): void;
}

/** Files are put back in the thread that asks. */
export function diskHere(fs: PutBackFs = REAL_FS): Disk {
  return {
    replaceFile: (input) => replaceFile({ ...input, fs }),
    writeNewFile: (input) => writeNewFile({ ...input, fs }),
    close: () => {},
  };
}
