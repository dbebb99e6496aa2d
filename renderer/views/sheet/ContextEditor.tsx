import { Plus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { Button, IconButton } from '../../components/Button.tsx';
import { TextInput } from '../../components/fields.tsx';
import {
  CONTEXT_WARN_BYTES,
  checkContext,
  isBlank,
  type Pair,
  pair,
  parseContextText,
} from '../../lib/context.ts';
import { count } from '../../lib/format.ts';
import type { Suggestion } from '../../lib/suggest.ts';
import { SuggestContext } from './SuggestContext.tsx';

interface ContextEditorProps {
  readonly label: string;
  /** Words above the lines, where two editors stand together. */
  readonly title?: string;
  readonly pairs: readonly Pair[];
  readonly suggestions: readonly Suggestion[];
  readonly onChange: (pairs: readonly Pair[]) => void;
}

/** Key and value lines of an encryption context, or a pasted JSON object. */
export function ContextEditor({ label, title, pairs, suggestions, onChange }: ContextEditorProps) {
  const shown = useMemo(() => (pairs.length === 0 ? [pair()] : pairs), [pairs]);
  const check = checkContext(shown);
  const [pasting, setPasting] = useState(false);
  const set = (id: number, patch: Partial<Pair>): void =>
    onChange(shown.map((each) => (each.id === id ? { ...each, ...patch } : each)));
  const add = (more: readonly Pair[]): void => onChange([...shown.filter((each) => !isBlank(each)), ...more]);
  return (
    <fieldset className="inset context">
      <legend className="visually-hidden">{label}</legend>
      {title !== undefined && <p className="inset-title">{title}</p>}
      {shown.map((each, i) => (
        <div key={each.id} className="context-line">
          <TextInput
            label={`${label}: key ${i + 1}`}
            hideLabel
            value={each.key}
            placeholder="key"
            mono
            invalid={check.errors.has(each.id)}
            onChange={(key) => set(each.id, { key })}
          />
          <span aria-hidden="true">=</span>
          <TextInput
            label={`${label}: value ${i + 1}`}
            hideLabel
            value={each.value}
            placeholder="value"
            mono
            onChange={(value) => set(each.id, { value })}
          />
          <IconButton
            label={`Remove pair ${i + 1}`}
            small
            isDisabled={shown.length === 1 && isBlank(each)}
            onPress={() => onChange(shown.filter(({ id }) => id !== each.id))}
          >
            <X className="icon" aria-hidden="true" />
          </IconButton>
          {check.errors.has(each.id) && (
            <p className="context-error" role="alert">
              {check.errors.get(each.id)}
            </p>
          )}
        </div>
      ))}
      {pasting ? (
        <PasteJson
          label={label}
          onDone={(read) => {
            if (read !== null) add(read);
            setPasting(false);
          }}
        />
      ) : (
        <div className="button-row">
          <Button
            variant="link"
            icon={<Plus className="icon" aria-hidden="true" />}
            onPress={() => onChange([...shown, pair()])}
          >
            Add pair
          </Button>
          <Button variant="link" onPress={() => setPasting(true)}>
            Paste JSON
          </Button>
          <SuggestContext
            label={label}
            suggestions={suggestions}
            onPick={(picked) => add(picked.pairs.map(({ key, value, awaits }) => pair(key, value, awaits)))}
          />
        </div>
      )}
      {check.bytes > CONTEXT_WARN_BYTES && (
        <p className="hint attention-text">
          {count(check.bytes)} bytes. Above {count(CONTEXT_WARN_BYTES)} bytes an external key store may refuse
          it.
        </p>
      )}
    </fieldset>
  );
}

function PasteJson({
  label,
  onDone,
}: {
  readonly label: string;
  readonly onDone: (pairs: Pair[] | null) => void;
}) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const read = (): void => {
    const result = parseContextText(text);
    if (result.ok) onDone(result.pairs);
    else setProblem(result.problem);
  };
  return (
    <div className="stack stack-tight">
      <TextField className="field" value={text} onChange={setText} autoFocus isInvalid={problem !== null}>
        <Label className="label">{`${label} as JSON or key=value lines`}</Label>
        <TextArea
          className="input textarea mono"
          rows={4}
          spellCheck={false}
          placeholder={'{"app": "payments"}'}
        />
      </TextField>
      {problem !== null && (
        <p className="context-error" role="alert">
          {problem}
        </p>
      )}
      <div className="button-row">
        <Button onPress={read}>Read pairs</Button>
        <Button variant="quiet" onPress={() => onDone(null)}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
