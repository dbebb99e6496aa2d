import { useState } from 'react';
import { FieldError, Label, TextArea, TextField } from 'react-aria-components';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { useUi } from '../../store/app/ui.ts';
import { useIntake } from '../../store/blobs/intake.ts';

/** Where the host cannot read the clipboard: a field to paste ciphertext into. */
export function PasteDialog() {
  const open = useUi((state) => state.dialog === 'paste');
  const show = useUi((state) => state.open);
  const paste = useIntake((state) => state.pasteText);
  const [text, setText] = useState('');
  const close = (): void => {
    setText('');
    setFault(null);
    show(null);
  };
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const add = async (): Promise<void> => {
    setBusy(true);
    const problem = await paste(text);
    setBusy(false);
    setFault(problem);
    if (problem === null) close();
  };
  return (
    <Dialog
      title="Paste ciphertext"
      open={open}
      onClose={close}
      footer={
        <>
          <Button onPress={close}>Cancel</Button>
          <Button
            variant="primary"
            reason={busy ? 'The text is being read.' : text.trim() === '' ? 'Paste ciphertext first.' : null}
            onPress={() => void add()}
          >
            Add blobs
          </Button>
        </>
      }
    >
      <TextField
        className="field"
        value={text}
        onChange={(typed) => {
          setText(typed);
          setFault(null);
        }}
        isInvalid={fault !== null}
        autoFocus
      >
        <Label className="label">Base64, hex, or the JSON that the AWS CLI prints</Label>
        <TextArea className="input textarea mono" rows={8} spellCheck={false} />
        {fault !== null && <FieldError className="field-error">{fault}</FieldError>}
      </TextField>
    </Dialog>
  );
}
