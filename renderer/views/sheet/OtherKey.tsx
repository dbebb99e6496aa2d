import { useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { faultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { TextInput } from '../../components/fields.tsx';
import { fault as makeFault } from '../../lib/fault.ts';
import { useKeys } from '../../store/keys.ts';

interface OtherKeyProps {
  readonly label: string;
  readonly unfit: (key: KeyInfo) => string | null;
  readonly onFound: (key: KeyInfo) => void;
  readonly onCancel: () => void;
}

/** A key that the list does not show: of another account, or where listing is not permitted. KMS is asked about it. */
export function OtherKey({ label, unfit, onFound, onCancel }: OtherKeyProps) {
  const askAbout = useKeys((state) => state.describe);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const look = async (): Promise<void> => {
    if (text.trim() === '' || busy) return;
    setBusy(true);
    setFault(null);
    try {
      const key = await askAbout(text.trim());
      const reason = unfit(key);
      if (reason === null) onFound(key);
      else setFault(makeFault('KeyUnfit', 'This key cannot serve here.', reason, 'Choose another key.'));
    } catch (error) {
      setFault(faultOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="inset">
      <TextInput
        label={`${label} by ARN`}
        value={text}
        onChange={setText}
        mono
        placeholder="arn:aws:kms:eu-central-1:111122223333:key/…"
        hint="A key id, alias, key ARN or alias ARN. Keys of other accounts need their ARN."
        onEnter={() => void look()}
      />
      {fault !== null && <FaultCard fault={fault} />}
      <div className="button-row">
        <Button isDisabled={text.trim() === '' || busy} onPress={() => void look()}>
          Look up key
        </Button>
        <Button variant="quiet" onPress={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
