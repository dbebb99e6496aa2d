import { useMemo } from 'react';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import { Choice, SelectInput } from '../../components/fields.tsx';
import { draftRows } from '../../lib/request.ts';
import { useDraft } from '../../store/draft.ts';
import { AsymmetricRemarks } from './AsymmetricRemarks.tsx';
import { ContextChanges } from './ContextChanges.tsx';
import { ContextEditor } from './ContextEditor.tsx';
import { ContextNote } from './ContextNote.tsx';
import { KeyPicker } from './KeyPicker.tsx';
import { Section } from './Section.tsx';
import { useSuggestions } from './useSuggestions.ts';

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
          {!sourceHasContext && <ContextNote />}
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
