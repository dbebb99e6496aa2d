import { CalendarDays, Copy, Link2, Link2Off, ListTree, ScrollText, SearchX, X } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Button as AriaButton, Dialog as AriaDialog, DialogTrigger, Popover } from 'react-aria-components';
import type { HistoryKind, HistoryRecord } from '#shared/model/history.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import type { TableColumn } from '../../components/columns.ts';
import { DataGrid } from '../../components/DataGrid.tsx';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { SearchInput, SelectInput } from '../../components/fields.tsx';
import { MiddleCut } from '../../components/MiddleCut.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { usePages } from '../../components/usePages.ts';
import { withKeyIds } from '../../lib/keys/keys.ts';
import { count, day, moment, plural, shortHex } from '../../lib/words/format.ts';
import {
  HISTORY_OUTCOMES,
  HISTORY_WORDS,
  historyOutcome,
  historyTone,
  historyWho,
} from '../../lib/words/history.ts';
import { copyEntry } from '../../store/app/menu.ts';
import { copyText } from '../../store/app/ui.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { fetchHistory, filterOf, NO_QUERY, useHistory } from '../../store/audit/history.ts';
import { useKeyName, useKeys } from '../../store/connection/keys.ts';
import { HistoryPane } from './HistoryPane.tsx';

const COLUMNS: readonly TableColumn<HistoryRecord>[] = [
  {
    id: 'seq',
    title: 'No.',
    width: '4.5rem',
    minTable: 50,
    align: 'end',
    cell: ({ seq }) => count(seq),
  },
  { id: 'at', title: 'When', width: '13.5rem', minTable: 0, cell: ({ at }) => moment(at, true) },
  {
    id: 'what',
    title: 'What',
    width: '9.5rem',
    minTable: 0,
    align: 'flex',
    cell: (record) => <Status tone={historyTone(record)} word={HISTORY_WORDS[record.kind].word} />,
  },
  {
    id: 'outcome',
    title: 'Outcome',
    width: 'minmax(14rem, 4fr)',
    minTable: 34,
    tooltip: historyOutcome,
    cell: historyOutcome,
  },
  {
    id: 'on',
    title: 'File',
    width: 'minmax(12rem, 1.4fr)',
    minTable: 70,
    tooltip: ({ file, place }) => [file, place].filter(Boolean).join('\n') || undefined,
    align: 'flex',
    cell: ({ file, place }) => (
      <MiddleCut className="cell-cut" text={[file, place].filter(Boolean).join(' · ')} />
    ),
  },
  {
    id: 'key',
    title: 'To key',
    width: 'minmax(12rem, 0.8fr)',
    minTable: 96,
    tooltip: ({ sourceKey, destinationKey }) =>
      [sourceKey, destinationKey].filter((key) => key !== null).join('\n→ ') || undefined,
    cell: ({ sourceKey, destinationKey }) => <KeyWords arn={destinationKey ?? sourceKey} />,
  },
  {
    id: 'who',
    title: 'Who',
    width: 'minmax(8rem, 0.6fr)',
    minTable: 60,
    tooltip: ({ who, connection }) => [who, connection].filter(Boolean).join('\n') || undefined,
    cell: historyWho,
  },
];

function KeyWords({ arn }: { readonly arn: string | null }) {
  const words = useKeyName(arn ?? '');
  return arn === null ? null : words;
}

const KINDS = [
  { id: 'all', label: 'All kinds' },
  ...Object.entries(HISTORY_WORDS).map(([id, { word }]) => ({ id, label: word })),
];
const OUTCOMES = [
  { id: 'all', label: 'All outcomes' },
  ...HISTORY_OUTCOMES.map(({ id, word }) => ({ id, label: word })),
];

