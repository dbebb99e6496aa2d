import { useBlobs } from '../../store/blobs.ts';
import { useDraft } from '../../store/draft.ts';
import { useSelection } from '../../store/selection.ts';
import { useUi } from '../../store/ui.ts';

/** Opens the re-encrypt sheet for the ticked blobs; without any, for the one that the cursor is on. */
export function openSheet(): void {
  const { selected, cursor, byRules } = useSelection.getState();
  const { rows, byId } = useBlobs.getState();
  const ticked = rows.filter((row) => selected.has(row.id));
  const here = cursor === null ? undefined : byId.get(cursor);
  const chosen = ticked.length > 0 ? ticked : here === undefined ? [] : [here];
  if (chosen.length === 0) {
    useUi.getState().toast('Select the blobs to re-encrypt first');
    return;
  }
  useDraft.getState().openFor(chosen, ticked.length > 0 ? (byRules ?? []) : []);
}
