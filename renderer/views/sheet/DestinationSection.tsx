import { TriangleAlert } from 'lucide-react';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import { Choice, SelectInput } from '../../components/fields.tsx';
import { useDraft } from '../../store/draft.ts';
import { ContextEditor } from './ContextEditor.tsx';
import { KeyPicker } from './KeyPicker.tsx';
import { Section } from './Section.tsx';

/** The key, algorithm and encryption context of the new blobs. */
export function DestinationSection() {
  const { draft, patchDestination, chooseDestination } = useDraft();
  const { destination, source } = draft;
  const { key, algorithm } = destination;
  const sourceHasContext = takesEncryptionContext(source.algorithm);
  const mode = !sourceHasContext && destination.mode === 'same' ? 'none' : destination.mode;
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
      {algorithm !== null && !takesEncryptionContext(algorithm) && (
        <p className="remark remark-attention">
          <TriangleAlert className="icon severity-warning" aria-hidden="true" />
          <span>
            The new blobs carry no metadata: neither key nor algorithm can be read from RSA ciphertext, and
            there is no encryption context. Note the key and algorithm, for without them nobody can decrypt.
          </span>
        </p>
      )}
      {algorithm !== null && takesEncryptionContext(algorithm) && (
        <>
          <Choice
            label="Destination encryption context"
            value={mode}
            onChange={(next) => patchDestination({ mode: next })}
            options={[
              ...(sourceHasContext
                ? [{ id: 'same' as const, label: 'Same as the source', detail: 'Each blob keeps its own.' }]
                : []),
              { id: 'given' as const, label: 'These pairs', detail: 'The same for every blob.' },
              { id: 'none' as const, label: 'No context' },
            ]}
          />
          {mode === 'given' && (
            <ContextEditor
              label="Destination pairs"
              pairs={destination.pairs}
              onChange={(pairs) => patchDestination({ pairs })}
            />
          )}
        </>
      )}
    </Section>
  );
}
