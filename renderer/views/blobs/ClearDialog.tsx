import { useMemo } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useIntake } from '../../store/blobs/intake.ts';

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
    </Dialog>
  );
}
