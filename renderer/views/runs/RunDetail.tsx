import { ArrowLeft } from 'lucide-react';
import type { RunSummary } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { groupFaults } from '../../lib/words/outcome.ts';
import { runName } from '../../lib/words/run-words.ts';
import { runStatus } from '../../lib/words/words.ts';
import { isOver } from '../../store/runs/runs.ts';
import { ExportReport } from '../audit/ExportReport.tsx';
import { FaultGroups } from '../sheet/FaultGroups.tsx';
import { NewBlobs, TwoStepNote, useRunItems } from '../sheet/RunPanel.tsx';
import { RunActions } from './RunActions.tsx';
import { OutcomeTally, PaceChart, Remark, RunBar, RunFacts, RunPace } from './RunFigures.tsx';
import { RunRecordList } from './RunRecord.tsx';

/** One run: its figures, its failures by cause, and each blob. */
export function RunDetail({ run, onBack }: { readonly run: RunSummary; readonly onBack: () => void }) {
  const { items, fault } = useRunItems(run);
  const over = isOver(run);
  const waiting = useLongWait(over && run.counts.failed > 0 && items === null && fault === null);
  const what = run.dryRun ? 'Preflight' : 'Re-encryption';
  return (
    <section className="view view-scroll" aria-label={`${what} run`}>
      <div className="page page-wide">
        <div className="run-card-head">
          <span className="page-back">
            <Button variant="quiet" icon={<ArrowLeft className="icon" aria-hidden="true" />} onPress={onBack}>
              All runs
            </Button>
          </span>
          <h1 className="page-title">{runName(run)}</h1>
          <Status {...runStatus(run)} />
          {over && (
            <span className="run-export">
              <ExportReport subject={{ of: 'run', runId: run.id }} what="run" />
            </span>
          )}
        </div>
        <TwoStepNote run={run} />
        {run.fault !== null && <FaultCard fault={run.fault} />}
        <Remark run={run} />
        {!over && (
          <>
            <RunBar run={run} />
            <RunPace run={run} />
            <PaceChart runId={run.id} />
          </>
        )}
        <div className="run-card-foot">
          <OutcomeTally run={run} />
          <RunActions run={run} detail />
        </div>
        <RunFacts run={run} />
        {fault !== null && <FaultCard fault={fault} />}
        {waiting && <Skeleton label="Loading the failures" lines={4} />}
        {items !== null && (
          <>
            <NewBlobs run={run} items={items.items} inRecord />
            <FaultGroups groups={groupFaults(items.items)} beside />
            {items.more > 0 && run.counts.failed > items.items.length && (
              <p className="hint">
                {`Grouped by cause: the first ${count(items.items.length)} of ${plural(run.counts.failed, 'failed blob')}. The list below has all of them.`}
              </p>
            )}
          </>
        )}
        <RunRecordList run={run} />
      </div>
    </section>
  );
}
