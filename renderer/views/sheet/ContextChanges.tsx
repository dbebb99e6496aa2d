import { Plus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button, IconButton } from '../../components/Button.tsx';
import { TextInput } from '../../components/fields.tsx';
import { CONTEXT_WARN_BYTES, changeEffect, contextProblem, keysOf } from '../../lib/request/context.ts';
import { checkChanges, ownContexts } from '../../lib/request/request.ts';
import type { Suggestion } from '../../lib/request/suggest.ts';
import { count, plural } from '../../lib/words/format.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { ContextEditor } from './ContextEditor.tsx';

/** Pairs to add to, and to take out of, the context that each blob has of its own; and what comes of it. */
export function ContextChanges({ suggestions }: { readonly suggestions: readonly Suggestion[] }) {
  const { draft, patchDestination } = useDraft();
  const { destination } = draft;
  const owns = useMemo(() => ownContexts(draft), [draft]);
  const known = useMemo(() => keysOf(owns), [owns]);
  const { context, problem } = checkChanges(destination);
  const added = useMemo(() => contextProblem(destination.add).context ?? {}, [destination.add]);
  const effect = useMemo(
    () => changeEffect(owns, added, destination.remove),
    [owns, added, destination.remove],
  );
  const parts = [
    effect.added > 0 ? `adds to ${plural(effect.added, 'blob')}` : null,
    effect.replaced > 0 ? `changes a value in ${plural(effect.replaced, 'blob')}` : null,
    effect.removed > 0 ? `removes from ${plural(effect.removed, 'blob')}` : null,
  ].filter((part) => part !== null);
  return (
    <>
      <ContextEditor
        label="Pairs to add"
        title="Add, or give a new value"
        pairs={destination.add}
        suggestions={suggestions}
        onChange={(add) => patchDestination({ add })}
      />
      <RemoveKeys
        keys={destination.remove}
        known={known}
        onChange={(remove) => patchDestination({ remove })}
      />
      {problem !== null && (destination.remove.length > 0 || destination.add.length > 0) && (
        <p className="context-error" role="alert">
          {problem}
        </p>
      )}
      {context !== null && (
        <p className="hint" role="status">
          {parts.length === 0
            ? 'No context that is known here changes.'
            : `${(parts[0] ?? '').replace(/^./, (c) => c.toUpperCase())}${parts
                .slice(1)
                .map((part) => `; ${part}`)
                .join('')}.`}
        </p>
      )}
      {effect.largest > CONTEXT_WARN_BYTES && (
        <p className="hint attention-text">
          The largest comes to {count(effect.largest)} bytes. Above {count(CONTEXT_WARN_BYTES)} bytes an
          external key store may refuse it.
        </p>
      )}
    </>
  );
}

interface RemoveKeysProps {
  readonly keys: readonly string[];
  /** Keys that the blobs' own contexts are known to have. */
  readonly known: readonly { readonly key: string; readonly count: number }[];
  readonly onChange: (keys: readonly string[]) => void;
}

/** Most known keys offered as buttons. */
const OFFERED = 8;

/** Keys of the pairs to take out of each blob's own context. */
function RemoveKeys({ keys, known, onChange }: RemoveKeysProps) {
  const [text, setText] = useState('');
  const add = (key: string): void => {
    if (key !== '' && !keys.includes(key)) onChange([...keys, key]);
    setText('');
  };
  const offered = known.filter(({ key }) => !keys.includes(key)).slice(0, OFFERED);
  const counts = new Map(known.map((each) => [each.key, each.count]));
  return (
    <fieldset className="inset context">
      <legend className="visually-hidden">Pairs to remove</legend>
      <p className="inset-title">Remove</p>
      {keys.length > 0 && (
        <ul className="removed-keys">
          {keys.map((key) => (
            <li key={key}>
              <code>{key}</code>
              <span className="hint">
                {counts.has(key)
                  ? `in ${plural(counts.get(key) ?? 0, 'blob')}`
                  : 'in no context that the files declare'}
              </span>
              <IconButton
                label={`Keep ${key}`}
                small
                onPress={() => onChange(keys.filter((each) => each !== key))}
              >
                <X className="icon" aria-hidden="true" />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <div className="remove-line">
        <TextInput
          label="Key to remove"
          hideLabel
          mono
          value={text}
          placeholder="key, exactly as it is written"
          onChange={setText}
          onEnter={() => add(text)}
        />
        <Button
          reason={
            text === ''
              ? 'Type the key of a pair.'
              : keys.includes(text)
                ? 'This key is removed already.'
                : null
          }
          onPress={() => add(text)}
        >
          Remove this key
        </Button>
      </div>
      {offered.length > 0 && (
        <div className="button-row">
          {offered.map(({ key, count: times }) => (
            <Button
              key={key}
              variant="link"
              icon={<Plus className="icon" aria-hidden="true" />}
              aria-label={`Remove ${key}, in ${plural(times, 'blob')}`}
              onPress={() => add(key)}
            >
              <code>{key}</code> ({count(times)})
            </Button>
          ))}
        </div>
      )}
    </fieldset>
  );
}

/** Said once in the sheet, at the first context that it asks for. */
export function ContextNote() {
  return (
    <p className="hint">
      Keys and values are exact and case-sensitive. They are not secret: CloudTrail records them in clear.
    </p>
  );
}
