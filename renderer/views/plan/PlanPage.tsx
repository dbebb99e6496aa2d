import { ArrowLeft, X } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { PlanCheck, PlanView } from '#shared/model/plan-view.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { useUi } from '../../store/app/ui.ts';
import { usePlans } from '../../store/runs/plans.ts';
import { PlanComparing } from './PlanComparing.tsx';
import { PlanRun } from './PlanRun.tsx';
import { PlanSays } from './PlanSays.tsx';
import { PlanStands } from './PlanStands.tsx';

/** One plan: what it says, what of it holds now, how it differs from another; and its run. */
export function PlanPage({ planId }: { readonly planId: string }) {
  const showPlan = useUi((state) => state.showPlan);
  const close = usePlans((state) => state.close);
  const { view, fault } = usePlanView(planId);
  const { check, checking, fault: unchecked, again } = usePlanCheck(planId);
  const waiting = useLongWait(view === null && fault === null);
  return (
    <section className="view view-scroll" aria-label="Plan">
      <div className="page page-wide plan">
        <div className="plan-head">
          <Button
            variant="quiet"
            icon={<ArrowLeft className="icon" aria-hidden="true" />}
            onPress={() => showPlan(null)}
          >
            Runs
          </Button>
          <h1 className="page-title plan-title">{view === null ? 'Plan' : `Plan ${view.name}`}</h1>
          <Button
            variant="quiet"
            icon={<X className="icon" aria-hidden="true" />}
            onPress={() => void close(planId)}
          >
            Close plan
          </Button>
        </div>
        {fault !== null && <FaultCard fault={fault} />}
        {waiting && <Skeleton label="Loading the plan" />}
        {view !== null && (
          <>
            <PlanSays view={view} />
            <PlanStands
              check={check}
              checking={checking}
              fault={unchecked}
              total={view.touches.blobs}
              onAgain={again}
            />
            <PlanRun view={view} check={check} />
            <PlanComparing view={view} />
          </>
        )}
      </div>
    </section>
  );
}

function usePlanView(planId: string): { view: PlanView | null; fault: Fault | null } {
  const [state, setState] = useState<{ view: PlanView | null; fault: Fault | null }>({
    view: null,
    fault: null,
  });
  useEffect(() => {
    let gone = false;
    setState({ view: null, fault: null });
    call(bridge().plans.view({ planId })).then(
      (view) => {
        if (!gone) setState({ view, fault: null });
      },
      (error: unknown) => {
        if (!gone) setState({ view: null, fault: pageFaultOf(error) });
      },
    );
    return () => {
      gone = true;
    };
  }, [planId]);
  return state;
}

/** The check is made when the plan is shown, and again when asked for. */
function usePlanCheck(planId: string) {
  const [check, setCheck] = useState<PlanCheck | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [round, setRound] = useState(0);
  const [checking, setChecking] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is what asks again
  useEffect(() => {
    let gone = false;
    setChecking(true);
    setFault(null);
    call(bridge().plans.check({ planId }))
      .then(
        (found) => {
          if (!gone) setCheck(found);
        },
        (error: unknown) => {
          if (!gone) setFault(pageFaultOf(error));
        },
      )
      .finally(() => {
        if (!gone) setChecking(false);
      });
    return () => {
      gone = true;
    };
  }, [planId, round]);
  return { check, checking, fault, again: useCallback(() => setRound((n) => n + 1), []) };
}
