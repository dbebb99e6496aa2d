import { ChevronDown } from 'lucide-react';
import { useState } from 'react';
import {
  Button as AriaButton,
  Autocomplete,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
} from 'react-aria-components';
import type { KeyInfo } from '#shared/model/key.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { SearchInput } from '../../components/fields.tsx';
import { keyLabel, keyText } from '../../lib/keys.ts';
import { useKeys } from '../../store/keys.ts';
import { OtherKey } from './OtherKey.tsx';

interface KeyPickerProps {
  readonly label: string;
  readonly side: 'source' | 'destination';
  readonly value: KeyInfo | null;
  readonly onChange: (key: KeyInfo | null) => void;
  /** Words of the entry that pins no key; null where a key is required. */
  readonly none: string | null;
  readonly hint?: string;
}

const NONE = '(none)';

/** A searchable list of keys. Those that cannot serve stand in it too, disabled, with the reason. */
export function KeyPicker({ label, side, value, onChange, none, hint }: KeyPickerProps) {
  const { keys, status, fault, load } = useKeys();
  const [other, setOther] = useState(false);
  const [foreign, setForeign] = useState<KeyInfo | null>(null);
  const unfit = (key: KeyInfo): string | null =>
    side === 'source' ? key.unfitAsSource : key.unfitAsDestination;
  const listed = keys ?? [];
  const all =
    foreign === null || listed.some(({ arn }) => arn === foreign.arn) ? listed : [foreign, ...listed];
  // Fit keys first: they are what one looks for.
  const sorted = [...all.filter((key) => unfit(key) === null), ...all.filter((key) => unfit(key) !== null)];
  const text = new Map(sorted.map((key) => [key.arn, keyText(key)]));
  return (
    <div className="stack stack-tight">
      <Select
        className="field"
        value={value?.arn ?? (none === null ? null : NONE)}
        placeholder={status === 'loading' ? 'Loading keys' : 'Choose a key'}
        onChange={(arn) => onChange(sorted.find((key) => key.arn === arn) ?? null)}
      >
        <Label className="label">{label}</Label>
        <AriaButton className="select select-key">
          <SelectValue className="select-value">
            {() =>
              value === null ? (
                <span className={none === null ? 'placeholder' : ''}>
                  {none ?? (status === 'loading' ? 'Loading keys' : 'Choose a key')}
                </span>
              ) : (
                <span className="select-key-value">
                  <span>{keyLabel(value)}</span>
                  <span className="option-detail">
                    {value.spec ?? 'spec not known'} · {value.keyId}
                  </span>
                </span>
              )
            }
          </SelectValue>
          <ChevronDown className="icon" aria-hidden="true" />
        </AriaButton>
        {hint !== undefined && (
          <Text slot="description" className="hint">
            {hint}
          </Text>
        )}
        <Popover className="popover popover-keys" offset={2}>
          <Autocomplete
            filter={(name, words) => {
              const full = text.get(name) ?? name.toLowerCase();
              return words
                .toLowerCase()
                .split(/\s+/)
                .every((word) => full.includes(word));
            }}
          >
            <div className="popover-search">
              <SearchInput label="Search keys" autoFocus placeholder="Search by alias, id, spec" />
            </div>
            <ListBox
              className="listbox"
              aria-label={`${label}s`}
              renderEmptyState={() => (
                <p className="empty-note">{status === 'ready' ? 'No key matches' : 'No keys are listed'}</p>
              )}
            >
              {none !== null && (
                <ListBoxItem id={NONE} textValue={NONE} className="option">
                  <Text slot="label">{none}</Text>
                </ListBoxItem>
              )}
              {sorted.map((key) => (
                <KeyOption key={key.arn} info={key} unfit={unfit(key)} />
              ))}
            </ListBox>
          </Autocomplete>
        </Popover>
      </Select>
      {status === 'failed' && fault !== null && (
        <FaultCard fault={fault}>
          <Button onPress={() => void load(true)}>List keys again</Button>
        </FaultCard>
      )}
      {other ? (
        <OtherKey
          label={label}
          unfit={unfit}
          onFound={(key) => {
            setForeign(key);
            onChange(key);
            setOther(false);
          }}
          onCancel={() => setOther(false)}
        />
      ) : (
        <span>
          <Button
            variant="link"
            aria-label={`Use another key by ARN (${side})`}
            onPress={() => setOther(true)}
          >
            Use another key by ARN
          </Button>
        </span>
      )}
    </div>
  );
}

function KeyOption({ info, unfit }: { readonly info: KeyInfo; readonly unfit: string | null }) {
  return (
    <ListBoxItem
      id={info.arn}
      textValue={info.arn}
      aria-label={keyLabel(info)}
      className="option"
      isDisabled={unfit !== null}
    >
      <span className="option-line">
        <Text slot="label">{keyLabel(info)}</Text>
        <span className="option-detail">
          {info.spec ?? 'spec not known'}
          {info.state !== null && info.state !== 'Enabled' && ` · ${info.state}`}
        </span>
      </span>
      <Text slot="description" className="option-detail mono">
        {info.keyId}
      </Text>
      {unfit !== null && <span className="option-unfit">{unfit}</span>}
    </ListBoxItem>
  );
}
