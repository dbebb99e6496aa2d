import { CircleCheck, CircleSlash, CircleX } from 'lucide-react';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Progress } from '../../components/Progress.tsx';
import { count, duration, plural } from '../../lib/format.ts';
import { groupFaults, notesOf } from '../../lib/outcome.ts';
import { useDraft } from '../../store/draft.ts';
import { isOver, useRuns } from '../../store/runs.ts';
import { FaultGroups } from './FaultGroups.tsx';
import { NewBlobs } from './NewBlobs.tsx';
import { TwoStepNote } from './TwoStepSection.tsx';
import { useRunItems } from './useRunItems.ts';

/** A run as it goes, and what came of it. */
export function RunPanel() {
  const runId = useDraft((state) => state.runId);
  const run = useRuns((state) => (runId === null ? undefined : state.runs.get(runId)));
  const { items, fault } = useRunItems(run);
  if (run === undefined) return <p role="status">Starting the run</p>;
  const { counts } = run;
  const done = counts.succeeded + counts.failed + counts.skipped;
  const over = isOver(run);
  return (
    <section className="outcome" aria-label={over ? 'Result' : 'Progress'}>
      <p className="outcome-title" role="status">
        {over
          ? endWords(run.status, counts.succeeded)
          : run.status === 'cancelling'
            ? 'Stopping after the requests under way'
            : 'Re-encrypting'}
      </p>
      <Progress
        label="Re-encryption"
        done={done}
        total={counts.total}
        failed={counts.failed}
        tone={!over ? 'running' : run.status === 'finished' ? 'done' : 'attention'}
      />
      {!over && (
        <p className="run-line tabular">
          <span>
            {count(done)} of {plural(counts.total, 'blob')}
          </span>
          <span>{run.rate.toFixed(run.rate < 10 ? 1 : 0)} a second</span>
          <span>
            {run.secondsLeft === null ? 'time left not yet known' : `${duration(run.secondsLeft)} left`}
          </span>
        </p>
      )}
      <ul className="tally">
        <li className="tally-done">
          <CircleCheck className="icon" aria-hidden="true" />
          <span>
            <strong>{count(counts.succeeded)}</strong> re-encrypted
          </span>
        </li>
        {counts.failed > 0 && (
          <li className="tally-danger">
            <CircleX className="icon" aria-hidden="true" />
            <span>
              <strong>{count(counts.failed)}</strong> failed
            </span>
          </li>
        )}
        {(counts.skipped > 0 || (over && counts.waiting > 0)) && (
          <li className="tally-attention">
            <CircleSlash className="icon" aria-hidden="true" />
            <span>
              <strong>{count(counts.skipped + (over ? counts.waiting : 0))}</strong> left as they were
            </span>
          </li>
        )}
      </ul>
      <TwoStepNote run={run} />
      {run.fault !== null && <FaultCard fault={run.fault} />}
      {fault !== null && <FaultCard fault={fault} />}
      {over && items !== null && (
        <>
          <NewBlobs run={run} items={items.items} />
          {notesOf(items.items).map(({ note, count: times }) => (
            <p key={note} className="remark remark-attention">
              {note} ({plural(times, 'blob')})
            </p>
          ))}
          {counts.failed > 0 && (
            <>
              <p className="hint">Files of failed blobs are as they were.</p>
              <FaultGroups groups={groupFaults(items.items)} />
            </>
          )}
        </>
      )}
    </section>
  );
}

function endWords(status: string, succeeded: number): string {
  if (status === 'cancelled') return 'The run was cancelled';
  if (status === 'failed') return 'The run stopped';
  return succeeded > 0 ? `Re-encrypted ${plural(succeeded, 'blob')}` : 'No blob was re-encrypted';
}
