import { History } from 'lucide-react';
import { useMemo } from 'react';
import type { RunSummary } from '#shared/model/run.ts';
import { outcomeParts } from '#shared/run-outcome.ts';
import { Button } from '../../components/Button.tsx';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { FaultCard, FaultRemedy } from '../../components/FaultCard.tsx';
import { KeyTitle } from '../../components/KeyFace.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { count, duration, moment } from '../../lib/words/format.ts';
import { heldWords, oldKeyNote, runName } from '../../lib/words/run-words.ts';
import { runStatus } from '../../lib/words/words.ts';
import { useUi } from '../../store/app/ui.ts';
import { usePlans } from '../../store/runs/plans.ts';
import { isOver, useRuns } from '../../store/runs/runs.ts';
import { OpenPlanButton, PlanList } from '../plan/PlanList.tsx';
import { PlanPage } from '../plan/PlanPage.tsx';
import { RunActions } from './RunActions.tsx';
import { RunDetail } from './RunDetail.tsx';
import { RunBar, Slowed } from './RunFigures.tsx';

/** Every run, newest first; one of them open. */
export function RunsView() {
  const { runs, status, fault, load } = useRuns();
  const openRun = useUi((state) => state.openRun);
  const showRun = useUi((state) => state.showRun);
  const openPlan = useUi((state) => state.openPlan);
  const showView = useUi((state) => state.show);
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
    <section className="view view-scroll" aria-label="Runs">
      <div className="page page-wide">
        <div className="page-head">
          <h1 className="page-title">Runs</h1>
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
            <EmptyNote
              icon={History}
              title="No run yet"
              text="Select blobs and press Re-encrypt. Preflights, runs and opened plans are listed here."
            >
              <Button onPress={() => showView('blobs')}>Go to Blobs</Button>
            </EmptyNote>
          )
        ) : (
          <>
            <RunList title="Running" runs={list.filter((run) => !isOver(run))} onOpen={showRun} />
            <RunList
              title="Unfinished"
              runs={list.filter((run) => run.status === 'unfinished')}
              onOpen={showRun}
            />
            <RunList
              title="Finished"
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
  const { dryRun, status } = run;
  const [source] = run.perKey;
  const what = dryRun ? 'Preflight' : 'Re-encryption';
  const old = oldKeyNote(run);
  return (
    <li className="run-card">
      <div className="run-card-head">
        <button
          type="button"
          className="run-open"
          onClick={onOpen}
          aria-label={`Open ${what.toLowerCase()} of ${moment(run.startedAt, true)}`}
        >
          {runName(run)}
        </button>
        <span className="run-way">
          {source !== undefined && (
            <>
              <KeyTitle arn={source.keyArn} />
              {run.perKey.length > 1 && ` and ${count(run.perKey.length - 1)} more`}
            </>
          )}
          {source !== undefined && <span aria-hidden="true">→</span>}
          <span className={source === undefined ? undefined : 'visually-hidden'}>to</span>
          <KeyTitle arn={run.destinationKeyId} />
        </span>
        <span className="gap" />
        <span className="run-card-status">
          <Status {...runStatus(run)} />
        </span>
        <span className="hint tabular">{moment(run.startedAt, true)}</span>
      </div>
      {!isOver(run) && <RunBar run={run} />}
      <div className="run-card-foot">
        <p className="run-line tabular">
          {outcomeParts(run).map(({ kind, count: blobs, words }) => (
            <span key={words} className={kind === 'failed' ? 'danger-text' : undefined}>
              {count(blobs)} {words}
            </span>
          ))}
          {old !== null && <span>{old}</span>}
          {status === 'running' && run.secondsLeft !== null && <span>{duration(run.secondsLeft)} left</span>}
          <Slowed run={run} />
          <span>{run.connection}</span>
          {run.method === 'decrypt-encrypt' && <span>decrypted here, encrypted there</span>}
        </p>
        <RunActions run={run} />
      </div>
      <Held run={run} />
    </li>
  );
}

/** Why a run does not move, what becomes of it, and the button that fixes it. */
function Held({ run }: { readonly run: RunSummary }) {
  const { fault } = run;
  if (fault === null) return null;
  const then = heldWords(run);
  return (
    <p className={run.status === 'failed' ? 'remark remark-danger' : 'remark remark-attention'}>
      <span className="remark-text">
        {fault.message}
        {then !== null && ` ${then}`}
      </span>
      {!isOver(run) && <FaultRemedy fault={fault} />}
    </p>
  );
}
