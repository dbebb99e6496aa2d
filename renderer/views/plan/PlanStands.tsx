import { RefreshCw } from 'lucide-react';
import type { Fault } from '#shared/model/fault.ts';
import type { PlanCheck } from '#shared/model/plan-view.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { FramedTable, NumberCell } from '../../components/FramedTable.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { count, moment, plural } from '../../lib/words/format.ts';
import { PLAN_STATE } from '../../lib/words/plan.ts';

interface StandsProps {
  readonly check: PlanCheck | null;
  readonly checking: boolean;
  readonly fault: Fault | null;
  /** Blobs of the plan. */
  readonly total: number;
  readonly onAgain: () => void;
}

/** What of a plan is now as it says, and what is not any more. */
export function PlanStands({ check, checking, fault, total, onAgain }: StandsProps) {
  const waiting = useLongWait(checking);
  return (
    <section className="run-group" aria-label="How it stands now">
      <div className="run-card-head">
        <h2 className="page-heading">How it stands now</h2>
        {check !== null && <span className="hint">read {moment(check.checkedAt, true)}</span>}
        <Button
          variant="quiet"
          reason={checking ? 'The files are being read.' : null}
          icon={<RefreshCw className="icon" aria-hidden="true" />}
          onPress={onAgain}
        >
          Read the files again
        </Button>
      </div>
      {fault !== null && <FaultCard fault={fault} />}
      {check === null && waiting && <Skeleton label="Reading the files of the plan" lines={4} />}
      {check !== null && total === 0 && <p className="empty-note">The plan names no blob.</p>}
      {check !== null && total > 0 && <Standing check={check} busy={waiting} />}
    </section>
  );
}

function Standing({ check, busy }: { readonly check: PlanCheck; readonly busy: boolean }) {
  const { counts, files, filesTotal, chosenSince } = check;
  return (
    <div className={busy ? 'plan-stack plan-busy' : 'plan-stack'} aria-busy={busy}>
      <FramedTable head={['State', { number: 'Blobs' }, { number: 'Files' }, 'In a run']}>
        {counts.map(({ state, touches }) => (
          <tr key={state}>
            <th scope="row">
              <Status tone={PLAN_STATE[state].tone} word={PLAN_STATE[state].word} />
            </th>
            <NumberCell>{count(touches.blobs)}</NumberCell>
            <NumberCell>{count(touches.files)}</NumberCell>
            <td>{PLAN_STATE[state].inRun}</td>
          </tr>
        ))}
      </FramedTable>
      {chosenSince !== null && chosenSince > 0 && (
        <p className="remark remark-attention">
          The rules choose {plural(chosenSince, 'blob')} of the list that this plan does not have. To take{' '}
          {chosenSince === 1 ? 'it' : 'them'} in, select by these rules again and save a new plan.
        </p>
      )}
      {files.length > 0 && (
        <details className="plan-files" open={filesTotal <= 12}>
          <summary>{plural(filesTotal, 'file')} not wholly as planned</summary>
          <FramedTable head={['File', 'State', { number: 'Blobs' }]}>
            {files.map(({ file, state, blobs, why }) => (
              <tr key={`${file} ${state}`}>
                <th scope="row">
                  <span className="cell-main">{file}</span>
                  {why !== null && <span className="cell-sub">{why}</span>}
                </th>
                <td>
                  <Status tone={PLAN_STATE[state].tone} word={PLAN_STATE[state].word} />
                </td>
                <NumberCell>{count(blobs)}</NumberCell>
              </tr>
            ))}
          </FramedTable>
          {filesTotal > files.length && (
            <p className="hint">{count(filesTotal - files.length)} more are not listed.</p>
          )}
        </details>
      )}
    </div>
  );
}
