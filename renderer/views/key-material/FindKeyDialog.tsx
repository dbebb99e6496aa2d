import { useMemo, useState } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { KeyFace } from '../../components/KeyFace.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { candidatesFor, fittingAlgorithms } from '../../lib/keys/key-groups.ts';
import { contextProblem, type Pair, pairsOf } from '../../lib/request/context.ts';
import { placeName, plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { type KeySearch, useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { ConnectionBadge } from '../sheet/ReencryptSheet.tsx';
import { type ContextMode, FindKeyForm } from './FindKeyForm.tsx';
import { FindKeyResult } from './FindKeyResult.tsx';

/** Most keys that one request may name. */
const MOST = 100;

/** Asks KMS which key opens a blob, by DryRun alone, and shows every question with its answer. */
export function FindKeyDialog() {
  const blobId = useUi((state) => state.findKeyOf);
  const row = useBlobs((state) => (blobId === null ? undefined : state.byId.get(blobId)));
  const close = useUi((state) => state.findKey);
  if (row === undefined) return null;
  return <Inner key={row.id} row={row} close={() => close(null)} />;
}

function Inner({ row, close }: { readonly row: BlobRow; readonly close: () => void }) {
  const fingerprint = row.identification.keyFingerprint;
  const keys = useKeys((state) => state.keys);
  const keyGroup = useKeyGroups((state) => state.keyGroups.get(fingerprint ?? ''));
  const search = useKeyGroups((state) => state.findKey);
  const connected = useConnection((state) => state.connection?.status === 'ready');
  const declared = row.declared.encryptionContext;
  const [which, setWhich] = useState<'all' | 'chosen'>('all');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [others, setOthers] = useState<readonly KeyInfo[]>([]);
  const [mode, setMode] = useState<ContextMode>(declared === null ? 'none' : 'given');
  const [pairs, setPairs] = useState<readonly Pair[]>(declared === null ? [] : pairsOf(declared));
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const [result, setResult] = useState<KeySearch | null>(null);
  const waiting = useLongWait(busy);

  const fitting = useMemo(() => candidatesFor(row, keys ?? []), [row, keys]);
  const listed = useMemo(() => [...others, ...fitting], [others, fitting]);
  const asked = which === 'all' ? fitting : listed.filter(({ arn }) => chosen.has(arn));
  // Where KMS may choose the key, it is first asked without one: it names the key that it may not use.
  const unpinned = which === 'all' && row.identification.kind !== 'kms-asymmetric-candidate' ? 1 : 0;
  const questions = asked.reduce((sum, key) => sum + fittingAlgorithms(row, key).length, unpinned);
  const { context } = contextProblem(pairs);
  const tooMany = which === 'chosen' && asked.length > MOST;
  const ready = connected && asked.length > 0 && !tooMany && (mode === 'none' || context !== null);
  const ask = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    setResult(null);
    try {
      setResult(
        await search({
          blobId: row.id,
          keyIds: which === 'all' ? null : asked.map(({ arn }) => arn),
          context: mode === 'given' ? context : null,
        }),
      );
    } catch (error) {
      setFault(pageFaultOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Find the key"
      shape="drawer"
      open
      onClose={close}
      subtitle={
        <>
          {fingerprint !== null && (
            <>
              <KeyFace fingerprint={fingerprint} /> {plural(keyGroup?.blobs ?? 1, 'blob')}, asked with{' '}
            </>
          )}
          {placeName(row)}
          <ConnectionBadge />
        </>
      }
      footer={
        <>
          <span className="foot-note" role="status">
            {noteOf(connected, asked.length, tooMany)}
          </span>
          <Button onPress={close}>Close</Button>
          <Button
            variant={result === null ? 'primary' : 'normal'}
            reason={ready ? null : noteOf(connected, asked.length, tooMany)}
            // Pending, not disabled: a disabled button would lose the focus, and Esc with it.
            isPending={busy}
            onPress={() => void ask()}
          >
            {busy ? 'Asking KMS' : `Ask KMS about ${plural(asked.length, 'key')}`}
          </Button>
        </>
      }
    >
      <p>
        Sends up to {plural(questions, 'DryRun request')}, for {plural(asked.length, 'key')}, and stops at the
        first key that fits. Nothing is decrypted; each appears in CloudTrail.
      </p>
      <FindKeyForm
        row={row}
        which={which}
        onWhich={setWhich}
        fitting={fitting.length}
        listed={listed}
        chosen={chosen}
        onChosen={setChosen}
        onOther={(key) => {
          setOthers([key, ...others.filter(({ arn }) => arn !== key.arn)]);
          setChosen(new Set([...chosen, key.arn]));
        }}
        mode={mode}
        onMode={setMode}
        pairs={pairs}
        onPairs={setPairs}
      />
      {waiting && <Skeleton label="Asking KMS" lines={3} />}
      {fault !== null && <FaultCard fault={fault} />}
      {result !== null && <FindKeyResult row={row} result={result} />}
    </Dialog>
  );
}

function noteOf(connected: boolean, asked: number, tooMany: boolean): string {
  if (!connected) return 'Not connected to KMS.';
  if (asked === 0) return 'Choose the keys to ask about.';
  return tooMany ? `At most ${MOST} chosen keys at once.` : '';
}
