import { Check } from 'lucide-react';
import { useState } from 'react';
import { ListBox, ListBoxItem, type Selection, Text } from 'react-aria-components';
import type { KeyInfo } from '#shared/model/key.ts';
import { SearchInput } from '../../components/fields.tsx';
import { filterKeys, keyLabel } from '../../lib/keys/keys.ts';

interface KeyChecklistProps {
  readonly label: string;
  readonly keys: readonly KeyInfo[];
  /** ARNs. */
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
  readonly many?: boolean;
}

/** A searchable list of keys to choose one or several from. A search hides keys; it never unchooses them. */
export function KeyChecklist({ label, keys, chosen, onChange, many = false }: KeyChecklistProps) {
  const [query, setQuery] = useState('');
  const shown = filterKeys(keys, query);
  const change = (selection: Selection): void =>
    onChange(
      selection === 'all'
        ? new Set([...chosen, ...shown.map(({ arn }) => arn)])
        : new Set([...selection].map(String)),
    );
  return (
    <div className="stack stack-tight">
      <SearchInput
        label={`Search ${label.toLowerCase()}`}
        value={query}
        onChange={setQuery}
        placeholder="Search by alias, ID, spec"
      />
      <ListBox
        className="listbox listbox-framed"
        aria-label={label}
        selectionMode={many ? 'multiple' : 'single'}
        selectedKeys={chosen}
        onSelectionChange={change}
        renderEmptyState={() => <p className="empty-note">No key matches</p>}
      >
        {shown.map((key) => (
          <ListBoxItem
            key={key.arn}
            id={key.arn}
            textValue={keyLabel(key)}
            aria-label={keyLabel(key)}
            className="option option-check"
          >
            <Check className="icon option-tick" aria-hidden="true" />
            <span className="option-text">
              <Text slot="label">{keyLabel(key)}</Text>
              <Text slot="description" className="option-detail">
                {key.spec ?? 'spec not known'} · <span className="mono">{key.keyId}</span>
              </Text>
            </span>
          </ListBoxItem>
        ))}
      </ListBox>
    </div>
  );
}
