import { ChevronDown, TriangleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
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
import { kindOf } from '#shared/connection-kind.ts';
import type { Side } from '#shared/model/connection.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { SearchInput } from '../../components/fields.tsx';
import { filterKeys, keyDanger, keyLabel, misfit } from '../../lib/keys/keys.ts';
import { draftRows } from '../../lib/request/request.ts';
import { count } from '../../lib/words/format.ts';
import { useConnection } from '../../store/connection.ts';
import { useDraft } from '../../store/draft.ts';
import { useKeysOf } from '../../store/keys.ts';
import { LookUpKey } from '../keys/LookUpKey.tsx';

interface KeyPickerProps {
  readonly label: string;
  readonly side: Side;
  readonly value: KeyInfo | null;
  readonly onChange: (key: KeyInfo | null) => void;
  /** Words of the entry that pins no key; null where a key is required. */
  readonly none: string | null;
  readonly hint?: string;
}

const NONE = '(none)';
/** Options in the list at a time: more would not be read, and ten thousand would take a second to draw. */
const MOST = 100;

/** A searchable list of keys. Those that cannot serve stand in it too, disabled, with the reason. */
export function KeyPicker({ label, side, value, onChange, none, hint }: KeyPickerProps) {
  const useStore = useKeysOf(side);
  const { keys, status, fault, load, progress } = useStore();
  const [other, setOther] = useState(false);
  const [query, setQuery] = useState('');
  const [foreign, setForeign] = useState<KeyInfo | null>(null);
  const unfit = useUnfit(side);
  const sorted = useMemo(() => {
    const listed = keys ?? [];
    const all =
      foreign === null || listed.some(({ arn }) => arn === foreign.arn) ? listed : [foreign, ...listed];
    // Fit keys first: they are what one looks for.
    return [...all.filter((key) => unfit(key) === null), ...all.filter((key) => unfit(key) !== null)];
  }, [keys, foreign, unfit]);
  const matching = useMemo(() => filterKeys(sorted, query), [sorted, query]);
  const danger = side === 'source' && value !== null ? keyDanger(value) : null;
  const loading =
    status === 'loading'
      ? `Loading keys${progress.known > 0 ? `, ${count(progress.described)} so far` : ''}`
      : null;
  return (
    <div className="stack stack-tight">
      <Select
        className="field"
        value={value?.arn ?? (none === null ? null : NONE)}
        placeholder={loading ?? 'Choose a key'}
        onChange={(arn) => onChange(sorted.find((key) => key.arn === arn) ?? null)}
        onOpenChange={() => setQuery('')}
        // A press while the keys are still coming opens the list, which says so, and fills under the eyes.
        allowsEmptyCollection
      >
        <Label className="label">{label}</Label>
        <AriaButton className="select select-key">
          <SelectValue className="select-value">
            {() =>
              value === null ? (
                <span className={none === null ? 'placeholder' : ''}>
                  {none ?? loading ?? 'Choose a key'}
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
          <Autocomplete inputValue={query} onInputChange={setQuery}>
            <div className="popover-search">
              <SearchInput label="Search keys" autoFocus placeholder="Search by alias, id, spec, tag" />
            </div>
            <ListBox
              className="listbox"
              aria-label={`${label}s`}
              renderEmptyState={() => (
                <p className="empty-note">
                  {loading ?? (status === 'ready' ? 'No key matches' : 'No keys are listed')}
                </p>
              )}
            >
              {none !== null && query.trim() === '' && (
                <ListBoxItem id={NONE} textValue={NONE} className="option">
                  <Text slot="label">{none}</Text>
                </ListBoxItem>
              )}
              {matching.slice(0, MOST).map((key) => (
                <KeyOption key={key.arn} info={key} unfit={unfit(key)} />
              ))}
            </ListBox>
          </Autocomplete>
          {(matching.length > MOST || (loading !== null && matching.length > 0)) && (
            <p className="popover-note tabular">
              {[
                matching.length > MOST && `${count(matching.length - MOST)} more: type to narrow the list`,
                loading,
              ]
                .filter((part) => part !== false && part !== null)
                .join(' · ')}
            </p>
          )}
        </Popover>
      </Select>
      <FromWhere side={side} />
      {danger !== null && (
        <p className="remark remark-attention">
          <TriangleAlert className="icon severity-warning" aria-hidden="true" />
          <span>{danger.why}</span>
        </p>
      )}
      {status === 'failed' && fault !== null && (
        <FaultCard fault={fault}>
          <Button onPress={() => void load(true)}>List keys again</Button>
        </FaultCard>
      )}
      {other ? (
        <LookUpKey
          side={side}
          label={`${label} by ARN`}
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

/** Why a key cannot serve on that side: what KMS said of it, then whether it fits the blobs of the sheet. */
function useUnfit(side: Side): (key: KeyInfo) => string | null {
  const draft = useDraft((state) => state.draft);
  return useMemo(() => {
    const blobs = {
      family: draft.family,
      plaintextBytes: draftRows(draft).map((row) => row.identification.plaintextBytes),
    };
    return (key) =>
      (side === 'source' ? key.unfitAsSource : key.unfitAsDestination) ?? misfit(key, side, blobs);
  }, [draft, side]);
}

/** Said only where the keys are those of the second connection. */
function FromWhere({ side }: { readonly side: Side }) {
  const destination = useConnection((state) => state.destination);
  if (side !== 'destination' || destination === null) return null;
  const parts = [kindOf(destination.choice).title(), destination.region, destination.identity?.account];
  return (
    <p className="hint">
      Keys of the destination connection:{' '}
      {parts.filter((part) => part !== null && part !== undefined).join(' · ')}
    </p>
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
