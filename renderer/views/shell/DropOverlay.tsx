import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useConnection } from '../../store/connection.ts';
import { useDraft } from '../../store/draft.ts';
import { useIntake } from '../../store/intake.ts';
import { useUi } from '../../store/ui.ts';
import { filesOf } from './dropped.ts';

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** Makes the whole window a drop target, and says so while files hover over it. */
export function DropOverlay() {
  const [over, setOver] = useState(false);
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
      useUi.getState().show('blobs');
      const desktop = useConnection.getState().app?.host === 'desktop';
      void filesOf(event.dataTransfer, desktop).then((files) => useIntake.getState().take(files));
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
  }, []);
  const sheet = useDraft((state) => state.open);
  if (!over) return null;
  return (
    <div className="drop-overlay" data-react-aria-top-layer="true">
      <div className="drop-overlay-card">
        <Download className="icon icon-large" aria-hidden="true" />
        <p className="drop-title">Drop to add</p>
        <p className="hint">
          {sheet
            ? 'They join the table; the open sheet keeps its blobs.'
            : 'Files are read and searched for ciphertext.'}
        </p>
      </div>
    </div>
  );
}
