import { useState } from 'react';
import { Input, Label, TextArea, TextField } from 'react-aria-components';
import { create } from 'zustand';
import type { AuditFinding } from '#shared/model/audit.ts';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { inDays } from '../../lib/words/audit.ts';
import { plural } from '../../lib/words/format.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useFindings } from '../../store/audit/findings.ts';

/** Days after which a suppressed finding counts again, unless another date is chosen. */
const USUAL_DAYS = 90;

/** Suppresses findings, with the reason and the day on which they count again. */
export function SuppressDialog() {
  const findings = useSuppress((state) => state.findings);
  const [first] = findings;
  if (first === undefined) return null;
  return <Form key={first.id} findings={findings} first={first} />;
}

function Form({
  findings,
  first,
}: {
  readonly findings: readonly AuditFinding[];
  readonly first: AuditFinding;
}) {
  const open = useSuppress((state) => state.open);
  const close = () => open([]);
  const clearTicks = useFindings((state) => state.clearTicks);
  const many = findings.length > 1;
  const suppress = useAudit((state) => state.suppress);
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState(() => inDays(USUAL_DAYS));
  const [fault, setFault] = useState<Fault | null>(null);
  const ready = reason.trim() !== '' && /^\d{4}-\d{2}-\d{2}$/.test(until);
  const go = async (): Promise<void> => {
    try {
      await suppress(
        findings.map(({ id }) => id),
        reason.trim(),
        until,
      );
      clearTicks();
      close();
    } catch (error) {
      setFault(pageFaultOf(error));
    }
  };
  return (
    <Dialog
      title={many ? `Suppress ${plural(findings.length, 'finding')}` : 'Suppress this finding'}
      subtitle={many ? `${first.title} And ${plural(findings.length - 1, 'other', 'others')}.` : first.title}
      open
      onClose={close}
      footer={
        <>
          <Button variant="quiet" onPress={close}>
            Cancel
          </Button>
          <Button
            variant="primary"
            reason={ready ? null : 'Give a reason and the last day.'}
            onPress={() => void go()}
          >
            {many ? `Suppress ${plural(findings.length, 'finding')}` : 'Suppress until then'}
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
          {findings.every(({ keyArn }) => keyArn !== null)
            ? many
              ? 'Each applies to its key and everything under it.'
              : 'It applies to this key and everything under it.'
            : 'A finding about blobs is suppressed only where it is found now; a new place still counts.'}{' '}
          Suppressed findings stay visible, in reports too, and are written to the history.
        </p>
        {fault !== null && <FaultCard fault={fault} />}
      </div>
    </Dialog>
  );
}

interface SuppressStore {
  /** The findings that a person is about to suppress; empty: none. */
  readonly findings: readonly AuditFinding[];
  open(findings: readonly AuditFinding[]): void;
}

export const useSuppress = create<SuppressStore>()((set) => ({
  findings: [],
  open: (findings) => set({ findings }),
}));
