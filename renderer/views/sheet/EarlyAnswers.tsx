import { TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { RunItem } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultLines } from '../../components/FaultCard.tsx';
import { cannotOpen, FEW_ANSWERS } from '../../lib/words/fixes.ts';
import { plural } from '../../lib/words/format.ts';
import { useDraft } from '../../store/draft.ts';
import { fetchItems, useRuns } from '../../store/runs.ts';
import { useUi } from '../../store/ui.ts';

/**
 * What the first answers of a preflight have in common, where none of them opens: another account or Region, or a
 * practice KMS, opens none of the rest either.
 */
export function EarlyAnswers() {
  const dryRunId = useDraft((state) => state.dryRunId);
  const run = useRuns((state) => (dryRunId === null ? undefined : state.runs.get(dryRunId)));
  const cancel = useRuns((state) => state.cancel);
  const open = useUi((state) => state.open);
  const [failed, setFailed] = useState<readonly RunItem[]>([]);
  const counts = run?.counts;
  const none = counts !== undefined && counts.succeeded + counts.already === 0 && counts.failed > 0;
  const enough = none && counts.failed >= Math.min(FEW_ANSWERS, counts.total);
  const id = run?.id;
  useEffect(() => {
    setFailed([]);
    if (!enough || id === undefined) return;
    let gone = false;
    const asked = useRuns.getState().runs.get(id);
    if (asked !== undefined)
      fetchItems(asked, true).then(
        ({ items }) => {
          if (!gone) setFailed(items);
        },
        () => undefined,
      );
    return () => {
      gone = true;
    };
  }, [enough, id]);
  const fault = cannotOpen(failed);
  if (run === undefined || !none || fault === null) return null;
  return (
    <section className="notice notice-attention early-answers" aria-label="First answers" role="alert">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <div className="stack stack-tight">
        <p>
          <strong>None of the first {plural(failed.length, 'blob')} opens with this connection.</strong>
        </p>
        <div>
          <FaultLines fault={fault} />
        </div>
        <div className="button-row">
          <Button onPress={() => void cancel(run.id)}>Stop</Button>
          <Button variant="quiet" onPress={() => open('connection')}>
            Change the connection…
          </Button>
        </div>
      </div>
    </section>
  );
}
