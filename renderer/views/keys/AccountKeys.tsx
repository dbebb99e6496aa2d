import { KeyRound, RefreshCw, Search, SearchX } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Side } from '#shared/model/connection.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { Button } from '../../components/Button.tsx';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { SearchInput } from '../../components/fields.tsx';
import { Skeleton, SpokenProgress, useLongWait } from '../../components/Progress.tsx';
import { filterKeys } from '../../lib/keys/keys.ts';
import { count, plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { useSide } from '../../store/connection/connection.ts';
import { useKeysOf } from '../../store/connection/keys.ts';
import { KeyPane } from './KeyPane.tsx';
import { KeyTable } from './KeyTable.tsx';
import { LookUpKey } from './LookUpKey.tsx';

/** The keys that the identity of one connection can see, and the one that is looked at. */
export function AccountKeys({ side }: { readonly side: Side }) {
  const useStore = useKeysOf(side);
  const { keys, status, fault, gaps, load } = useStore();
  const connection = useSide(side);
  const openDialog = useUi((state) => state.open);
  const [query, setQuery] = useState('');
  const [lookingUp, setLookingUp] = useState(false);
  /** The key in the pane; kept whole, since it may be of another account. */
  const [chosen, setChosen] = useState<KeyInfo | null>(null);
  const shown = useMemo(() => filterKeys(keys ?? [], query), [keys, query]);
  const waiting = useLongWait(status === 'loading' && keys === null);
  const ready = connection?.status === 'ready';
  const who = connection?.identity?.arn;
  useEffect(() => {
    if (ready) void load(false);
  }, [ready, load]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another identity or Region has other keys
  useEffect(() => setChosen(null), [who, connection?.region]);
  const asked = useUi((state) => state.openKey);
  const showKey = useUi((state) => state.showKey);
  useEffect(() => {
    const key = asked === null ? undefined : keys?.find(({ arn }) => arn === asked);
    if (key === undefined) return;
    setQuery('');
    setChosen(key);
    showKey(null);
  }, [asked, keys, showKey]);
  const choose = useCallback((key: KeyInfo) => setChosen(key), []);
  const current = (chosen && keys?.find(({ arn }) => arn === chosen.arn)) ?? chosen;
  return (
    <>
      <div className="toolbar" role="toolbar" aria-label="Keys">
        <SearchInput
          label="Search keys"
          value={query}
          onChange={setQuery}
          placeholder="Search by alias, ID, spec, state, tag"
        />
        <KeysCount side={side} shown={shown.length} searching={query.trim() !== ''} />
        <div className="toolbar-end">
          <Button
            variant="quiet"
            icon={<Search className="icon" aria-hidden="true" />}
            reason={ready ? null : 'Not connected to KMS.'}
            onPress={() => setLookingUp(true)}
          >
            Look up by ARN
          </Button>
          <Button
            variant="quiet"
            icon={<RefreshCw className="icon" aria-hidden="true" />}
            reason={
              !ready ? 'Not connected to KMS.' : status === 'loading' ? 'The keys are being listed.' : null
            }
            onPress={() => void load(true)}
          >
            Refresh
          </Button>
        </div>
      </div>
      {lookingUp && ready && (
        <div className="keys-look-up">
          <LookUpKey
            side={side}
            label="Key to look up"
            onFound={(key) => {
              setChosen(key);
              setLookingUp(false);
            }}
            onCancel={() => setLookingUp(false)}
          />
        </div>
      )}
      <Gaps side={side} />
      {!ready && keys === null && connection !== null ? (
        <div className="view-pad">
          {connection.fault !== null ? (
            <FaultCard fault={connection.fault}>
              <Button onPress={() => openDialog('connection')}>Change connection</Button>
            </FaultCard>
          ) : (
            <Skeleton label="Connecting" />
          )}
        </div>
      ) : (
        <>
          {status === 'failed' && fault !== null && (
            <div className="view-pad">
              <FaultCard fault={fault}>
                <Button onPress={() => void load(true)}>Try again</Button>
              </FaultCard>
            </div>
          )}
          <div className="keys-split">
            {keys === null ? (
              <div className="keys-main view-pad">
                {waiting && <Skeleton label="Loading keys" lines={12} />}
              </div>
            ) : shown.length === 0 && status !== 'loading' ? (
              <div className="keys-main">
                {keys.length > 0 ? (
                  <EmptyNote icon={SearchX} title="No key matches the search.">
                    <Button onPress={() => setQuery('')}>Clear search</Button>
                  </EmptyNote>
                ) : gaps.length > 0 ? (
                  <EmptyNote
                    icon={KeyRound}
                    title="KMS listed no key."
                    text="A key that you know can be looked up by its ARN."
                  />
                ) : (
                  <EmptyNote icon={KeyRound} title="This account has no KMS key in this Region." />
                )}
              </div>
            ) : (
              <KeyTable
                label={
                  side === 'destination'
                    ? 'Keys of the destination connection'
                    : 'Keys of this account and Region'
                }
                keys={shown}
                chosen={current?.arn ?? null}
                onChoose={choose}
                onEnter={focusPane}
              />
            )}
            {current !== null && (
              <KeyPane key={current.arn} info={current} side={side} onClose={() => setChosen(null)} />
            )}
          </div>
        </>
      )}
    </>
  );
}

function Gaps({ side }: { readonly side: Side }) {
  const useStore = useKeysOf(side);
  const gaps = useStore((state) => state.gaps);
  if (gaps.length === 0) return null;
  return (
    <section className="notice notice-attention" aria-label="Gaps">
      <div>
        <strong>KMS did not answer everything.</strong>
        <ul className="notice-list">
          {gaps.map((gap) => (
            <li key={gap}>{gap}</li>
          ))}
        </ul>
        <p className="hint">Ask the owner of the account for these permissions, then refresh.</p>
      </div>
    </section>
  );
}

function focusPane(): void {
  document.querySelector<HTMLElement>('.key-pane button')?.focus();
}

interface KeysCountProps {
  readonly side: Side;
  readonly shown: number;
  readonly searching: boolean;
}

/** How many keys there are; while they load, how many so far. */
function KeysCount({ side, shown, searching }: KeysCountProps) {
  const useStore = useKeysOf(side);
  const { keys, status, progress, listedAt } = useStore();
  if (status === 'loading')
    return (
      <span className="hint tabular keys-loading">
        <SpokenProgress label="Loading keys" done={progress.described} total={progress.known} />
        {progress.known === 0
          ? 'Loading keys'
          : `${count(progress.described)} of ${plural(progress.known, 'key')} so far`}
      </span>
    );
  if (keys === null) return null;
  return (
    <span className="hint tabular">
      {searching ? `${count(shown)} of ${plural(keys.length, 'key')}` : plural(keys.length, 'key')}
      {listedAt !== null && ` · listed at ${clock(listedAt)}`}
    </span>
  );
}

const clock = (iso: string): string => new Date(iso).toLocaleTimeString(undefined, { timeStyle: 'short' });
