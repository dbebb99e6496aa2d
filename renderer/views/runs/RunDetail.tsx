import { ArrowLeft } from 'lucide-react';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { count, moment, plural, shortKeyName } from '../../lib/words/format.ts';
import { groupFaults } from '../../lib/words/outcome.ts';
import { runStatus, type Tone } from '../../lib/words/words.ts';
import { useKeyName } from '../../store/keys.ts';
import { isOver } from '../../store/runs.ts';
import { ExportReport } from '../audit/ExportReport.tsx';
import { FaultGroups } from '../sheet/FaultGroups.tsx';
import { NewBlobs, TwoStepNote, useRunItems } from '../sheet/RunPanel.tsx';
import { RunActions } from './RunActions.tsx';
import { OutcomeTally, Remark, RunBar, RunFigureList, RunPace } from './RunFigures.tsx';

/** Most items listed at once; a report for the rest is the export's business. */
const SHOWN = 500;

const ITEM_WORDS: Record<RunItem['state'], { tone: Tone; word: string }> = {
  waiting: { tone: 'neutral', word: 'Not started' },
  running: { tone: 'running', word: 'Running' },
  'would-succeed': { tone: 'done', word: 'Will work' },
  reencrypted: { tone: 'done', word: 'Re-encrypted' },
  already: { tone: 'neutral', word: 'Already as asked' },
  failed: { tone: 'danger', word: 'Failed' },
  skipped: { tone: 'neutral', word: 'Skipped' },
  restored: { tone: 'neutral', word: 'As before' },
};

/** One run: its figures, its failures by cause, and each blob. */
export function RunDetail({ run, onBack }: { readonly run: RunSummary; readonly onBack: () => void }) {
  const { items, fault } = useRunItems(run);
  const over = isOver(run);
  const waiting = useLongWait(over && items === null && fault === null);
  const destination = useKeyName(run.destinationKeyId);
  const { counts } = run;
  const what = run.dryRun ? 'Preflight' : 'Re-encryption';
  return (
    <section className="view view-scroll" aria-label={`${what} run`}>
      <div className="page page-wide">
        <div className="run-card-head">
          <Button variant="quiet" icon={<ArrowLeft className="icon" aria-hidden="true" />} onPress={onBack}>
            All runs
          </Button>
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
        <dl className="facts">
          <dt>Started</dt>
          <dd>{moment(run.startedAt, true)}</dd>
          {run.finishedAt !== null && (
            <>
              <dt>Ended</dt>
              <dd>{moment(run.finishedAt, true)}</dd>
            </>
          )}
          <dt>Destination key</dt>
          <dd>
            <span title={run.destinationKeyId}>{destination}</span>
          </dd>
          <dt>Against</dt>
          <dd>{run.connection}</dd>
        </dl>
        <TwoStepNote run={run} />
        {run.fault !== null && <FaultCard fault={run.fault} />}
        <Remark run={run} />
        {!over && (
          <>
            <RunBar run={run} />
            <RunPace run={run} />
          </>
        )}
        <RunActions run={run} detail />
        <OutcomeTally run={run} />
        <RunFigureList run={run} />
        {fault !== null && <FaultCard fault={fault} />}
        {waiting && <Skeleton label="Loading the run" />}
        {items !== null && (
          <>
            <NewBlobs run={run} items={items.items} />
            <FaultGroups groups={groupFaults(items.items)} />
            <ItemTable items={items.items} />
            {items.items.length + items.more > SHOWN && (
              <p className="hint">
                {count(items.items.length + items.more - Math.min(SHOWN, items.items.length))} more are not
                listed.
              </p>
            )}
          </>
        )}
      </div>
    </section>
  );
}

function ItemTable({ items }: { readonly items: readonly RunItem[] }) {
  return (
    <table className="data-table data-table-framed">
      <thead>
        <tr>
          <th scope="col">Blob</th>
          <th scope="col">State</th>
          <th scope="col">From key, confirmed by KMS</th>
          <th scope="col">New file</th>
        </tr>
      </thead>
      <tbody>
        {items.slice(0, SHOWN).map((item) => (
          <tr key={item.blobId}>
            <th scope="row">
              <span className="cell-main">{item.file}</span>
              {item.place !== '' && <span className="cell-sub">{item.place}</span>}
            </th>
            <td>
              <Status {...ITEM_WORDS[item.state]} />
              {item.fault !== null && <span className="cell-sub">{item.fault.message}</span>}
              {item.notes.map((note) => (
                <span key={note} className="cell-sub">
                  {note}
                </span>
              ))}
            </td>
            <td>
              {item.sourceKeyArn === null ? (
                ''
              ) : (
                <code title={item.sourceKeyArn}>{shortKeyName(item.sourceKeyArn)}</code>
              )}
            </td>
            <td>{item.output ?? ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
