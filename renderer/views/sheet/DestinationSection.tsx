import { Info, TriangleAlert } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Dialog.tsx';
import { Choice, SelectInput } from '../../components/fields.tsx';
import { draftRows, misfits } from '../../lib/request/request.ts';
import { count, plural } from '../../lib/words/format.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { ContextChanges, ContextNote } from './ContextChanges.tsx';
import { ContextEditor, useSuggestions } from './ContextEditor.tsx';
import { KeyPicker } from './KeyPicker.tsx';

/** The key, algorithm and encryption context of the new blobs. */
export function DestinationSection() {
  const { draft, patchDestination, chooseDestination } = useDraft();
  const { destination, source } = draft;
  const { key, algorithm } = destination;
  const rows = useMemo(() => draftRows(draft), [draft]);
  const suggestions = useSuggestions(rows);
  const sourceHasContext = takesEncryptionContext(source.algorithm);
  const mode =
    !sourceHasContext && (destination.mode === 'same' || destination.mode === 'changed')
      ? 'none'
      : destination.mode;
  return (
    <Section title="Destination">
      <KeyPicker
        label="Destination key"
        side="destination"
        value={key}
        onChange={(chosen) => {
          if (chosen !== null) chooseDestination(chosen);
        }}
        none={null}
      />
      {key !== null && (
        <SelectInput
          label="Destination algorithm"
          value={algorithm}
          onChange={(next) => patchDestination({ algorithm: next })}
          options={key.algorithms.map((id) => ({ id, label: id }))}
        />
      )}
      {algorithm !== null && !takesEncryptionContext(algorithm) && <AsymmetricRemarks />}
      {algorithm !== null && takesEncryptionContext(algorithm) && (
        <>
          <Choice
            label="Destination encryption context"
            value={mode}
            onChange={(next) => patchDestination({ mode: next })}
            options={[
              ...(sourceHasContext
                ? [
                    {
                      id: 'same' as const,
                      label: 'Keep',
                      detail: 'Each blob keeps its own, as on the source side.',
                    },
                    {
                      id: 'changed' as const,
                      label: 'Add or remove pairs',
                      detail: 'Each blob keeps its own, with these changes.',
                    },
                  ]
                : []),
              {
                id: 'given' as const,
                label: sourceHasContext ? 'Replace with these pairs' : 'These pairs',
                detail: 'The same for every blob.',
              },
              { id: 'none' as const, label: 'No context' },
            ]}
          />
          <ContextNote />
          {mode === 'changed' && <ContextChanges suggestions={suggestions} />}
          {mode === 'given' && (
            <ContextEditor
              label="Destination pairs"
              pairs={destination.pairs}
              suggestions={suggestions}
              onChange={(pairs) => patchDestination({ pairs })}
            />
          )}
        </>
      )}
    </Section>
  );
}

/** What an RSA or SM2 destination means for the new blobs, and which of the chosen ones it cannot take. */
function AsymmetricRemarks() {
  const draft = useDraft((state) => state.draft);
  const { sops, tooLong, room } = useMemo(() => misfits(draft), [draft]);
  const { key, algorithm } = draft.destination;
  return (
    <>
      <p className="remark remark-attention">
        <Info className="icon severity-warning" aria-hidden="true" />
        <span>
          The new blobs carry no metadata: neither key nor algorithm can be read from them, and there is no
          encryption context. Without both they cannot be decrypted, so a record (key ARN, algorithm, SHA-256
          of the blob) is written beside each new file: keep it with the file.
        </span>
      </p>
      {sops.length > 0 && (
        <Misfit rows={sops} what="SOPS blob">
          SOPS opens its data keys with a symmetric key alone. {sops.length === 1 ? 'It' : 'They'} will not be
          re-encrypted to this key: choose a symmetric one, or leave {sops.length === 1 ? 'it' : 'them'} out.
        </Misfit>
      )}
      {tooLong.length > 0 && room !== null && (
        <Misfit rows={tooLong} what="blob">
          {tooLong.length === 1 ? 'Its plaintext is' : 'Their plaintexts are'} longer than the {count(room)}{' '}
          bytes that {key?.spec} with {algorithm} holds. Choose a symmetric key or a larger one, or leave{' '}
          {tooLong.length === 1 ? 'it' : 'them'} out.
        </Misfit>
      )}
    </>
  );
}

function Misfit({
  rows,
  what,
  children,
}: {
  readonly rows: readonly BlobRow[];
  readonly what: string;
  readonly children: ReactNode;
}) {
  const exclude = useDraft((state) => state.exclude);
  const [first] = rows;
  const named = first === undefined ? '' : `${first.file}${first.place === '' ? '' : ` · ${first.place}`}`;
  return (
    <div className="remark remark-danger" role="status">
      <TriangleAlert className="icon severity-critical" aria-hidden="true" />
      <div className="stack stack-tight">
        <span>
          <strong>{plural(rows.length, what)} cannot go there</strong> ({named}
          {rows.length > 1 && ` and ${count(rows.length - 1)} more`}). {children}
        </span>
        <span>
          <Button onPress={() => exclude(rows.map(({ id }) => id))}>
            {`Leave out ${rows.length === 1 ? 'this' : 'these'} ${plural(rows.length, what)}`}
          </Button>
        </span>
      </div>
    </div>
  );
}
