import { Pause, Play } from 'lucide-react';
import type { RunSummary } from '#shared/model/run.ts';
import { outcomeHeadline } from '#shared/run-outcome.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { plural } from '../../lib/format.ts';
import { groupFaults, notesOf } from '../../lib/outcome.ts';
import { useDraft } from '../../store/draft.ts';
import { isOver, useRuns } from '../../store/runs.ts';
import { attempt } from '../../store/ui.ts';
import { RunActions } from '../runs/RunActions.tsx';
import { OutcomeTally, Pace, Remark, RunBar } from '../runs/RunFigures.tsx';
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
  const over = isOver(run);
  return (
    <section className="outcome" aria-label={over ? 'Result' : 'Progress'}>
      <p className="outcome-title" role="status">
        {over ? endWords(run) : (MOVING[run.status] ?? 'Re-encrypting')}
      </p>
      <RunBar run={run} />
      {!over && <Pace run={run} />}
      <Remark run={run} />
      {!over && <HoldButton run={run} />}
      {run.status === 'unfinished' && <RunActions run={run} />}
      <OutcomeTally run={run} />
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

const MOVING: Partial<Record<RunSummary['status'], string>> = {
  cancelling: 'Stopping after the requests under way',
  pausing: 'Pausing after the requests under way',
  paused: 'Paused',
  waiting: 'Waiting for the network',
  undoing: 'Undoing',
};

/** Pause, or go on. */
function HoldButton({ run }: { readonly run: RunSummary }) {
  const { pause, resume } = useRuns.getState();
  const held = run.status === 'paused' || run.status === 'pausing';
  if (run.status === 'cancelling' || run.status === 'undoing') return null;
  return (
    <span>
      <Button
        icon={
          held ? <Play className="icon" aria-hidden="true" /> : <Pause className="icon" aria-hidden="true" />
        }
        onPress={() => void attempt(() => (held ? resume(run.id) : pause(run.id)))}
      >
        {held ? 'Resume' : 'Pause'}
      </Button>
    </span>
  );
}

function endWords(run: RunSummary): string {
  const words = outcomeHeadline(run);
  if (run.status === 'cancelled') return `Cancelled: ${words}`;
  if (run.status === 'unfinished') return `Interrupted: ${words}`;
  return run.status === 'failed' ? `The run stopped: ${words}` : words;
}
