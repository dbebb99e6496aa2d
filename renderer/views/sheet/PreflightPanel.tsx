import { useEffect, useRef } from 'react';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Progress } from '../../components/Progress.tsx';
import { count, plural } from '../../lib/format.ts';
import { useDraft } from '../../store/draft.ts';
import { isOver, useRuns } from '../../store/runs.ts';
import { PreflightResult } from './PreflightResult.tsx';
import { useRunItems } from './useRunItems.ts';

/** A preflight under way, then what KMS says would happen. Nothing has been changed by asking. */
export function PreflightPanel() {
  const { phase, dryRunId } = useDraft();
  const run = useRuns((state) => (dryRunId === null ? undefined : state.runs.get(dryRunId)));
  const cancel = useRuns((state) => state.cancel);
  const { items, fault } = useRunItems(run);
  const box = useRef<HTMLElement>(null);
  const ready = items !== null || fault !== null;
  useEffect(() => {
    if (ready) box.current?.scrollIntoView({ block: 'start' });
  }, [ready]);
  if (phase === 'edit' || dryRunId === null || run === undefined) return null;
  const { counts } = run;
  const done = counts.total - counts.waiting - counts.running;
  if (!isOver(run))
    return (
      <section className="outcome" aria-label="Preflight">
        <p role="status">
          Asking KMS about {plural(counts.total, 'blob')}: {count(done)} answered
        </p>
        <Progress label="Preflight" done={done} total={counts.total} />
        <span>
          <Button variant="quiet" onPress={() => void cancel(run.id)}>
            Cancel preflight
          </Button>
        </span>
      </section>
    );
  return (
    <section className="outcome" aria-label="Preflight result" ref={box}>
      <h3 className="sheet-heading">Preflight</h3>
      {run.fault !== null && <FaultCard fault={run.fault} />}
      {fault !== null && <FaultCard fault={fault} />}
      {items !== null && <PreflightResult run={run} items={items} />}
    </section>
  );
}
