import { useState } from 'react';
import { Input, Label, TextArea, TextField } from 'react-aria-components';
import type { AuditFinding } from '#shared/model/audit.ts';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { inDays } from '../../lib/words/audit.ts';
import { useAudit } from '../../store/audit.ts';
import { useSuppress } from './useSuppress.ts';

/** Days after which a suppressed finding counts again, unless another date is chosen. */
const USUAL_DAYS = 90;

/** Suppresses a finding, with the reason and the day on which it counts again. */
export function SuppressDialog() {
  const finding = useSuppress((state) => state.finding);
  if (finding === null) return null;
  return <Form key={finding.id} finding={finding} />;
}

function Form({ finding }: { readonly finding: AuditFinding }) {
  const open = useSuppress((state) => state.open);
  const close = () => open(null);
  const suppress = useAudit((state) => state.suppress);
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState(() => inDays(USUAL_DAYS));
  const [fault, setFault] = useState<Fault | null>(null);
  const ready = reason.trim() !== '' && /^\d{4}-\d{2}-\d{2}$/.test(until);
  const go = async (): Promise<void> => {
    try {
      await suppress(finding.id, reason.trim(), until);
      close();
    } catch (error) {
      setFault(pageFaultOf(error));
    }
  };
  return (
    <Dialog
      title="Suppress this finding"
      subtitle={finding.title}
      open
      onClose={close}
      footer={
        <>
          <Button variant="quiet" onPress={close}>
            Cancel
          </Button>
          <Button variant="primary" isDisabled={!ready} onPress={() => void go()}>
            Suppress until then
          </Button>
        </>
      }
    >
      <div className="stack">
        <TextField className="field" value={reason} onChange={setReason} isRequired autoFocus>
          <Label className="label">Reason</Label>
          <TextArea className="input input-tall" rows={3} maxLength={2000} />
        </TextField>
        <TextField className="field" value={until} onChange={setUntil} isRequired>
          <Label className="label">Until the end of (UTC)</Label>
          <Input className="input" type="date" min={inDays(0)} />
        </TextField>
        <p className="hint">
          {finding.keyArn === null
            ? 'It holds for the places that it is found at now; a new place counts. It stays visible as suppressed, in reports too, and is written to the history.'
            : 'It holds for this key, whatever is under it. It stays visible as suppressed, in reports too, and is written to the history.'}
        </p>
        {fault !== null && <FaultCard fault={fault} />}
      </div>
    </Dialog>
  );
}
