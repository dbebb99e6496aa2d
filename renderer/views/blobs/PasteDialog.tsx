import { useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { useIntake } from '../../store/intake.ts';
import { useUi } from '../../store/ui.ts';

/** Where the host cannot read the clipboard: a field to paste ciphertext into. */
export function PasteDialog() {
  const open = useUi((state) => state.dialog === 'paste');
  const show = useUi((state) => state.open);
  const paste = useIntake((state) => state.paste);
  const [text, setText] = useState('');
  const close = (): void => {
    setText('');
    show(null);
  };
  const add = (): void => {
    close();
    void paste(text);
  };
  return (
    <Dialog
      title="Paste ciphertext"
      open={open}
      onClose={close}
      footer={
        <>
          <Button onPress={close}>Cancel</Button>
          <Button variant="primary" isDisabled={text.trim() === ''} onPress={add}>
            Add blobs
          </Button>
        </>
      }
    >
      <TextField className="field" value={text} onChange={setText} autoFocus>
        <Label className="label">Base64, hex, or the JSON that the AWS CLI prints</Label>
        <TextArea className="input textarea mono" rows={8} spellCheck={false} />
      </TextField>
    </Dialog>
  );
}
