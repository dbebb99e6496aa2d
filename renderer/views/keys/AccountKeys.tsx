import { RefreshCw } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { SearchInput } from '../../components/fields.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { plural } from '../../lib/format.ts';
import { filterKeys } from '../../lib/keys.ts';
import { useConnection } from '../../store/connection.ts';
import { useKeys } from '../../store/keys.ts';
import { useUi } from '../../store/ui.ts';
import { KeyTable } from './KeyTable.tsx';

/** The keys that this identity can see. */
export function AccountKeys() {
  const { keys, gaps, status, fault, load } = useKeys();
  const connection = useConnection((state) => state.connection);
  const openDialog = useUi((state) => state.open);
  const [query, setQuery] = useState('');
  const shown = useMemo(() => filterKeys(keys ?? [], query), [keys, query]);
  const waiting = useLongWait(status === 'loading' && keys === null);
  const ready = connection?.status === 'ready';
  useEffect(() => {
    if (ready) void load(false);
  }, [ready, load]);
  return (
    <>
      <div className="toolbar" role="toolbar" aria-label="Keys">
        <SearchInput
          label="Search keys"
          value={query}
          onChange={setQuery}
          placeholder="Search by alias, id, spec, state"
        />
        <span className="hint tabular">{keys !== null && plural(shown.length, 'key')}</span>
        <span className="gap" />
        <Button
          variant="quiet"
          icon={<RefreshCw className="icon" aria-hidden="true" />}
          isDisabled={!ready || status === 'loading'}
          onPress={() => void load(true)}
        >
          Refresh
        </Button>
      </div>
      {gaps.length > 0 && (
        <section className="notice notice-attention" aria-label="Gaps">
          <div>
            <strong>This list has gaps.</strong>
            <ul className="notice-list">
              {gaps.map((gap) => (
                <li key={gap}>{gap}</li>
              ))}
            </ul>
          </div>
        </section>
      )}
      {!ready && connection !== null ? (
        <div className="view-pad">
          {connection.fault !== null ? (
            <FaultCard fault={connection.fault}>
              <Button onPress={() => openDialog('connection')}>Change connection</Button>
            </FaultCard>
          ) : (
            <Skeleton label="Connecting" />
          )}
        </div>
      ) : status === 'failed' && fault !== null ? (
        <div className="view-pad">
          <FaultCard fault={fault}>
            <Button onPress={() => void load(true)}>Try again</Button>
          </FaultCard>
        </div>
      ) : keys === null ? (
        <div className="view-pad">{waiting && <Skeleton label="Loading keys" lines={12} />}</div>
      ) : shown.length === 0 ? (
        <p className="empty-note">
          {keys.length === 0
            ? 'This identity sees no key in this account and Region.'
            : 'No key matches the search.'}
        </p>
      ) : (
        <KeyTable keys={shown} />
      )}
    </>
  );
}
