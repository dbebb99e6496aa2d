import { type ComponentType, useEffect, useState } from 'react';
import { pageFaultOf } from '../../api.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';

/** How long the first rows get before the dialogs are loaded, milliseconds. */
const AFTER_ROWS_MS = 100;

/**
 * The dialogs, loaded once the first rows are shown: before a person can open one, and beside nothing that they wait for.
 * One that is asked for sooner loads them at once, and shows when they are there.
 */
export function LaterDialogs() {
  const [Dialogs, setDialogs] = useState<ComponentType | null>(null);
  const rows = useBlobs((state) => state.status !== 'loading');
  const asked = useUi((state) => state.dialog);
  useEffect(() => {
    if (Dialogs !== null || (!rows && asked === null)) return;
    const load = (): void => {
      void import('./Dialogs.tsx').then(
        (loaded) => setDialogs(() => loaded.Dialogs),
        (error: unknown) => {
          // Without a host there is nothing to load; who opens one tries again.
          if (asked !== null) useUi.getState().complain(pageFaultOf(error));
        },
      );
    };
    const timer = setTimeout(load, asked === null ? AFTER_ROWS_MS : 0);
    return () => clearTimeout(timer);
  }, [Dialogs, rows, asked]);
  return Dialogs === null ? null : <Dialogs />;
}
