import { useMemo } from 'react';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import { Section } from '../../components/Dialog.tsx';
import { Choice, SelectInput } from '../../components/fields.tsx';
import { draftRows } from '../../lib/request/request.ts';
import { useDraft } from '../../store/draft.ts';
import { ContextNote } from './ContextChanges.tsx';
import { ContextEditor, useSuggestions } from './ContextEditor.tsx';
import { KeyPicker } from './KeyPicker.tsx';

const RSA_ALGORITHMS = ['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'] as const;

/** How KMS opens the blobs: key, algorithm, encryption context. */
export function SourceSection() {
  const { draft, patchSource, chooseSourceKey } = useDraft();
  const { source, family } = draft;
  const rows = useMemo(() => draftRows(draft), [draft]);
  const declaring = rows.filter((row) => Object.keys(row.declared.encryptionContext ?? {}).length > 0).length;
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
          onChange={(algorithm) => patchSource({ algorithm })}
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
                    : `${declaring.toLocaleString('en-US')} of ${rows.length.toLocaleString('en-US')} declare one; none is sent for the rest.`,
              },
              { id: 'given', label: 'These pairs', detail: 'The same for every blob.' },
              { id: 'none', label: 'No context' },
            ]}
          />
          <ContextNote />
          {source.mode === 'given' && (
            <ContextEditor
              label="Source pairs"
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
