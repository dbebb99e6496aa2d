import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useIntake } from '../../store/blobs/intake.ts';

/** Asks before emptying the table. Files on disk are not touched, and the words say so. */
export function ClearDialog() {
  const open = useUi((state) => state.dialog === 'clear');
  const close = useUi((state) => state.open);
  const blobs = useBlobs((state) => state.rows.length);
  const files = useBlobs((state) => state.sources.length);
  const remove = useIntake((state) => state.remove);
  return (
    <Dialog
      title="Clear the list"
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
              void remove(null);
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
