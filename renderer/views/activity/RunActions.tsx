import { Pause, Play, RotateCw, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { RunSummary } from '#shared/model/run.ts';
import { faultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { plural } from '../../lib/format.ts';
import { againWords, resumeWords, undoWords } from '../../lib/run-words.ts';
import { isOver, useRuns } from '../../store/runs.ts';
import { useUi } from '../../store/ui.ts';
import { UndoDialog } from './UndoDialog.tsx';

/** What can be done with a run, each button saying what it will touch. */
export function RunActions({ run, detail = false }: { readonly run: RunSummary; readonly detail?: boolean }) {
  const [undoing, setUndoing] = useState(false);
  // The dialog outlives the buttons: it says what came of the undoing.
  return (
    <>
      <Buttons run={run} detail={detail} onUndo={() => setUndoing(true)} />
      {undoing && <UndoDialog run={run} onClose={() => setUndoing(false)} />}
    </>
  );
}

function Buttons({
  run,
  detail,
  onUndo,
}: {
  readonly run: RunSummary;
  readonly detail: boolean;
  readonly onUndo: () => void;
}) {
  const { cancel, pause, resume, retryFailed } = useRuns.getState();
  const { showRun } = useUi.getState();
  if (run.elsewhere !== null)
    return <p className="hint">Another Rewrap has this run (process {run.elsewhere.pid}).</p>;
  const again = async (): Promise<void> => showRun(await retryFailed(run.id));
  const live = !isOver(run) && run.status !== 'undoing';
  const held = run.status === 'paused' || run.status === 'pausing';
  const nothing = !live && run.status !== 'unfinished' && run.retry === null && run.undo === null;
  if (nothing || run.status === 'undoing') return null;
  return (
    <div className="run-actions">
      {live && !held && !run.dryRun && run.status !== 'cancelling' && (
        <Button
          icon={<Pause className="icon" aria-hidden="true" />}
          onPress={() => attempt(() => pause(run.id))}
        >
          Pause
        </Button>
      )}
      {live && held && (
        <Button
          variant="primary"
          icon={<Play className="icon" aria-hidden="true" />}
          onPress={() => attempt(() => resume(run.id))}
        >
          Go on
        </Button>
      )}
      {live && (
        <Button
          variant="quiet"
          isDisabled={run.status === 'cancelling'}
          onPress={() => attempt(() => cancel(run.id))}
        >
          Cancel run
        </Button>
      )}
      {run.status === 'unfinished' && run.resume !== null && (
        <Button
          variant="primary"
          icon={<Play className="icon" aria-hidden="true" />}
          onPress={() => attempt(() => resume(run.id))}
        >
          {resumeWords(run.resume)}
        </Button>
      )}
      {run.retry !== null && (
        <Button icon={<RotateCw className="icon" aria-hidden="true" />} onPress={() => attempt(again)}>
          {againWords(run.retry)}
        </Button>
      )}
      {isOver(run) && run.undo !== null && (detail || run.status === 'unfinished') && (
        <Button
          icon={<Undo2 className="icon" aria-hidden="true" />}
          onPress={onUndo}
        >{`${undoWords(run)}…`}</Button>
      )}
      {run.status === 'unfinished' && run.resume !== null && (
        <Button variant="quiet" onPress={() => attempt(() => cancel(run.id))}>
          {`Leave ${plural(run.resume.blobs, 'blob')} as they are`}
        </Button>
      )}
    </div>
  );
}

/** Does it; a refusal is shown. */
function attempt(work: () => Promise<unknown>): void {
  work().catch((error: unknown) => useUi.getState().complain(faultOf(error)));
}
