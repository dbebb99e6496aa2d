import { ChevronDown, TriangleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import {
  Button as AriaButton,
  Autocomplete,
  Header,
  Label,
  ListBox,
  ListBoxItem,
  ListBoxSection,
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
import { Swatch } from '../../components/KeyFace.tsx';
import { filterKeys, keyDanger, keyLabel, misfit } from '../../lib/keys/keys.ts';
import { draftRows } from '../../lib/request/request.ts';
import { count, plural } from '../../lib/words/format.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeysOf } from '../../store/connection/keys.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { useRuns } from '../../store/runs/runs.ts';
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
/** Keys above the others. */
const MOST_FIRST = 3;

/** A searchable list of keys. Those that cannot serve stand in it too, disabled, with the reason. */
export function KeyPicker({ label, side, value, onChange, none, hint }: KeyPickerProps) {
  const useStore = useKeysOf(side);
  const { keys, status, fault, load, progress } = useStore();
  const [other, setOther] = useState(false);
  const [open, setOpen] = useState(false);
  const focused = useDraft((state) => state.focus);
  const facts = useKeyFacts();
  const recent = useRecent(side, keys);
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
  // Destinations of the last runs, and on the other side the keys that the blobs are under.
  const first =
    query.trim() === '' ? (side === 'source' ? sorted.filter(({ arn }) => facts.has(arn)) : recent) : [];
  const usual = first.filter((key) => unfit(key) === null).slice(0, MOST_FIRST);
  const rest = matching.filter((key) => !usual.includes(key)).slice(0, MOST);
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
        isOpen={open}
        onOpenChange={(next) => {
          setOpen(next);
          setQuery('');
        }}
        autoFocus={
          side === 'destination' ? value === null && focused === 'destination' : focused === 'source-key'
        }
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
                  <Face fingerprint={facts.get(value.arn)?.fingerprint} />
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
        <Popover className="popover popover-keys" offset={2} placement="bottom start">
          <Autocomplete inputValue={query} onInputChange={setQuery}>
            <div className="popover-search">
              <SearchInput label="Search keys" autoFocus placeholder="Search by alias, ID, spec, tag" />
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
              {usual.length > 0 ? (
                <>
                  <ListBoxSection>
                    <Header className="listbox-header">
                      {side === 'source' ? 'Keys of these blobs' : 'Recent destinations'}
                    </Header>
                    {usual.map((key) => (
                      <KeyOption key={key.arn} info={key} unfit={null} facts={facts.get(key.arn)} />
                    ))}
                  </ListBoxSection>
                  <ListBoxSection>
                    <Header className="listbox-header">All keys</Header>
                    {rest.map((key) => (
                      <KeyOption key={key.arn} info={key} unfit={unfit(key)} facts={facts.get(key.arn)} />
                    ))}
                  </ListBoxSection>
                </>
              ) : (
                rest.map((key) => (
                  <KeyOption key={key.arn} info={key} unfit={unfit(key)} facts={facts.get(key.arn)} />
                ))
              )}
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
          <div className="popover-foot">
            <Button
              variant="link"
              aria-label={`Use another key by ARN (${side})`}
              onPress={() => {
                setOpen(false);
                setOther(true);
              }}
            >
              Use another key by ARN…
            </Button>
          </div>
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
      {other && (
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
      )}
    </div>
  );
}

/** What the list of blobs knows of a key. */
interface KnownOfKey {
  /** Of its key material; of several, the one that is known to be the current one, else one of them. */
  readonly fingerprint: string;
  /** Blobs of the sheet under it. */
  readonly blobs: number;
}

/** Faces of keys, and how many blobs of the sheet are under each, by ARN. */
function useKeyFacts(): ReadonlyMap<string, KnownOfKey> {
  const rows = useDraft((state) => state.draft.rows);
  const keyGroups = useKeyGroups((state) => state.keyGroups);
  const timelines = useKeyGroups((state) => state.timelines);
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const { identification } of rows) {
      const { keyFingerprint } = identification;
      if (keyFingerprint !== null) counts.set(keyFingerprint, (counts.get(keyFingerprint) ?? 0) + 1);
    }
    const current = new Set(
      timelines.flatMap(({ generations }) =>
        generations.flatMap((each) => (each.current === true ? [each.fingerprint] : [])),
      ),
    );
    const facts = new Map<string, KnownOfKey>();
    for (const { keyArn, fingerprint } of keyGroups.values()) {
      if (keyArn === null) continue;
      const before = facts.get(keyArn);
      facts.set(keyArn, {
        fingerprint: before === undefined || current.has(fingerprint) ? fingerprint : before.fingerprint,
        blobs: (before?.blobs ?? 0) + (counts.get(fingerprint) ?? 0),
      });
    }
    return facts;
  }, [rows, keyGroups, timelines]);
}

/** Keys that the last runs re-encrypted to, the last one first. */
function useRecent(side: Side, keys: readonly KeyInfo[] | null): readonly KeyInfo[] {
  const runs = useRuns((state) => state.runs);
  return useMemo(() => {
    if (side === 'source' || keys === null) return [];
    const ids = [...runs.values()]
      .filter(({ dryRun }) => !dryRun)
      .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
      .map(({ destinationKeyId }) => destinationKeyId);
    const found = [...new Set(ids)].slice(0, MOST_FIRST * 3).flatMap((id) => {
      const key = keys.find(({ arn, keyId, aliases }) => arn === id || keyId === id || aliases.includes(id));
      return key === undefined ? [] : [key];
    });
    return [...new Set(found)].slice(0, MOST_FIRST);
  }, [side, keys, runs]);
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

/** The face of a key material; of a key of which the list holds no blob, room for one. */
function Face({ fingerprint }: { readonly fingerprint: string | undefined }) {
  return fingerprint === undefined ? (
    <span className="swatch swatch-none" aria-hidden="true" />
  ) : (
    <Swatch fingerprint={fingerprint} />
  );
}

function KeyOption({
  info,
  unfit,
  facts,
}: {
  readonly info: KeyInfo;
  readonly unfit: string | null;
  readonly facts: KnownOfKey | undefined;
}) {
  return (
    <ListBoxItem
      id={info.arn}
      textValue={info.arn}
      aria-label={keyLabel(info)}
      className="option"
      isDisabled={unfit !== null}
    >
      <span className="option-line">
        <span className="option-key">
          <Face fingerprint={facts?.fingerprint} />
          <Text slot="label">{keyLabel(info)}</Text>
          {facts !== undefined && facts.blobs > 0 && (
            <span className="option-current">{`key of ${plural(facts.blobs, 'blob')} here`}</span>
          )}
        </span>
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
