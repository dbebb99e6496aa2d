import { Copy } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { BlobDetail } from '#shared/model/blob.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Switch } from '../../components/fields.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { compareFields, comparisonText, fieldDifferences, tally } from '../../lib/bytes/compare.ts';
import { fromBase64 } from '../../lib/bytes/hex.ts';
import { count, placeName, plural } from '../../lib/words/format.ts';
import { copyText, useUi } from '../../store/app/ui.ts';
import { CompareFields } from './CompareFields.tsx';
import { CompareHex } from './CompareHex.tsx';

/** Two blobs side by side: which fields and which bytes differ. */
export function CompareDialog() {
  const ids = useUi((state) => state.comparing);
  const compare = useUi((state) => state.compare);
  if (ids === null) return null;
  return <Loader ids={ids} close={() => compare(null)} />;
}

type Two = readonly [BlobDetail, BlobDetail];

function Loader({ ids, close }: { readonly ids: readonly [string, string]; readonly close: () => void }) {
  const [details, setDetails] = useState<Two | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const waiting = useLongWait(details === null && fault === null);
  useEffect(() => {
    let gone = false;
    const [first, second] = ids.map((blobId) => call(bridge().blobs.inspect({ blobId })));
    if (first === undefined || second === undefined) return;
    Promise.all([first, second]).then(
      (found) => {
        if (!gone) setDetails(found);
      },
      (error: unknown) => {
        if (!gone) setFault(pageFaultOf(error));
      },
    );
    return () => {
      gone = true;
    };
  }, [ids]);
  if (details !== null) return <Compared details={details} close={close} />;
  return (
    <Dialog
      title="Compare blobs"
      shape="wide"
      open
      onClose={close}
      footer={<Button onPress={close}>Close</Button>}
    >
      {fault !== null && <FaultCard fault={fault} />}
      {waiting && <Skeleton label="Loading two blobs" />}
    </Dialog>
  );
}

function Compared({ details, close }: { readonly details: Two; readonly close: () => void }) {
  const [differingOnly, setDifferingOnly] = useState(false);
  const compared = useMemo(() => {
    const [first, second] = details.map(({ fields, bytesBase64 }) => ({
      fields,
      bytes: fromBase64(bytesBase64),
    }));
    if (first === undefined || second === undefined) return null;
    const pairs = compareFields(first, second);
    return {
      bytes: [first.bytes, second.bytes] as const,
      pairs,
      marks: fieldDifferences(first.bytes, second.bytes),
    };
  }, [details]);
  if (compared === null) return null;
  const { bytes, pairs, marks } = compared;
  const names = [placeName(details[0].row), placeName(details[1].row)] as const;
  const { equal, different } = tally(pairs);
  const differing = marks.reduce((sum, mark) => sum + mark, 0);
  return (
    <Dialog
      title="Compare blobs"
      shape="wide"
      open
      onClose={close}
      subtitle={
        <span role="status">
          {plural(equal, 'field')} equal, {count(different)} different; {count(differing)} of{' '}
          {plural(marks.length, 'byte')} differ
          {details.some(({ truncated }) => truncated) && ' in the first 64 KiB'}
        </span>
      }
      footer={
        <>
          <Button
            icon={<Copy className="icon" aria-hidden="true" />}
            onPress={() => void copyText(comparisonText(names, pairs), 'the comparison')}
          >
            Copy comparison
          </Button>
          <Button variant="primary" onPress={close}>
            Close
          </Button>
        </>
      }
    >
      {pairs.length > 0 && (
        <Switch isSelected={differingOnly} onChange={setDifferingOnly}>
          Differing fields only
        </Switch>
      )}
      <CompareFields pairs={pairs} names={names} differingOnly={differingOnly} />
      <CompareHex bytes={bytes} names={names} marks={marks} />
    </Dialog>
  );
}
