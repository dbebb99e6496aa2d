import { type ReactNode, useState } from 'react';
import { Label, Text, TextArea, TextField } from 'react-aria-components';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Checkbox } from '../../components/fields.tsx';
import { TwoStepMeaning } from '../../components/Notices.tsx';

interface AskFirstProps {
  readonly title: string;
  readonly role?: 'dialog' | 'alertdialog';
  /** What the button will do: "Resume 12 blobs in 3 files". */
  readonly words: string;
  /** Whether what the dialog asks for is there. */
  readonly complete: boolean;
  readonly begin: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog that asks for something before a run goes on or starts again; it stays open, with the fault, where that fails. */
function AskFirst({ title, role = 'dialog', words, complete, begin, onClose, children }: AskFirstProps) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const press = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await begin();
      onClose();
    } catch (error) {
      setFault(pageFaultOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      role={role}
      open
      onClose={onClose}
      footer={
        <>
          <span className="gap" />
          <Button onPress={onClose}>Not now</Button>
          <Button
            variant="primary"
            reason={busy ? 'The run is starting.' : complete ? null : 'Fill in what is asked for.'}
            onPress={() => void press()}
          >
            {words}
          </Button>
        </>
      }
    >
      {children}
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}

interface AgainProps<Given extends unknown[]> {
  readonly words: string;
  readonly begin: (...given: Given) => Promise<unknown>;
  readonly onClose: () => void;
}

/** Says what it means before a run that decrypts here resumes or starts again. The host asks where its terms changed. */
export function AgreeDialog({ words, begin, onClose }: AgainProps<[]>) {
  const [agreed, setAgreed] = useState(false);
  return (
    <AskFirst
      title="Decrypt here, encrypt there"
      role="alertdialog"
      words={words}
      complete={agreed}
      begin={begin}
      onClose={onClose}
    >
      <p>This run decrypts on this machine.</p>
      <TwoStepMeaning there="under the destination key" />
      <div className="two-step-tick">
        <Checkbox isSelected={agreed} onChange={setAgreed}>
          I accept this for this run: decrypt on this machine
        </Checkbox>
      </div>
    </AskFirst>
  );
}

/** Asks for the grant tokens of a run that starts again: those it had were deleted when it ended. */
export function TokensDialog({ words, begin, onClose }: AgainProps<[grantTokens: string[]]>) {
  const [text, setText] = useState('');
  return (
    <AskFirst
      title="Grant tokens"
      words={words}
      complete
      begin={() => begin(text.split(/\s+/).filter(Boolean))}
      onClose={onClose}
    >
      <p>This run used grant tokens. Rewrap deleted them when the run ended.</p>
      <TextField className="field" value={text} onChange={setText} autoFocus>
        <Label className="label">Grant tokens</Label>
        <TextArea className="input textarea mono" rows={3} spellCheck={false} />
        <Text slot="description" className="hint">
          Needed for grants made in the last few minutes. One per line, up to 10.
        </Text>
      </TextField>
    </AskFirst>
  );
}
