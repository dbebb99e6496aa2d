import { useMemo } from 'react';
import type { RunSummary } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Progress, Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { count, duration, moment, plural } from '../../lib/format.ts';
import { RUN_STATUS } from '../../lib/words.ts';
import { useKeyName } from '../../store/keys.ts';
import { usePlans } from '../../store/plans.ts';
import { isOver, useRuns } from '../../store/runs.ts';
import { useUi } from '../../store/ui.ts';
import { OpenPlanButton, PlanList } from '../plan/PlanList.tsx';
import { PlanPage } from '../plan/PlanPage.tsx';
import { RunActions } from './RunActions.tsx';
import { RunDetail } from './RunDetail.tsx';

/** Every run, newest first; one of them open. */
export function ActivityView() {
  const { runs, status, fault, load } = useRuns();
  const openRun = useUi((state) => state.openRun);
  const showRun = useUi((state) => state.showRun);
  const openPlan = useUi((state) => state.openPlan);
  const noPlan = usePlans((state) => state.plans.length === 0);
  const list = useMemo(
    () => [...runs.values()].toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1)),
    [runs],
  );
  const waiting = useLongWait(status === 'loading');
  const shown = openRun === null ? undefined : runs.get(openRun);
  if (openPlan !== null) return <PlanPage key={openPlan} planId={openPlan} />;
  if (shown !== undefined) return <RunDetail run={shown} onBack={() => showRun(null)} />;
  return (
    <section className="view view-scroll" aria-label="Activity">
      <div className="page page-wide">
        <div className="page-head">
          <h1 className="page-title">Activity</h1>
          <OpenPlanButton />
        </div>
        <PlanList />
        {status === 'failed' && fault !== null ? (
          <FaultCard fault={fault}>
            <Button onPress={() => void load()}>Try again</Button>
          </FaultCard>
        ) : list.length === 0 ? (
          waiting ? (
            <Skeleton label="Loading runs" />
          ) : !noPlan ? null : (
            <p className="empty-note">
              No run yet. Select blobs and press Re-encrypt; preflights and runs are listed here, and plans
              that you open.
            </p>
          )
        ) : (
          <>
            <RunList title="Under way" runs={list.filter((run) => !isOver(run))} onOpen={showRun} />
            <RunList
              title="Unfinished"
              runs={list.filter((run) => run.status === 'unfinished')}
              onOpen={showRun}
            />
            <RunList
              title="Ended"
              runs={list.filter((run) => isOver(run) && run.status !== 'unfinished')}
              onOpen={showRun}
            />
          </>
        )}
      </div>
    </section>
  );
}

function RunList({
  title,
  runs,
  onOpen,
}: {
  readonly title: string;
  readonly runs: readonly RunSummary[];
  readonly onOpen: (runId: string) => void;
}) {
  if (runs.length === 0) return null;
  return (
    <section className="run-group" aria-label={title}>
      <h2 className="run-group-title">{title}</h2>
      <ul className="run-list">
        {runs.map((run) => (
          <RunCard key={run.id} run={run} onOpen={() => onOpen(run.id)} />
        ))}
      </ul>
    </section>
  );
}

function RunCard({ run, onOpen }: { readonly run: RunSummary; readonly onOpen: () => void }) {
  const { counts } = run;
  const done = counts.succeeded + counts.failed + counts.skipped + counts.restored;
  const destination = useKeyName(run.destinationKeyId);
  const what = run.dryRun ? 'Preflight' : 'Re-encryption';
  return (
    <li className="run-card">
      <div className="run-card-head">
        <button
          type="button"
          className="run-open"
          onClick={onOpen}
          aria-label={`Open ${what.toLowerCase()} of ${moment(run.startedAt, true)}`}
        >
          {what} of {plural(counts.total, 'blob')}
        </button>
        <Status {...RUN_STATUS[run.status]} />
        <span className="gap" />
        <span className="hint tabular">{moment(run.startedAt, true)}</span>
      </div>
      {!isOver(run) && (
        <Progress
          label={what}
          done={done}
          failed={counts.failed}
          total={counts.total}
          tone={run.status === 'running' || run.status === 'undoing' ? 'running' : 'attention'}
        />
      )}
      <p className="run-line tabular">
        <span>
          {count(counts.succeeded)} {run.dryRun ? 'will work' : 're-encrypted'}
        </span>
        <span className={counts.failed > 0 ? 'danger-text' : ''}>
          {count(counts.failed)} {run.dryRun ? 'will fail' : 'failed'}
        </span>
        {counts.skipped > 0 && <span>{count(counts.skipped)} skipped</span>}
        {counts.restored > 0 && <span>{count(counts.restored)} as before</span>}
        {run.status === 'unfinished' && counts.waiting > 0 && <span>{count(counts.waiting)} to go</span>}
        {run.status === 'running' && run.secondsLeft !== null && (
          <span>{duration(run.secondsLeft)} left</span>
        )}
        <span title={run.destinationKeyId}>to {destination}</span>
        <span>{run.connection}</span>
        {run.route === 'decrypt-encrypt' && <span>decrypted here, encrypted there</span>}
      </p>
      {run.fault !== null && <p className="remark remark-attention">{run.fault.message}</p>}
      <RunActions run={run} />
    </li>
  );
}
