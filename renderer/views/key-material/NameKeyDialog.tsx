import { useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { TextInput } from '../../components/fields.tsx';
import { KeyFace } from '../../components/KeyFace.tsx';
import { keyWords } from '../../lib/keys/keys.ts';
import { plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { KeyChecklist } from './KeyChecklist.tsx';

/** A person names the key of this key material, or removes that label. */
export function NameKeyDialog() {
  const fingerprint = useUi((state) => state.nameKeyOf);
  const nameKey = useUi((state) => state.nameKey);
  if (fingerprint === null) return null;
  return <Inner fingerprint={fingerprint} close={() => nameKey(null)} />;
}

function Inner({ fingerprint, close }: { readonly fingerprint: string; readonly close: () => void }) {
  const keyGroup = useKeyGroups((state) => state.keyGroups.get(fingerprint));
  const name = useKeyGroups((state) => state.name);
  const keys = useKeys((state) => state.keys);
  const toast = useUi((state) => state.toast);
  const earlier = keyGroup?.keys.find(({ by }) => by === 'person');
  const [text, setText] = useState(earlier?.keyArn ?? '');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const say = async (keyArn: string | null): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await name(fingerprint, keyArn);
      toast(keyArn === null ? 'Removed the name' : `Named ${keyWords(keyArn, keys)}`);
      close();
    } catch (error) {
      setFault(pageFaultOf(error));
      setBusy(false);
    }
  };
  const typed = text.trim();
  return (
    <Dialog
      title="Name this key"
      open
      onClose={close}
      subtitle={
        <>
          <KeyFace fingerprint={fingerprint} /> {plural(keyGroup?.blobs ?? 0, 'blob')} under this key material
        </>
      }
      footer={
        <>
          {earlier !== undefined && (
            <>
              <Button variant="quiet" isPending={busy} onPress={() => void say(null)}>
                Remove the name
              </Button>
              <span className="gap" />
            </>
          )}
          <Button onPress={close}>Cancel</Button>
          <Button
            variant="primary"
            reason={typed === '' ? 'Type a name for the key.' : null}
            isPending={busy}
            onPress={() => void say(typed)}
          >
            Name the key
          </Button>
        </>
      }
    >
      <p className="hint">
        Saved on this computer as your label. If KMS disagrees, KMS wins and Rewrap says so.
      </p>
      <TextInput
        label="Key ARN, alias ARN or alias"
        value={text}
        onChange={setText}
        mono
        placeholder="arn:aws:kms:eu-central-1:111122223333:key/…"
        onEnter={() => {
          if (typed !== '' && !busy) void say(typed);
        }}
      />
      {keys !== null && keys.length > 0 && (
        <KeyChecklist
          label="Known keys"
          keys={keys}
          chosen={new Set([typed])}
          onChange={(chosen) => setText([...chosen][0] ?? '')}
        />
      )}
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}
