import { ArrowLeft } from 'lucide-react';
import { useId } from 'react';
import type { RunSummary } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { groupFaults } from '../../lib/words/outcome.ts';
import { paceWords } from '../../lib/words/pace.ts';
import { runStatus } from '../../lib/words/words.ts';
import { isOver, useRuns } from '../../store/runs/runs.ts';
import { ExportReport } from '../audit/ExportReport.tsx';
import { FaultGroups } from '../sheet/FaultGroups.tsx';
import { NewBlobs, TwoStepNote, useRunItems } from '../sheet/RunPanel.tsx';
import { RunActions } from './RunActions.tsx';
import { OutcomeTally, Remark, RunBar, RunFacts, RunPace } from './RunFigures.tsx';
import { RunRecordList } from './RunRecord.tsx';

/** One run: its figures, its failures by cause, and each blob. */
export function RunDetail({ run, onBack }: { readonly run: RunSummary; readonly onBack: () => void }) {
  const { items, fault } = useRunItems(run);
  const over = isOver(run);
  const waiting = useLongWait(over && run.counts.failed > 0 && items === null && fault === null);
  const { counts } = run;
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
          <h1 className="page-title">
            {what} of {plural(counts.total, 'blob')}
          </h1>
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

const WIDTH = 240;
const HEIGHT = 36;

/** Blobs a second over time, as far as this window watched; moments in which KMS throttled are marked. */
export function PaceChart({ runId }: { readonly runId: string }) {
  const id = useId();
  const samples = useRuns((state) => state.pace.get(runId));
  if (samples === undefined || samples.length < 3) return null;
  // A flat line says nothing that the figures above do not say.
  if (samples.every(({ rate, slowedTo }) => rate === 0 && slowedTo === null)) return null;
  const most = Math.max(1, ...samples.map(({ rate }) => rate));
  const step = WIDTH / (samples.length - 1);
  const points = samples.map(({ rate }, i) => `${i * step},${HEIGHT - (rate / most) * (HEIGHT - 2) - 1}`);
  return (
    <figure className="pace-chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={`${id}t ${id}d`}
      >
        <title id={`${id}t`}>Rate over time</title>
        <desc id={`${id}d`}>{paceWords(samples)}</desc>
        {samples.map(({ at, slowedTo }, i) =>
          slowedTo === null ? null : (
            <rect key={at} className="pace-slowed" x={i * step - step / 2} width={step} height={HEIGHT} />
          ),
        )}
        <polyline className="pace-line" points={points.join(' ')} />
      </svg>
      <figcaption className="hint tabular">{paceWords(samples)}</figcaption>
    </figure>
  );
}
