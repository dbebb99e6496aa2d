import { TriangleAlert } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultLines } from '../../components/FaultCard.tsx';
import { cannotOpen, FEW_ANSWERS } from '../../lib/words/fixes.ts';
import { plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { fetchItems, useRuns } from '../../store/runs/runs.ts';

/**
 * What the first answers of a preflight have in common, where none of them opens: another account or Region, or a
 * practice KMS, opens none of the rest either.
 */
export function EarlyAnswers() {
  const dryRunId = useDraft((state) => state.dryRunId);
  const run = useRuns((state) => (dryRunId === null ? undefined : state.runs.get(dryRunId)));
  const cancel = useRuns((state) => state.cancel);
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
    <NoneOpens fault={fault} asked={failed.length}>
      <Button onPress={() => void cancel(run.id)}>Stop</Button>
    </NoneOpens>
  );
}

/** The same of the few blobs that were asked about before a run of many: it was not started. */
export function Unopened() {
  const unopened = useDraft((state) => state.unopened);
  const run = useDraft((state) => state.run);
  if (unopened === null) return null;
  return (
    <NoneOpens {...unopened}>
      <Button onPress={() => void run(true)}>Re-encrypt anyway</Button>
    </NoneOpens>
  );
}

function NoneOpens({
  fault,
  asked,
  children,
}: {
  readonly fault: Fault;
  readonly asked: number;
  readonly children: ReactNode;
}) {
  const open = useUi((state) => state.open);
  return (
    <section className="notice notice-attention early-answers" aria-label="First answers" role="alert">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <div className="stack stack-tight">
        <p>
          <strong>None of the first {plural(asked, 'blob')} opens with this connection.</strong>
        </p>
        <div>
          <FaultLines fault={fault} />
        </div>
        <div className="button-row">
          {children}
          <Button variant="quiet" onPress={() => open('connection')}>
            Change the connection…
          </Button>
        </div>
      </div>
    </section>
  );
}
