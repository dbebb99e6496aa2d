import { FileText } from 'lucide-react';
import type { PlanEntry } from '#shared/model/plan-view.ts';
import { Button } from '../../components/Button.tsx';
import { moment, plural } from '../../lib/words/format.ts';
import { MODE_WORDS } from '../../lib/words/plan.ts';
import { useUi } from '../../store/app/ui.ts';
import { useKeyName } from '../../store/connection/keys.ts';
import { requestPlan } from '../../store/opening.ts';
import { usePlans } from '../../store/runs/plans.ts';

/** Opens a plan's file. */
export function OpenPlanButton() {
  return (
    <Button icon={<FileText className="icon" aria-hidden="true" />} onPress={requestPlan}>
      Open plan…
    </Button>
  );
}

/** Plans that are open. */
export function PlanList() {
  const plans = usePlans((state) => state.plans);
  if (plans.length === 0) return null;
  return (
    <section className="run-group" aria-label="Plans">
      <h2 className="run-group-title">Plans</h2>
      <ul className="run-list">
        {plans.map((plan) => (
          <PlanCard key={plan.planId} plan={plan} />
        ))}
      </ul>
    </section>
  );
}

function PlanCard({ plan }: { readonly plan: PlanEntry }) {
  const { planId, name, createdAt, mode, touches, destinationKeyId } = plan;
  const showPlan = useUi((state) => state.showPlan);
  const destination = useKeyName(destinationKeyId);
  return (
    <li className="run-card">
      <div className="run-card-head">
        <button type="button" className="run-open" onClick={() => showPlan(planId)}>
          {name}
        </button>
        <span className="hint tabular">made {moment(createdAt, true)}</span>
      </div>
      <p className="run-line tabular">
        <span>{MODE_WORDS[mode].word}</span>
        <span>
          {plural(touches.blobs, 'blob')} in {plural(touches.files, 'file')}
        </span>
        <span title={destinationKeyId}>to {destination}</span>
      </p>
    </li>
  );
}
