import { useEffect } from 'react';
import { blobEntries } from '../../store/blob-menu.ts';
import { useBlobs } from '../../store/blobs.ts';
import { showMenu } from '../../store/menu.ts';
import { useSelection } from '../../store/selection.ts';

/** Opens the menu of a blob: of the one under the pointer, or from the keyboard of the one that the cursor is on. */
export function useContextMenus(): void {
  useEffect(() => {
    const open = (event: MouseEvent): void => {
      const { target } = event;
      if (!(target instanceof HTMLElement)) return;
      const table = target.closest('.main :is([role="grid"], [role="treegrid"])');
      if (table === null || table.querySelector('.table-body') === null) return;
      const pressed = target.closest<HTMLElement>('.table-blob');
      // A press moves the cursor; the menu is of what the cursor is on.
      pressed?.click();
      const { cursor } = useSelection.getState();
      const row = cursor === null ? undefined : useBlobs.getState().byId.get(cursor);
      if (row === undefined) return;
      const line = pressed ?? table.querySelector('.table-blob.is-active');
      showMenu(event, line, row.file, blobEntries(row));
    };
    window.addEventListener('contextmenu', open);
    return () => window.removeEventListener('contextmenu', open);
  }, []);
}
