/**
 * The files of a drop. A desktop host turns each dropped item, folders too, into a path by itself. In a browser a
 * folder must be walked here; each file then keeps its place in `webkitRelativePath`, as a folder picker gives it.
 */
export async function filesOf(transfer: DataTransfer, desktop: boolean): Promise<File[]> {
  const flat = [...transfer.files];
  if (desktop) return flat;
  // Entries must be asked for before the first await: the transfer is empty afterwards.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.every((entry) => entry.isFile)) return flat;
  const found: File[] = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, into: File[]): Promise<void> {
  if (isFile(entry)) {
    const file = await new Promise<File | null>((resolve) => entry.file(resolve, () => resolve(null)));
    if (file === null) return;
    Object.defineProperty(file, 'webkitRelativePath', { value: entry.fullPath.replace(/^\//, '') });
    into.push(file);
    return;
  }
  if (!isDirectory(entry)) return;
  const reader = entry.createReader();
  for (;;) {
    // A reader hands out a directory in batches; an empty one is the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, into);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
