import { useMemo, useState } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { Button } from '../../components/Button.tsx';
import { Choice } from '../../components/fields.tsx';
import { fittingAlgorithms } from '../../lib/keys/key-groups.ts';
import type { Pair } from '../../lib/request/context.ts';
import { plural } from '../../lib/words/format.ts';
import { LookUpKey } from '../keys/LookUpKey.tsx';
import { ContextNote } from '../sheet/ContextChanges.tsx';
import { ContextEditor, useSuggestions } from '../sheet/ContextEditor.tsx';
import { KeyChecklist } from './KeyChecklist.tsx';

export type ContextMode = 'none' | 'given';

interface FindKeyFormProps {
  readonly row: BlobRow;
  readonly which: 'all' | 'chosen';
  readonly onWhich: (which: 'all' | 'chosen') => void;
  /** Number of keys of the list that may have made the blob. */
  readonly fitting: number;
  readonly listed: readonly KeyInfo[];
  readonly chosen: ReadonlySet<string>;
  readonly onChosen: (chosen: ReadonlySet<string>) => void;
  readonly onOther: (key: KeyInfo) => void;
  readonly mode: ContextMode;
  readonly onMode: (mode: ContextMode) => void;
  readonly pairs: readonly Pair[];
  readonly onPairs: (pairs: readonly Pair[]) => void;
}

/** Which keys to ask about, and with which context. */
export function FindKeyForm(props: FindKeyFormProps) {
  const { row, which, onWhich, fitting, listed, chosen, onChosen, onOther } = props;
  const [other, setOther] = useState(false);
  const unfit = (key: KeyInfo): string | null => {
    if (key.unfitAsSource !== null) return key.unfitAsSource;
    return fittingAlgorithms(row, key).length > 0 ? null : `A key of spec ${key.spec} cannot have made it.`;
  };
  const symmetric = row.identification.kind !== 'kms-asymmetric-candidate';
  return (
    <>
      <Choice
        label="Candidates"
        value={which}
        onChange={onWhich}
        options={[
          {
            id: 'all',
            label: `All ${plural(fitting, 'fitting key')}`,
            detail: 'Keys of this account and Region that can have made such a blob',
          },
          { id: 'chosen', label: 'Chosen keys' },
        ]}
      />
      {which === 'chosen' && (
        <>
          <KeyChecklist label="Candidates" keys={listed} chosen={chosen} onChange={onChosen} many />
          {other ? (
            <LookUpKey
              side="source"
              label="Candidate by ARN"
              unfit={unfit}
              onFound={(key) => {
                onOther(key);
                setOther(false);
              }}
              onCancel={() => setOther(false)}
            />
          ) : (
            <span>
              <Button variant="link" onPress={() => setOther(true)}>
                Add another key by ARN
              </Button>
            </span>
          )}
        </>
      )}
      {symmetric && <ContextPart {...props} />}
    </>
  );
}

function ContextPart({ row, mode, onMode, pairs, onPairs }: FindKeyFormProps) {
  const rows = useMemo(() => [row], [row]);
  const suggestions = useSuggestions(rows);
  return (
    <>
      <Choice
        label="Encryption context"
        value={mode}
        onChange={onMode}
        options={[
          {
            id: 'none',
            label: 'None',
            detail: 'KMS still says whether the key fits; only the right context opens the blob',
          },
          {
            id: 'given',
            label: 'These pairs',
            ...(Object.keys(row.declared.encryptionContext ?? {}).length === 0
              ? {}
              : { detail: 'Filled in from what the file declares' }),
          },
        ]}
      />
      {mode === 'given' && (
        <>
          <ContextNote />
          <ContextEditor label="Context pairs" pairs={pairs} suggestions={suggestions} onChange={onPairs} />
        </>
      )}
    </>
  );
}
