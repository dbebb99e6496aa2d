import { Copy, RefreshCw, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Side } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { pageFaultOf } from '../../api.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { keyLabel } from '../../lib/keys/keys.ts';
import { copyText } from '../../store/app/ui.ts';
import { useKeysOf } from '../../store/connection/keys.ts';
import { KeyFacts } from './KeyFacts.tsx';

/** Holding an arrow key down passes many keys: KMS is asked only where it rests. */
const REST_MS = 250;

interface KeyPaneProps {
  readonly info: KeyInfo;
  readonly side: Side;
  readonly onClose: () => void;
}

/** Everything that KMS says of one key, asked for when it is looked at. */
export function KeyPane({ info, side, onClose }: KeyPaneProps) {
  const { detail, fault, waiting, ask } = useDetail(info, side);
  const name = keyLabel(info);
  return (
    <aside className="key-pane" aria-label={`Key ${name}`}>
      <header className="key-pane-head">
        <h2 className="key-pane-title">{name}</h2>
        <IconButton label="Ask KMS again" small onPress={ask}>
          <RefreshCw className="icon" aria-hidden="true" />
        </IconButton>
        <IconButton label="Close" small onPress={onClose}>
          <X className="icon" aria-hidden="true" />
        </IconButton>
      </header>
      <div className="key-pane-body">
        <p className="key-pane-arn">
          <code>{info.arn}</code>
          <IconButton
            label={`Copy ARN of ${name}`}
            small
            onPress={() => void copyText(info.arn, 'the key ARN')}
          >
            <Copy className="icon" aria-hidden="true" />
          </IconButton>
        </p>
        {fault !== null && (
          <FaultCard fault={fault}>
            <Button onPress={ask}>Ask KMS again</Button>
          </FaultCard>
        )}
        <KeyFacts info={detail ?? info} asked={detail !== null} />
        {waiting && <Skeleton label="Asking KMS about this key" lines={4} />}
      </div>
    </aside>
  );
}

function useDetail(info: KeyInfo, side: Side) {
  const { arn } = info;
  const useStore = useKeysOf(side);
  const lookUp = useStore((state) => state.detail);
  const [detail, setDetail] = useState<KeyInfo | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const current = useRef(arn);
  current.current = arn;
  const ask = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      const found = await lookUp(arn);
      if (current.current === arn) setDetail(found);
    } catch (error) {
      if (current.current === arn) setFault(pageFaultOf(error));
    } finally {
      if (current.current === arn) setBusy(false);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for each key that is looked at
  useEffect(() => {
    setDetail(null);
    setFault(null);
    setBusy(true);
    const timer = setTimeout(() => void ask(), REST_MS);
    return () => clearTimeout(timer);
  }, [arn, lookUp]);
  return {
    detail: detail?.arn === arn ? detail : null,
    fault,
    waiting: useLongWait(busy && detail === null),
    ask: () => void ask(),
  };
}
