import { useEffect, useMemo, useState } from 'react';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Dialog.tsx';
import { Choice, SelectInput } from '../../components/fields.tsx';
import { type Draft, draftRows } from '../../lib/request/request.ts';
import { count, plural } from '../../lib/words/format.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { ContextNote } from './ContextChanges.tsx';
import { ContextEditor, useSuggestions } from './ContextEditor.tsx';
import { KeyPicker } from './KeyPicker.tsx';

const RSA_ALGORITHMS = ['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'] as const;

/** How KMS opens the blobs, in one line until something of it is asked for or changed. */
export function SourceSection() {
  const { draft, focus } = useDraft();
  const asked = draft.family === 'rsa' || focus === 'source-key' || focus === 'source-context';
  const [open, setOpen] = useState(asked);
  useEffect(() => {
    if (asked) setOpen(true);
  }, [asked]);
  const { source } = draft;
  if (open || source.key !== null || source.mode !== 'declared') return <OpenSource />;
  return (
    <Section title="Source">
      <div className="source-line">
        <span>{sourceSummary(draft)}</span>
        <Button variant="link" aria-label="Change the source" onPress={() => setOpen(true)}>
          Change
        </Button>
      </div>
    </Section>
  );
}

/** Blobs of which the file declares a context. */
const declaringOf = (draft: Draft): number =>
  draftRows(draft).filter((row) => Object.keys(row.declared.encryptionContext ?? {}).length > 0).length;

/** What KMS is asked to open the blobs with, while nothing of it was chosen. */
function sourceSummary(draft: Draft): string {
  const rows = draftRows(draft).length;
  const declaring = declaringOf(draft);
  const context =
    declaring === 0
      ? 'no encryption context'
      : declaring === rows
        ? 'the context that the files declare'
        : `the context that files declare for ${plural(declaring, 'blob')}, none for ${count(rows - declaring)}`;
  return `Key detected automatically · ${context}`;
}

function OpenSource() {
  const { draft, focus, patchSource, chooseSourceKey } = useDraft();
  const { algorithm } = draft.destination;
  const { source, family } = draft;
  const rows = useMemo(() => draftRows(draft), [draft]);
  const declaring = declaringOf(draft);
  const rsa = family === 'rsa';
  const suggestions = useSuggestions(rows);
  return (
    <Section title="Source">
      <KeyPicker
        label="Source key"
        side="source"
        value={source.key}
        onChange={chooseSourceKey}
        none={rsa ? null : 'Detect automatically'}
        hint={
          rsa
            ? 'The blob of an RSA key does not name it. Choose the key that it was encrypted under.'
            : source.key === null
              ? 'Choose a key to require it: KMS rejects blobs encrypted under another.'
              : 'KMS refuses blobs of any other key with IncorrectKeyException.'
        }
      />
      {rsa && (
        <SelectInput
          label="Source algorithm"
          value={source.algorithm}
          onChange={(next) => patchSource({ algorithm: next })}
          options={RSA_ALGORITHMS.map((id) => ({ id, label: id }))}
        />
      )}
      {takesEncryptionContext(source.algorithm) ? (
        <>
          <Choice
            label="Source encryption context"
            value={source.mode}
            onChange={(mode) => patchSource({ mode })}
            options={[
              {
                id: 'declared',
                label: 'As the file declares',
                detail:
                  declaring === 0
                    ? rows.length === 1
                      ? 'The file declares none: no context is sent.'
                      : 'None of these files declares one: no context is sent.'
                    : `${count(declaring)} of ${count(rows.length)} declare one; none is sent for the rest.`,
              },
              { id: 'given', label: 'These pairs', detail: 'The same for every blob.' },
              { id: 'none', label: 'No context' },
            ]}
          />
          {/* Said at the destination's own, where it has one. */}
          {(algorithm === null || !takesEncryptionContext(algorithm)) && <ContextNote />}
          {source.mode === 'given' && (
            <ContextEditor
              label="Source pairs"
              autoFocus={focus === 'source-context'}
              pairs={source.pairs}
              suggestions={suggestions}
              onChange={(pairs) => patchSource({ pairs })}
            />
          )}
        </>
      ) : (
        <p className="hint">RSA and SM2 ciphertext has no encryption context.</p>
      )}
    </Section>
  );
}
