import { useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import { faultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Checkbox } from '../../components/fields.tsx';
import { TwoStepMeaning } from '../../components/TwoStepMeaning.tsx';

/** Says what it means before a run that decrypts here goes on or is tried again. The host asks where its terms changed. */
export function AgreeDialog({
  words,
  onAgreed,
  onClose,
}: {
  /** What the button will do: "Resume 12 blobs in 3 files". */
  readonly words: string;
  readonly onAgreed: () => Promise<unknown>;
  readonly onClose: () => void;
}) {
  const [agreed, setAgreed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const press = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await onAgreed();
      onClose();
    } catch (error) {
      setFault(faultOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Decrypt here, encrypt there"
      role="alertdialog"
      open
      onClose={onClose}
      footer={
        <>
          <span className="gap" />
          <Button onPress={onClose}>Not now</Button>
          <Button variant="primary" isDisabled={!agreed || busy} onPress={() => void press()}>
            {words}
          </Button>
        </>
      }
    >
      <p>This run decrypts on this machine.</p>
      <TwoStepMeaning there="under the destination key" />
      <div className="two-step-tick">
        <Checkbox isSelected={agreed} onChange={setAgreed}>
          I accept this for this run: decrypt on this machine
        </Checkbox>
      </div>
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}
