import { Search } from 'lucide-react';
import { useState } from 'react';
import type { Side } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { TextInput } from '../../components/fields.tsx';
import { arnProblem } from '../../lib/keys/keys.ts';
import { useConnection, useSide } from '../../store/connection/connection.ts';
import { useKeysOf } from '../../store/connection/keys.ts';

interface LookUpKeyProps {
  readonly side: Side;
  readonly label: string;
  readonly onFound: (key: KeyInfo) => void;
  readonly onCancel: () => void;
  /** Why a found key cannot serve; where it may not, it is refused with that. */
  readonly unfit?: (key: KeyInfo) => string | null;
}

/** A key that the list does not show: of another account, or where listing is not permitted. KMS is asked about it. */
export function LookUpKey({ side, label, onFound, onCancel, unfit = () => null }: LookUpKeyProps) {
  const useStore = useKeysOf(side);
  const askAbout = useStore((state) => state.describe);
  const connection = useSide(side);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const wanted = text.trim();
  // Without a second connection the destination may be in another Region: the same principal asks there.
  const anyRegion = useConnection((state) => side === 'destination' && state.destination === null);
  const elsewhere = anyRegion ? null : arnProblem(wanted, connection);
  const look = async (): Promise<void> => {
    if (wanted === '' || busy || elsewhere !== null) return;
    setBusy(true);
    setFault(null);
    try {
      const key = await askAbout(wanted);
      const reason = unfit(key);
      if (reason === null) onFound(key);
      else setFault(makeFault('KeyUnfit', 'This key cannot serve here.', reason, 'Choose another key.'));
    } catch (error) {
      setFault(pageFaultOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="inset">
      <TextInput
        label={label}
        value={text}
        onChange={(next) => {
          setText(next);
          setFault(null);
        }}
        mono
        autoFocus
        invalid={elsewhere !== null}
        placeholder={`arn:aws:kms:${connection?.region ?? 'eu-central-1'}:111122223333:key/…`}
        hint={elsewhere ?? 'A key ID, alias, key ARN or alias ARN. Keys of other accounts need their ARN.'}
        onEnter={() => void look()}
      />
      {fault !== null && <FaultCard fault={fault} />}
      <div className="button-row">
        <Button
          icon={<Search className="icon" aria-hidden="true" />}
          reason={busy ? 'KMS is being asked.' : wanted === '' ? 'Type a key ID, alias or ARN.' : elsewhere}
          onPress={() => void look()}
        >
          Look up key
        </Button>
        <Button variant="quiet" onPress={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  );
}

/** A fault that the page itself states. (The maker in shared/ would bring its schema library into the page.) */
const makeFault = (code: string, message: string, detail: string, remedy: string): Fault => ({
  code,
  message,
  detail,
  remedy,
  raw: null,
  retryable: false,
});
