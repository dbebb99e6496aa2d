import { useMemo } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useArranged } from './useArranged.ts';

/** Asks before files leave the list, all of them or those that were chosen. Files on disk are not touched, and the words say so. */
export function ClearDialog() {
  const open = useUi((state) => state.dialog === 'clear');
  const close = useUi((state) => state.open);
  const removing = useUi((state) => state.removing);
  const rows = useBlobs((state) => state.rows);
  const all = useBlobs((state) => state.sources.length);
  const files = removing?.length ?? all;
  const blobs = useMemo(() => {
    if (removing === null) return rows.length;
    const chosen = new Set(removing);
    return rows.filter(({ sourceId }) => chosen.has(sourceId)).length;
  }, [rows, removing]);
  const remove = useIntake((state) => state.remove);
  return (
    <Dialog
      title={removing === null ? 'Clear the list' : 'Remove from the list'}
      role="alertdialog"
      open={open}
      onClose={() => close(null)}
      footer={
        <>
          <Button onPress={() => close(null)}>Cancel</Button>
          <Button
            variant="primary"
            onPress={() => {
              close(null);
              void remove(removing);
            }}
          >
            {`Remove ${plural(blobs, 'blob')}`}
          </Button>
        </>
      }
    >
      <p>
        Removes {plural(blobs, 'blob')} in {plural(files, 'file')} from the list. The files themselves stay as
        they are.
      </p>
      {removing !== null && <Hidden removing={removing} />}
    </Dialog>
  );
}

/** How many of the blobs are not in sight. */
function Hidden({ removing }: { readonly removing: readonly string[] }) {
  const { table, shown } = useArranged();
  const hidden = useMemo(() => {
    const files = new Set(removing);
    const inSight = new Uint8Array(table.size);
    for (const index of shown) inSight[index] = 1;
    return table.rows.reduce(
      (sum, { sourceId }, index) => (files.has(sourceId) && inSight[index] === 0 ? sum + 1 : sum),
      0,
    );
  }, [table, shown, removing]);
  if (hidden === 0) return null;
  return <p className="remark remark-attention">{`The filter hides ${count(hidden)} of these blobs.`}</p>;
}
