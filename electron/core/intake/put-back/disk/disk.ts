import { type FileSource, readSource } from '../../files/read-source.ts';
import { type PutBackFs, REAL_FS } from '../fs.ts';
import { type ReplaceFileInput, replaceFile } from '../replace-file.ts';
import {
  type Removed,
  type Restored,
  type RestoreInput,
  removeWritten,
  restoreBackup,
  type WrittenFile,
} from '../undo.ts';
import { type WriteNewFileInput, writeNewFile } from '../write-new-file.ts';

/** Where files are read, replaced, written, restored and removed: see the functions of these names. */
export interface Disk {
  readSource(path: string): Promise<FileSource>;
  replaceFile(input: Omit<ReplaceFileInput, 'fs'>): Promise<{ readonly backupPath: string | null }>;
  writeNewFile(input: Omit<WriteNewFileInput, 'fs'>): Promise<{ readonly path: string }>;
  restoreBackup(input: Omit<RestoreInput, 'fs'>): Promise<Restored>;
  removeWritten(input: WrittenFile): Promise<Removed>;
  /** Call when no file is under way. */
  close(): void;
}

/** Files are put back in the thread that asks. */
export function diskHere(fs: PutBackFs = REAL_FS): Disk {
  return {
    readSource: fs.read ?? readSource,
    replaceFile: (input) => replaceFile({ ...input, fs }),
    writeNewFile: (input) => writeNewFile({ ...input, fs }),
    restoreBackup: (input) => restoreBackup({ ...input, fs }),
    removeWritten: (input) => removeWritten(input, fs),
    close: () => {},
  };
}
