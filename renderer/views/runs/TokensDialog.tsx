import { useState } from 'react';
import { Label, Text, TextArea, TextField } from 'react-aria-components';
import type { Fault } from '#shared/model/fault.ts';
import { faultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';

/** Asks for the grant tokens of a run that is tried again: those it had were deleted when it ended. */
export function TokensDialog({
  words,
  onGiven,
  onClose,
}: {
  /** What the button will do: "Try 12 blobs again". */
  readonly words: string;
  readonly onGiven: (grantTokens: string[]) => Promise<unknown>;
  readonly onClose: () => void;
}) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const press = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await onGiven(text.split(/\s+/).filter(Boolean));
      onClose();
    } catch (error) {
      setFault(faultOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Grant tokens"
      open
      onClose={onClose}
      footer={
        <>
          <span className="gap" />
          <Button onPress={onClose}>Not now</Button>
          <Button variant="primary" isDisabled={busy} onPress={() => void press()}>
            {words}
          </Button>
        </>
      }
    >
      <p>This run used grant tokens. Rewrap deleted them when the run ended.</p>
      <TextField className="field" value={text} onChange={setText} autoFocus>
        <Label className="label">Grant tokens</Label>
        <TextArea className="input textarea mono" rows={3} spellCheck={false} />
        <Text slot="description" className="hint">
          Needed for grants made in the last few minutes. One per line, up to 10.
        </Text>
      </TextField>
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}
