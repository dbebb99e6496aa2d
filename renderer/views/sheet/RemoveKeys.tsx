import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../../components/Button.tsx';
import { TextInput } from '../../components/fields.tsx';
import { count, plural } from '../../lib/format.ts';

interface RemoveKeysProps {
  readonly keys: readonly string[];
  /** Keys that the blobs' own contexts are known to have. */
  readonly known: readonly { readonly key: string; readonly count: number }[];
  readonly onChange: (keys: readonly string[]) => void;
}

/** Most known keys offered as buttons. */
const OFFERED = 8;

/** Keys of the pairs to take out of each blob's own context. */
export function RemoveKeys({ keys, known, onChange }: RemoveKeysProps) {
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
        <Button isDisabled={text === '' || keys.includes(text)} onPress={() => add(text)}>
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