/** Everything that was done, newest first, the blobs of a run folded under it; and whether its chain holds. */
export function HistoryTab() {
  const { verdict, verify } = useAudit();
  const { query, set } = useHistory();
  const keys = useKeys((state) => state.keys);
  const filter = useMemo(() => {
    const asked = filterOf(query);
    return { ...asked, words: withKeyIds(asked.words, keys ?? []) };
  }, [query, keys]);
  const fetchPage = useCallback(
    (offset: number, limit: number) => fetchHistory(filter, offset, limit),
    [filter],
  );
  const { reply, fault, rowAt, see, refresh } = usePages(fetchPage);
  const [chosen, setChosen] = useState<{ record: HistoryRecord; index: number } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has other rows
  useEffect(() => setChosen(null), [filter]);
  const waiting = useLongWait(reply === null && fault === null);
  const narrowed = JSON.stringify(query) !== JSON.stringify(NO_QUERY);
  const openRun = (record: HistoryRecord): void => {
    if (record.runId === null || query.run !== null) return;
    set({ ...NO_QUERY, run: { id: record.runId, name: moment(record.at, true) } });
  };
  return (
    <div className="grid-view">
      <div className="toolbar history-bar" role="toolbar" aria-label="History">
        <SearchInput
          label="Search the history"
          value={query.words}
          onChange={(words) => set({ words })}
          placeholder="Who, key, file, request ID"
        />
        <div className="history-filters">
          <SelectInput
            label="Kind"
            inline
            value={query.kind ?? 'all'}
            options={KINDS}
            onChange={(kind) => set({ kind: kind === 'all' ? null : (kind as HistoryKind) })}
          />
          <SelectInput
            label="Outcome"
            inline
            value={query.outcome ?? 'all'}
            options={OUTCOMES}
            onChange={(outcome) => set({ outcome: outcome === 'all' ? null : outcome })}
          />
          <DaysMenu from={query.from} to={query.to} onChange={set} />
        </div>
        {query.run !== null && (
          <span className="chip">
            Run of {query.run.name}
            <IconButton label="Show all runs again" small onPress={() => set({ run: null })}>
              <X className="icon icon-small" aria-hidden="true" />
            </IconButton>
          </span>
        )}
        {narrowed && reply?.total !== 0 && (
          <Button variant="link" onPress={() => set(NO_QUERY)}>
            Clear filter
          </Button>
        )}
        <span className="hint tabular" role="status">
          {reply !== null && plural(reply.total, 'record')}
        </span>
        <div className="toolbar-end">
          {reply !== null && (
            <IconButton
              label={`Copy count and latest hash, ${shortHex(reply.head.hash)}`}
              onPress={() => void copyText(`${reply.head.count}:${reply.head.hash}`, 'count and latest hash')}
            >
              <Copy className="icon" aria-hidden="true" />
            </IconButton>
          )}
          <Button icon={<Link2 className="icon" aria-hidden="true" />} onPress={() => void verify()}>
            Verify the chain
          </Button>
        </div>
      </div>
      {verdict !== null && (
        <section
          className={verdict.ok ? 'chain-verdict chain-verdict-ok' : 'chain-verdict chain-verdict-broken'}
          aria-label="Verification"
          role="status"
        >
          {verdict.ok ? (
            <Link2 className="icon" aria-hidden="true" />
          ) : (
            <Link2Off className="icon" aria-hidden="true" />
          )}
          <details open={!verdict.ok}>
            <summary>
              <strong>
                {verdict.broken === null
                  ? `All ${plural(verdict.head.count, 'link')} hold.`
                  : verdict.broken.message}
              </strong>
              What this proves
            </summary>
            <p className="hint">{verdict.proves}</p>
          </details>
        </section>
      )}
      {fault !== null && (
        <FaultCard fault={fault}>
          <Button onPress={refresh}>Try again</Button>
        </FaultCard>
      )}
      {reply === null ? (
        waiting && <Skeleton label="Loading the history" lines={10} />
      ) : reply.total === 0 ? (
        narrowed ? (
          <EmptyNote icon={SearchX} title="No record matches the filter.">
            <Button onPress={() => set(NO_QUERY)}>Clear filter</Button>
          </EmptyNote>
        ) : (
          <EmptyNote
            icon={ScrollText}
            title="Nothing is on record yet."
            text="Connections, runs and questions to KMS are recorded here, each chained to the one before."
          />
        )
      ) : (
        <div className="grid-split">
          <DataGrid
            label="History"
            count={reply.total}
            rowAt={rowAt}
            idOf={({ seq }) => String(seq)}
            columns={COLUMNS}
            // A list that grew has another record at that place.
            chosen={chosen !== null && rowAt(chosen.index)?.seq === chosen.record.seq ? chosen.index : null}
            onChoose={(record, index) => setChosen({ record, index })}
            onEnter={openRun}
            onSee={see}
            menu={(record) => ({
              label: `Record ${count(record.seq)}`,
              entries: [
                ...copyEntry('who', record.who),
                ...copyEntry('file', record.file),
                ...copyEntry('source key ARN', record.sourceKey),
                ...copyEntry('destination key ARN', record.destinationKey),
                ...copyEntry('request IDs', record.requestIds.join('\n')),
                ...copyEntry('hash', record.hash),
              ],
            })}
            rowClass={({ seq }) => (verdict?.broken?.seq === seq ? 'is-broken' : '')}
          />
          {chosen !== null && (
            <HistoryPane record={chosen.record} onClose={() => setChosen(null)}>
              {chosen.record.runId !== null && query.run === null && (
                <Button
                  icon={<ListTree className="icon" aria-hidden="true" />}
                  onPress={() => openRun(chosen.record)}
                >
                  Show all records of this run
                </Button>
              )}
            </HistoryPane>
          )}
        </div>
      )}
    </div>
  );
}

/** From which day until which; the button says it. */
function DaysMenu({
  from,
  to,
  onChange,
}: {
  readonly from: string;
  readonly to: string;
  readonly onChange: (days: { from?: string; to?: string }) => void;
}) {
  return (
    <DialogTrigger>
      <AriaButton className="button" aria-label={`Days: ${daysWords(from, to)}`}>
        <CalendarDays className="icon" aria-hidden="true" />
        <span className="button-label">{daysWords(from, to)}</span>
      </AriaButton>
      <Popover className="popover popover-form" offset={4} placement="bottom start">
        <AriaDialog className="popover-dialog" aria-label="Days">
          <section className="popover-fields" aria-label="From and to">
            <DayInput label="From" value={from} onChange={(day) => onChange({ from: day })} />
            <DayInput label="To" value={to} onChange={(day) => onChange({ to: day })} />
          </section>
        </AriaDialog>
      </Popover>
    </DialogTrigger>
  );
}

/** "Any day", "From 1 Nov 2026", "Until 3 Nov 2026", "1 Nov 2026 to 3 Nov 2026". */
function daysWords(from: string, to: string): string {
  // A day alone, without a zone, would be read as midnight in Greenwich: the day before in half of the world.
  const word = (date: string): string => day(`${date}T12:00`);
  if (from === '') return to === '' ? 'Any day' : `Until ${word(to)}`;
  return to === '' ? `From ${word(from)}` : from === to ? word(from) : `${word(from)} to ${word(to)}`;
}

function DayInput({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <label className="day-field">
      <span className="label">{label}</span>
      <input
        type="date"
        className="input"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
