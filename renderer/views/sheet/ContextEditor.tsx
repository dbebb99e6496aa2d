import { Lightbulb, Plus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import {
  Button as AriaButton,
  Collection,
  Header,
  Label,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Text,
  TextArea,
  TextField,
} from 'react-aria-components';
import type { BlobRow } from '#shared/model/blob.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { TextInput } from '../../components/fields.tsx';
import {
  CONTEXT_WARN_BYTES,
  contextProblem,
  isBlank,
  type Pair,
  pair,
  parseContextText,
} from '../../lib/request/context.ts';
import { type Suggestion, suggestions } from '../../lib/request/suggest.ts';
import { count } from '../../lib/words/format.ts';
import { useConnection } from '../../store/connection/connection.ts';

interface ContextEditorProps {
  readonly label: string;
  /** Words above the lines, where two editors stand together. */
  readonly title?: string;
  readonly pairs: readonly Pair[];
  readonly suggestions: readonly Suggestion[];
  readonly onChange: (pairs: readonly Pair[]) => void;
  /** Whether its first field gets the focus when it is shown. */
  readonly autoFocus?: boolean;
}

/** Key and value lines of an encryption context, or a pasted JSON object. */
export function ContextEditor({
  label,
  title,
  pairs,
  suggestions,
  onChange,
  autoFocus = false,
}: ContextEditorProps) {
  const shown = useMemo(() => (pairs.length === 0 ? [pair()] : pairs), [pairs]);
  const check = contextProblem(shown);
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
            autoFocus={autoFocus && i === 0}
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
            reason={shown.length === 1 && isBlank(each) ? 'The only pair is empty.' : null}
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

interface SuggestContextProps {
  readonly label: string;
  readonly suggestions: readonly Suggestion[];
  readonly onPick: (suggestion: Suggestion) => void;
}

/** Contexts that services are known to use, those that fit the selection first. Nothing is filled in unasked. */
function SuggestContext({ label, suggestions, onPick }: SuggestContextProps) {
  const sections = [
    { id: 'fits', title: 'May fit these blobs', list: suggestions.filter(({ fits }) => fits) },
    { id: 'other', title: 'Used elsewhere in AWS', list: suggestions.filter(({ fits }) => !fits) },
  ].filter(({ list }) => list.length > 0);
  return (
    <MenuTrigger>
      <AriaButton className="button button-link" aria-label={`Suggest pairs for ${label}`}>
        <Lightbulb className="icon" aria-hidden="true" />
        <span className="button-label">Suggest</span>
      </AriaButton>
      <Popover className="popover popover-suggest" offset={2}>
        <Menu
          className="listbox"
          aria-label="Known encryption contexts"
          items={sections}
          onAction={(id) => {
            const picked = suggestions.find((each) => each.id === id);
            if (picked !== undefined) onPick(picked);
          }}
        >
          {(section) => (
            <MenuSection id={section.id}>
              <Header className="listbox-header">{section.title}</Header>
              <Collection items={section.list}>
                {(each) => (
                  <MenuItem id={each.id} textValue={each.label} className="option">
                    <Text slot="label" className="mono">
                      {each.label}
                    </Text>
                    <Text slot="description" className="option-detail">
                      {each.detail}
                    </Text>
                  </MenuItem>
                )}
              </Collection>
            </MenuSection>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** Contexts to begin with, for these blobs and this connection. */
export function useSuggestions(rows: readonly BlobRow[]): readonly Suggestion[] {
  const region = useConnection((state) => state.connection?.region ?? null);
  const account = useConnection((state) => state.connection?.identity?.account ?? null);
  return useMemo(() => suggestions(rows, { region, account }), [rows, region, account]);
}
