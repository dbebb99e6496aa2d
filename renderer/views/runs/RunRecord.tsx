import { SearchX, X } from 'lucide-react';
import { type CSSProperties, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { wasMissed } from '#shared/run-outcome.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { CopyLine } from '../../components/CopyLine.tsx';
import type { TableColumn } from '../../components/columns.ts';
import { DataGrid } from '../../components/DataGrid.tsx';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { FaultCard, FaultLines } from '../../components/FaultCard.tsx';
import { SearchInput } from '../../components/fields.tsx';
import { Swatch } from '../../components/KeyFace.tsx';
import { MiddleCut } from '../../components/MiddleCut.tsx';
import { Status } from '../../components/Status.tsx';
import { usePages } from '../../components/usePages.ts';
import { withKeyIds, withKeyNames } from '../../lib/keys/keys.ts';
import { count, placeName, plural, shortHex } from '../../lib/words/format.ts';
import type { Tone } from '../../lib/words/words.ts';
import { copyEntry } from '../../store/app/menu.ts';
import { attempt } from '../../store/app/ui.ts';
import { useKeyName, useKeys } from '../../store/connection/keys.ts';
import { fetchChange, fetchRecord, isOver } from '../../store/runs/runs.ts';

type State = RunItem['state'];

const ITEM_WORDS: Record<State, { tone: Tone; word: string }> = {
  failed: { tone: 'danger', word: 'Failed' },
  skipped: { tone: 'neutral', word: 'Skipped' },
  running: { tone: 'running', word: 'Running' },
  waiting: { tone: 'neutral', word: 'To do' },
  restored: { tone: 'neutral', word: 'Restored' },
  reencrypted: { tone: 'done', word: 'Re-encrypted' },
  'would-succeed': { tone: 'done', word: 'Will work' },
  already: { tone: 'neutral', word: 'Already as asked' },
};
/** What was sent and answered, while others of its file were not: a file is replaced when all of it is ready. */
const itemWords = (item: RunItem): { tone: Tone; word: string } =>
  item.state === 'waiting' && item.requestId !== null
    ? { tone: 'running', word: 'Waits for its file' }
    : wasMissed(item)
      ? NOT_REACHED
      : ITEM_WORDS[item.state];
const NOT_REACHED = { tone: 'neutral', word: 'Not reached' } as const;
/** What a filter by a state is called: of those that were skipped, all may be ones that were not reached. */
const stateWords = (state: State, { counts, missed }: RunSummary): { tone: Tone; word: string } =>
  state === 'skipped' && missed === counts.skipped ? NOT_REACHED : ITEM_WORDS[state];
const STATES = Object.keys(ITEM_WORDS) as State[];

const REASON = 'reason';
const COLUMNS: readonly TableColumn<RunItem>[] = [
  {
    id: 'state',
    title: 'State',
    width: '10rem',
    minTable: 0,
    align: 'flex',
    cell: (item) => <Status {...itemWords(item)} why={item.fault?.message ?? null} />,
  },
  {
    id: 'blob',
    title: 'Blob',
    width: 'minmax(14rem, 2fr)',
    minTable: 0,
    tooltip: ({ file, place }) => [file, place].filter(Boolean).join('\n'),
    align: 'flex',
    cell: (item) => <MiddleCut className="cell-cut" text={placeName(item)} />,
  },
  {
    id: REASON,
    title: 'Reason',
    width: 'minmax(10rem, 1.4fr)',
    minTable: 62,
    tooltip: ({ fault, notes }) => [fault?.message, ...notes].filter(Boolean).join('\n') || undefined,
    cell: ({ fault, notes }) => <Reason words={fault?.message ?? notes[0] ?? ''} />,
  },
  {
    id: 'from',
    title: 'From key',
    width: 'minmax(11rem, 1fr)',
    minTable: 48,
    align: 'flex',
    tooltip: ({ sourceKeyArn }) => sourceKeyArn ?? undefined,
    cell: ({ fingerprintBefore, sourceKeyArn }) => (
      <>
        {fingerprintBefore !== null && <Swatch fingerprint={fingerprintBefore} />}
        {sourceKeyArn !== null ? (
          <KeyWords arn={sourceKeyArn} />
        ) : (
          fingerprintBefore !== null && <code>{shortHex(fingerprintBefore)}</code>
        )}
      </>
    ),
  },
  {
    id: 'request',
    title: 'Request ID',
    width: '8rem',
    minTable: 78,
    tooltip: ({ requestId }) => requestId ?? undefined,
    cell: ({ requestId }) => (requestId === null ? '' : <code>{requestId}</code>),
  },
];

const WITHOUT_REASON = COLUMNS.filter(({ id }) => id !== REASON);

function Reason({ words }: { readonly words: string }) {
  return useKeys((state) => withKeyNames(words, state.keys));
}

function KeyWords({ arn }: { readonly arn: string }) {
  return <span className="cell-clip">{useKeyName(arn)}</span>;
}

/** A run that moves is fetched again so often, milliseconds. */
const LIVE_MS = 2000;

/** Every blob of a run, those that failed first: filtered by state and words, virtual, and one of them in full. */
export function RunRecordList({ run }: { readonly run: RunSummary }) {
  const [states, setStates] = useState<readonly State[]>([]);
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<{ item: RunItem; index: number } | null>(null);
  const keys = useKeys((state) => state.keys);
  const words = withKeyIds(query.trim(), keys ?? []);
  const over = isOver(run);
  const { id, status } = run;
  // An ended run has another record once it is undone.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the status says that it has another record
  const fetchPage = useCallback(
    (offset: number, limit: number) => fetchRecord(id, states, words, offset, limit),
    [id, states, words, over && status],
  );
  const { reply, fault, rowAt, see, refresh } = usePages(fetchPage);
  const moved = useRef(run.counts);
  moved.current = run.counts;
  useEffect(() => {
    if (over) return;
    let before = moved.current;
    const timer = setInterval(() => {
      if (moved.current === before) return;
      before = moved.current;
      refresh();
    }, LIVE_MS);
    return () => clearInterval(timer);
  }, [over, refresh]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has other rows
  useEffect(() => setChosen(null), [fetchPage]);
  const counts = reply?.counts ?? {};
  // Until a reason or a note is there to read, the names get its room.
  const hasReasons = useRef(false);
  hasReasons.current ||=
    run.counts.failed + run.counts.skipped > 0 ||
    (reply?.rows ?? []).some(({ fault: why, notes }) => why !== null || notes.length > 0);
  // A list that moves has another blob at that place by now: what is shown is the blob that was chosen.
  const there = chosen === null ? undefined : rowAt(chosen.index);
  const same = there !== undefined && there.blobId === chosen?.item.blobId;
  const shown = same ? there : (chosen?.item ?? null);
  const toggle = (state: State): void =>
    setStates(states.includes(state) ? states.filter((each) => each !== state) : [...states, state]);
  return (
    <section className="run-record" aria-label="Blobs of the run">
      <div className="run-record-bar">
        <SearchInput
          label="Filter the blobs of the run"
          value={query}
          onChange={setQuery}
          placeholder="File, key, request ID, error"
        />
        <fieldset className="state-chips" aria-label="States">
          {STATES.filter((state) => (counts[state] ?? 0) > 0 || states.includes(state)).map((state) => (
            <button
              key={state}
              type="button"
              className="state-chip"
              aria-pressed={states.includes(state)}
              onClick={() => toggle(state)}
            >
              <Status {...stateWords(state, run)} /> {count(counts[state] ?? 0)}
            </button>
          ))}
          {(states.length > 0 || query !== '') && (
            <Button
              variant="link"
              onPress={() => {
                setStates([]);
                setQuery('');
              }}
            >
              Clear filter
            </Button>
          )}
        </fieldset>
        <span className="hint tabular" role="status">
          {reply !== null &&
            (reply.total === run.counts.total
              ? plural(reply.total, 'blob')
              : `${count(reply.total)} of ${plural(run.counts.total, 'blob')}`)}
        </span>
      </div>
      {fault !== null && (
        <FaultCard fault={fault}>
          <Button onPress={refresh}>Try again</Button>
        </FaultCard>
      )}
      {reply !== null && reply.total === 0 ? (
        <EmptyNote
          icon={SearchX}
          title={
            run.counts.total === 0 ? 'This run has no blobs.' : 'No blob of this run matches the filter.'
          }
        />
      ) : (
        <div
          className="grid-split run-record-split"
          style={{ '--rows': Math.max(4, reply?.total ?? 4) } as CSSProperties}
        >
          <DataGrid
            label="Blobs of the run"
            count={reply?.total ?? 0}
            rowAt={rowAt}
            idOf={(item) => item.blobId}
            columns={hasReasons.current ? COLUMNS : WITHOUT_REASON}
            chosen={same ? (chosen?.index ?? null) : null}
            onChoose={(item, index) => setChosen({ item, index })}
            onEnter={() => document.querySelector<HTMLElement>('.run-record .grid-pane button')?.focus()}
            onSee={see}
            menu={(item) => ({
              label: placeName(item),
              entries: [
                ...copyEntry('path', item.file),
                ...copyEntry('location', item.place),
                ...copyEntry('source key ARN', item.sourceKeyArn),
                ...copyEntry('fingerprint', item.fingerprintBefore),
                ...copyEntry('request ID', item.requestId),
                ...copyEntry('new file', item.output),
                ...copyEntry('backup', item.backup),
              ],
            })}
          />
          {shown !== null && (
            <ItemPane item={shown} onClose={() => setChosen(null)}>
              {shown.state === 'reencrypted' && (
                <Change key={shown.blobId} load={() => fetchChange(id, shown.blobId)} />
              )}
            </ItemPane>
          )}
        </div>
      )}
    </section>
  );
}

/** Everything that is on record of one blob of a run. */
function ItemPane({
  item,
  onClose,
  children,
}: {
  readonly item: RunItem;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}) {
  const { fault } = item;
  return (
    <aside className="grid-pane" aria-label={`Blob ${placeName(item)}`}>
      <header className="grid-pane-head">
        <h2 className="grid-pane-title">{placeName(item)}</h2>
        <IconButton label="Close" small onPress={onClose}>
          <X className="icon" aria-hidden="true" />
        </IconButton>
      </header>
      <Status {...itemWords(item)} />
      {fault !== null && <FaultLines fault={fault} />}
      {item.notes.map((note) => (
        <p key={note} className="remark remark-attention">
          {note}
        </p>
      ))}
      <dl className="fact-lines">
        <CopyLine name="File" value={item.file} />
        <CopyLine name="Location" value={item.place === '' ? null : item.place} />
        <KeyFact name="From key" arn={item.sourceKeyArn} fingerprint={item.fingerprintBefore} />
        <CopyLine name="Key material ID before" value={item.sourceKeyMaterialId} mono />
        <KeyFact name="To key" arn={item.destinationKeyArn} fingerprint={item.fingerprintAfter} />
        <CopyLine name="Key material ID after" value={item.destinationKeyMaterialId} mono />
        <CopyLine name="New file" value={item.output} />
        <CopyLine name="Backup" value={item.backup} />
        <CopyLine name="Request ID" value={item.requestId} mono />
        <CopyLine name="Request ID of Decrypt" value={item.decryptRequestId} mono />
        <CopyLine name="SHA-256 before" value={item.sha256Before} mono />
        <CopyLine name="SHA-256 after" value={item.sha256After} mono />
      </dl>
      {children}
    </aside>
  );
}

function KeyFact({
  name,
  arn,
  fingerprint,
}: {
  readonly name: string;
  readonly arn: string | null;
  readonly fingerprint: string | null;
}) {
  const words = useKeyName(arn ?? '');
  if (arn === null && fingerprint === null) return null;
  return (
    <CopyLine name={name} value={arn ?? fingerprint}>
      {fingerprint !== null && (
        <>
          <Swatch fingerprint={fingerprint} /> <code>{shortHex(fingerprint)}</code>{' '}
        </>
      )}
      {arn !== null && <span title={arn}>{words}</span>}
    </CopyLine>
  );
}

type ChangeReply = Awaited<ReturnType<typeof fetchChange>>;
const GONE = 'Not on disk any more, or changed since.';

/** What the run changed of a blob: its ciphertext before and after, and nothing of the file around it. */
function Change({ load }: { readonly load: () => Promise<ChangeReply> }) {
  const [change, setChange] = useState<ChangeReply | null>(null);
  return change === null ? (
    <div>
      <Button onPress={() => void attempt(async () => setChange(await load()))}>Show what changed</Button>
    </div>
  ) : (
    <section aria-label="What changed">
      <dl className="change">
        <dt>Ciphertext before</dt>
        <dd>{change.before === null ? GONE : <Bytes className="change-before" text={change.before} />}</dd>
        <dt>Ciphertext after</dt>
        <dd>{change.after === null ? GONE : <Bytes className="change-after" text={change.after} />}</dd>
      </dl>
      <p className="hint">
        In base64. Values beside it that follow it, such as a key ARN, change with it where the file has them.
      </p>
    </section>
  );
}

/** Base64 that scrolls where it is long. */
function Bytes({ className, text }: { readonly className: string; readonly text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
    <code className={className} tabIndex={0}>
      {text}
    </code>
  );
}
