import { useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { PlanCheck, PlanView } from '#shared/model/plan-view.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { plural } from '../../lib/words/format.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { usePlans } from '../../store/runs/plans.ts';

/** The buttons of a plan, and in words what the next press will touch. */
export function PlanRun({ view, check }: { readonly view: PlanView; readonly check: PlanCheck | null }) {
  const connected = useConnection((state) => state.connection?.status === 'ready');
  const run = usePlans((state) => state.run);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const sends = check?.runs ?? { blobs: 0, files: 0 };
  const start = async (dryRun: boolean): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await run(view.planId, dryRun);
    } catch (error) {
      setFault(pageFaultOf(error));
      setBusy(false);
    }
  };
  const ready = connected && sends.blobs > 0 && check?.refused === null;
  const reason = busy ? 'The run is starting.' : ready ? null : note(view, check, connected);
  return (
    <>
      {fault !== null && <FaultCard fault={fault} />}
      <div className="plan-run">
        <span className="foot-note" role="status">
          {note(view, check, connected)}
        </span>
        <Button reason={reason} onPress={() => void start(true)}>
          Preflight
        </Button>
        <Button variant="primary" reason={reason} onPress={() => void start(false)}>
          {`Re-encrypt ${plural(sends.blobs, 'blob')} in ${plural(sends.files, 'file')}`}
        </Button>
      </div>
    </>
  );
}

function note({ output }: PlanView, check: PlanCheck | null, connected: boolean): string {
  if (check === null) return 'Reading the files of the plan.';
  if (check.refused !== null) return check.refused;
  if (check.runs.blobs === 0) return 'No blob of this plan is left to send.';
  if (!connected) return 'Not connected to KMS.';
  const files = plural(check.runs.files, 'file');
  if (output.mode === 'folder') return `Writes ${files} into ${output.folder}; originals stay.`;
  return `Replaces ${files} in place, keeping ${output.backup ? 'backups' : 'no backup'}.`;
}
