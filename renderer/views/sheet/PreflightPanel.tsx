import { CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Progress } from '../../components/Progress.tsx';
import { count, plural } from '../../lib/format.ts';
import { notesOf, undecided } from '../../lib/outcome.ts';
import { useDraft } from '../../store/draft.ts';
import { isOver, useRuns } from '../../store/runs.ts';
import { FaultGroups, ItemList } from './FaultGroups.tsx';
import { useRunItems } from './useRunItems.ts';

/** What KMS says would happen: will work, will fail (by cause), cannot tell. Nothing has been changed by asking. */
export function PreflightPanel() {
  const { phase, dryRunId, draft, exclude } = useDraft();
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
  const done = counts.succeeded + counts.failed + counts.skipped;
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
  const unsure = items === null ? [] : undecided(items.items);
  const failing = items === null ? [] : items.items.filter((item) => item.state === 'failed');
  const unsureCount = counts.total - counts.succeeded - counts.failed;
  return (
    <section className="outcome" aria-label="Preflight result" ref={box}>
      <h3 className="sheet-heading">Preflight</h3>
      {run.fault !== null && <FaultCard fault={run.fault} />}
      <div role="status">
        <ul className="tally">
          {counts.succeeded > 0 && (
            <li className="tally-done">
              <CircleCheck className="icon" aria-hidden="true" />
              <span>
                <strong>{count(counts.succeeded)}</strong> will work
              </span>
            </li>
          )}
          {counts.failed > 0 && (
            <li className="tally-danger">
              <CircleX className="icon" aria-hidden="true" />
              <span>
                <strong>{count(counts.failed)}</strong> will fail
              </span>
            </li>
          )}
          {unsureCount > 0 && (
            <li className="tally-attention">
              <CircleHelp className="icon" aria-hidden="true" />
              <span>
                <strong>{count(unsureCount)}</strong> cannot tell
              </span>
            </li>
          )}
        </ul>
      </div>
      {draft.excluded.size > 0 && (
        <p className="remark" role="status">
          {plural(draft.excluded.size, 'blob')} that will fail {draft.excluded.size === 1 ? 'is' : 'are'} left
          out of the run.
        </p>
      )}
      {fault !== null && <FaultCard fault={fault} />}
      {items !== null && (
        <>
          {notesOf(items.items).map(({ note, count: times }) => (
            <p key={note} className="remark remark-attention">
              {note} ({plural(times, 'blob')})
            </p>
          ))}
          <FaultGroups items={items.items} />
          {unsure.length > 0 && (
            <div className="fault-group">
              <p>KMS was not asked about, or gave no answer for:</p>
              <ItemList items={unsure} />
            </div>
          )}
          {items.more > 0 && <p className="hint">{count(items.more)} more are not listed here.</p>}
          {failing.length > 0 && counts.succeeded > 0 && items.more === 0 && draft.excluded.size === 0 && (
            <span>
              <Button onPress={() => exclude(failing.map((item) => item.blobId))}>
                {`Leave out the ${plural(failing.length, 'blob')} that will fail`}
              </Button>
            </span>
          )}
        </>
      )}
    </section>
  );
}
