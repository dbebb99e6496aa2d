import { CircleX, LoaderCircle, TriangleAlert, X } from 'lucide-react';
import { Button, IconButton } from '../../components/Button.tsx';
import { useActions } from '../../store/app/actions.ts';
import { copyDiagnostics, useEngine } from '../../store/app/engine.ts';
import { useUi } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';

/** Short confirmations, spoken too. The live region stands from the start, or readers would miss its first words. */
export function Toasts() {
  const toasts = useUi((state) => state.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite" data-react-aria-top-layer="true">
      {toasts.map((toast) => (
        <div key={toast.id} className="toast">
          {toast.text}
        </div>
      ))}
    </div>
  );
}

/** Says that a question waits for the person outside the page: nothing here could answer it. Above every dialog. */
export function ApprovalNotice() {
  const waiting = useConnection((state) => state.approval);
  return (
    <div className="approval-notice" role="status" aria-live="polite" data-react-aria-top-layer="true">
      {waiting !== null && (
        <div className="approval-waiting">
          <LoaderCircle className="icon spin" aria-hidden="true" />
          <div>
            <p>
              <strong>
                Waiting for your confirmation{' '}
                {waiting.where === 'dialog' ? 'in the dialog' : 'in the terminal'}
              </strong>
            </p>
            <p>{waiting.title}</p>
          </div>
        </div>
      )}
    </div>
  );
}

const REASON = 'Each file is wholly old or wholly new, and runs kept their place.';

/** What the person is to know when the part that does the work stopped: as it is, and what to do. */
export function EngineNotice() {
  const { state, fault, dismiss } = useEngine();
  const { show } = useActions(useUi);
  // A page that was loaded after it had failed hears so from the first request.
  const late = useConnection((store) => (store.fault?.code === 'EngineFailed' ? store.fault : null));
  const failed = state === 'failed' ? fault : late;
  if (failed !== null)
    return (
      <section className="fault" role="alert" aria-label="Rewrap stopped">
        <CircleX className="icon fault-icon" aria-hidden="true" />
        <div className="fault-body">
          <p className="fault-what">{failed.message}</p>
          <p className="fault-why">{failed.detail}</p>
          <p className="fault-remedy">
            <strong>What to do: </strong>
            {failed.remedy}
          </p>
          <div className="fault-actions">
            <Button onPress={() => void copyDiagnostics()}>Copy diagnostics</Button>
          </div>
        </div>
      </section>
    );
  if (state === 'restarting')
    return (
      <section className="engine-notice" role="alert" aria-label="Rewrap is restarting">
        <LoaderCircle className="icon spin" aria-hidden="true" />
        <p>The part of Rewrap that does the work stopped and is being started again. {REASON}</p>
      </section>
    );
  if (state !== 'again') return null;
  return (
    <section className="engine-notice" role="alert" aria-label="Rewrap restarted">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <div className="fault-body">
        <p>
          <strong>The part of Rewrap that does the work stopped, and was started again.</strong>{' '}
          {fault?.detail}
        </p>
        <p>
          Runs that were under way are unfinished and can be resumed. The list was read again from what you
          opened; pasted text is gone.
        </p>
        <div className="fault-actions">
          <Button variant="primary" onPress={() => show('runs')}>
            Show runs
          </Button>
          <Button onPress={() => void copyDiagnostics()}>Copy diagnostics</Button>
        </div>
      </div>
      <IconButton label="Dismiss" small onPress={dismiss}>
        <X className="icon" aria-hidden="true" />
      </IconButton>
    </section>
  );
}
