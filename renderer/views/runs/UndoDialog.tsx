import { useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { undoWords } from '../../lib/words/run-words.ts';
import { useUi } from '../../store/app/ui.ts';
import { type Undone, useRuns } from '../../store/runs/runs.ts';
import { RunBar } from './RunFigures.tsx';

/** The question about the run that a person wants undone, wherever it was asked for. */
export function UndoDialog() {
  const askUndo = useUi((state) => state.askUndo);
  const asked = useUi((state) => state.undoing);
  const run = useRuns(({ runs }) => (asked === null ? undefined : runs.get(asked)));
  if (asked === null || run === undefined) return null;
  return <Question key={asked} run={run} onClose={() => askUndo(null)} />;
}

/** Asks before a run is undone, shows how far that is, and says what came of it. */
function Question({ run, onClose }: { readonly run: RunSummary; readonly onClose: () => void }) {
  const undo = useRuns((state) => state.undo);
  // What was asked for stays in words, though the run has nothing left to undo.
  const [words] = useState(() => undoWords(run));
  const [busy, setBusy] = useState(false);
  const [undone, setUndone] = useState<Undone | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const press = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      setUndone(await undo(run.id));
    } catch (error) {
      setFault(pageFaultOf(error));
    }
    setBusy(false);
  };
  const how =
    run.output === 'folder'
      ? 'Files that this run wrote into the output folder are removed. The originals were never touched.'
      : 'Each file gets its original back from the backup beside it, verified by its hash; then the backups are removed.';
  return (
    <Dialog
      title="Undo this run"
      role="alertdialog"
      open
      onClose={busy ? () => {} : onClose}
      footer={
        undone === null ? (
          <>
            <span className="gap" />
            <Button reason={busy ? 'The files are being restored.' : null} onPress={onClose}>
              Cancel
            </Button>
            <Button
              variant="danger"
              reason={busy ? 'The files are being restored.' : null}
              onPress={() => void press()}
            >
              {words}
            </Button>
          </>
        ) : (
          <>
            <span className="gap" />
            <Button key="done" variant="primary" autoFocus onPress={onClose}>
              Done
            </Button>
          </>
        )
      }
    >
      {undone === null ? (
        <>
          <p>{how}</p>
          <p className="hint">A file that changed since the run is left as it is, and named here.</p>
          {busy && (
            <>
              <p>{run.output === 'folder' ? 'Removing new files' : 'Restoring originals'}</p>
              <RunBar run={{ ...run, status: 'undoing' }} />
            </>
          )}
        </>
      ) : (
        <>
          <p>
            {run.output === 'folder'
              ? `Removed ${plural(undone.restored.files, 'file')}.`
              : `Restored ${plural(undone.restored.blobs, 'blob')} in ${plural(undone.restored.files, 'file')}.`}
          </p>
          {undone.leftTotal > 0 && (
            <>
              <p className="remark remark-attention">{`${plural(undone.leftTotal, 'file')} left as found:`}</p>
              <ul>
                {undone.left.slice(0, 20).map(({ file, fault: why }) => (
                  <li key={file}>
                    <strong>{file}</strong> {why.message}
                  </li>
                ))}
              </ul>
              {undone.leftTotal > 20 && <p className="hint">{`And ${count(undone.leftTotal - 20)} more.`}</p>}
            </>
          )}
        </>
      )}
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}
