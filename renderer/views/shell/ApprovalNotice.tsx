import { LoaderCircle } from 'lucide-react';
import { useConnection } from '../../store/connection.ts';

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
