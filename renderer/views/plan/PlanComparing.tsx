import { useEffect, useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { ChangedFiles, PlanComparison, PlanView } from '#shared/model/plan-view.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { FaultCard } from '../../components/FaultCard.tsx';
import { FramedTable } from '../../components/FramedTable.tsx';
import { SelectInput } from '../../components/fields.tsx';
import { keyWords } from '../../lib/keys/keys.ts';
import { count, plural } from '../../lib/words/format.ts';
import { differences, planFacts } from '../../lib/words/plan.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { usePlans } from '../../store/runs/plans.ts';

/** How a plan differs from another that is open. */
export function PlanComparing({ view }: { readonly view: PlanView }) {
  const plans = usePlans((state) => state.plans);
  const others = plans.filter(({ planId }) => planId !== view.planId);
  const [chosen, setChosen] = useState<string | null>(null);
  const other = others.find(({ planId }) => planId === chosen) ?? null;
  const { found, fault } = useComparison(view.planId, other?.planId ?? null);
  return (
    <section className="run-group" aria-label="Compared with another plan">
      <h2 className="page-heading">Compared with another plan</h2>
      {others.length === 0 ? (
        <p className="hint">Open a second plan to see what differs.</p>
      ) : (
        <SelectInput
          label="Other plan"
          value={other?.planId ?? null}
          placeholder="Choose a plan"
          options={others.map(({ planId, name, touches }) => ({
            id: planId,
            label: name,
            detail: plural(touches.blobs, 'blob'),
          }))}
          onChange={setChosen}
        />
      )}
      {fault !== null && <FaultCard fault={fault} />}
      {found !== null && <Comparison view={view} other={found.other} comparison={found.comparison} />}
    </section>
  );
}

interface Found {
  readonly other: PlanView;
  readonly comparison: PlanComparison;
}

function useComparison(a: string, b: string | null) {
  const [found, setFound] = useState<Found | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  useEffect(() => {
    let gone = false;
    setFound(null);
    setFault(null);
    if (b === null) return;
    Promise.all([call(bridge().plans.view({ planId: b })), call(bridge().plans.compare({ a, b }))]).then(
      ([other, comparison]) => {
        if (!gone) setFound({ other, comparison });
      },
      (error: unknown) => {
        if (!gone) setFault(pageFaultOf(error));
      },
    );
    return () => {
      gone = true;
    };
  }, [a, b]);
  return { found, fault };
}

function Comparison({ view, other, comparison }: Found & { readonly view: PlanView }) {
  const keys = useKeys((state) => state.keys);
  const words = (of: PlanView) => planFacts(of, (keyId) => keyWords(keyId, keys));
  const settings = differences(words(view), words(other));
  const { added, removed, changed, same } = comparison;
  const equal =
    settings.length === 0 && [added, removed, changed].every(({ touches }) => touches.blobs === 0);
  if (equal) return <p role="status">Both plans say the same.</p>;
  return (
    <div className="plan-stack">
      {settings.length > 0 && (
        <FramedTable head={['What differs', 'This plan', other.name]}>
          {settings.map(({ name, before, after }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{before}</td>
              <td>{after}</td>
            </tr>
          ))}
        </FramedTable>
      )}
      <Changed title="Only in this plan" of={removed} />
      <Changed title={`Only in ${other.name}`} of={added} />
      <Changed title="Another blob in the same place" of={changed} />
      <p className="hint">
        The same in both: {plural(same.blobs, 'blob')} in {plural(same.files, 'file')}.
      </p>
    </div>
  );
}

function Changed({ title, of }: { readonly title: string; readonly of: ChangedFiles }) {
  const { touches, files } = of;
  if (touches.blobs === 0) return null;
  return (
    <details className="plan-files" open={files.length <= 12}>
      <summary>
        {title}: {plural(touches.blobs, 'blob')} in {plural(touches.files, 'file')}
      </summary>
      <ul className="plan-changed">
        {files.map(({ file, blobs, places }) => (
          <li key={file}>
            <span className="cell-main">{file}</span>
            {places.length > 0 && (
              <span className="cell-sub">
                {places.join(', ')}
                {blobs > places.length && ` and ${count(blobs - places.length)} more`}
              </span>
            )}
          </li>
        ))}
        {touches.files > files.length && (
          <li className="hint">and {plural(touches.files - files.length, 'more file')}</li>
        )}
      </ul>
    </details>
  );
}
