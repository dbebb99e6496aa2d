import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useActions } from '../../store/app/actions.ts';
import { useUi } from '../../store/app/ui.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** Makes the whole window a drop target, and says so while files hover over it. */
export function DropOverlay() {
  const [over, setOver] = useState(false);
  const { show } = useActions(useUi);
  const { take } = useActions(useIntake);
  const desktop = useConnection((state) => state.app?.host === 'desktop');
  useEffect(() => {
    // dragenter and dragleave come for every element crossed; only their balance tells whether we are still inside.
    let depth = 0;
    const enter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const hover = (event: DragEvent): void => {
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = carriesFiles(event) ? 'copy' : 'none';
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (event.dataTransfer === null || !carriesFiles(event)) return;
      show('blobs');
      void filesOf(event.dataTransfer, desktop).then(take);
    };
    const events: [string, (event: DragEvent) => void][] = [
      ['dragenter', enter],
      ['dragleave', leave],
      ['dragover', hover],
      ['drop', drop],
    ];
    for (const [name, listener] of events) window.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of events) window.removeEventListener(name, listener as EventListener);
    };
  }, [show, take, desktop]);
  const sheet = useDraft((state) => state.open);
  if (!over) return null;
  return (
    <div className="drop-overlay" data-react-aria-top-layer="true">
      <div className="drop-overlay-card">
        <Download className="icon icon-large" aria-hidden="true" />
        <p className="drop-title">Drop to add</p>
        <p className="hint">
          {sheet
            ? 'They are added to the list; the open sheet keeps its blobs.'
            : 'Files are read and searched for ciphertext.'}
        </p>
      </div>
    </div>
  );
}

/**
 * The files of a drop. A desktop host turns each dropped item, folders too, into a path by itself. In a browser a
 * folder must be walked here; each file then keeps its place in `webkitRelativePath`, as a folder picker gives it.
 */
async function filesOf(transfer: DataTransfer, desktop: boolean): Promise<File[]> {
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
