import { BellOff, ChevronDown, ChevronRight, SearchX, ShieldCheck } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { weighedWords } from '#shared/audit-words.ts';
import type { AuditFinding } from '#shared/model/audit.ts';
import { Button } from '../../components/Button.tsx';
import type { TableColumn } from '../../components/columns.ts';
import { DataGrid } from '../../components/DataGrid.tsx';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { SearchInput, SelectInput } from '../../components/fields.tsx';
import { TickBox } from '../../components/grid.tsx';
import { SEVERITY_WORDS, SeverityIcon } from '../../components/Status.tsx';
import { type FindingLine, findingLines, lineSeverity, suppressible } from '../../lib/findings.ts';
import { filterFindings, type SeverityFilter, SOURCE_WORDS } from '../../lib/words/audit.ts';
import { count, plural } from '../../lib/words/format.ts';
import { findingWords } from '../../lib/words/words.ts';
import { copyEntry, type MenuEntry } from '../../store/app/menu.ts';
import { useUi } from '../../store/app/ui.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useFindings } from '../../store/audit/findings.ts';
import { useKeyName } from '../../store/connection/keys.ts';
import { FindingPane } from './FindingPane.tsx';
import { useSuppress } from './SuppressDialog.tsx';
import { useHeld } from './useHeld.ts';

const COLUMNS: readonly TableColumn<FindingLine>[] = [
  {
    id: 'tick',
    title: 'Select',
    width: '1.6rem',
    minTable: 0,
    cell: (line) => <Tick line={line} />,
  },
  {
    id: 'severity',
    title: 'Severity',
    width: '7rem',
    minTable: 0,
    align: 'flex',
    cell: (line) => {
      const severity = lineSeverity(line);
      const word = isViolation(line) ? 'Rule broken' : SEVERITY_WORDS[severity];
      return (
        <>
          <SeverityIcon severity={severity} label={word} />
          <span aria-hidden="true">{word}</span>
        </>
      );
    },
  },
  {
    id: 'title',
    title: 'Finding',
    width: 'minmax(16rem, 3fr)',
    minTable: 0,
    align: 'flex',
    tooltip: titleOf,
    cell: (line) => <Title line={line} />,
  },
  {
    id: 'key',
    title: 'Key',
    width: 'minmax(8rem, 1fr)',
    minTable: 70,
    tooltip: (line) => (line.type === 'finding' ? (line.finding.keyArn ?? undefined) : undefined),
    cell: (line) =>
      line.type === 'finding' ? <KeyWords arn={line.finding.keyArn} /> : keysOf(line.findings),
  },
  {
    id: 'blobs',
    title: 'Blobs',
    width: '5rem',
    minTable: 0,
    align: 'end',
    // Two findings of a rule may be of the same blobs: a group has no sum.
    cell: (line) => (line.type === 'finding' ? count(line.finding.blobs) : ''),
  },
  {
    id: 'files',
    title: 'Files',
    width: '5rem',
    minTable: 52,
    align: 'end',
    cell: (line) => (line.type === 'finding' ? count(line.finding.files) : ''),
  },
  {
    id: 'source',
    title: 'Source',
    width: '10rem',
    minTable: 86,
    cell: (line) => (line.type === 'finding' ? SOURCE_WORDS[line.finding.source] : ''),
  },
];

const isViolation = (line: FindingLine): boolean =>
  line.type === 'finding' ? line.finding.violation : line.findings.every(({ violation }) => violation);

function titleOf(line: FindingLine): string {
  return line.type === 'finding'
    ? line.finding.title
    : `${findingWords(line.id)}: ${plural(line.findings.length, 'finding')}`;
}

function keysOf(findings: readonly AuditFinding[]): string {
  const keys = new Set(findings.flatMap(({ keyArn }) => keyArn ?? [])).size;
  return keys === 0 ? '' : plural(keys, 'key');
}

function KeyWords({ arn }: { readonly arn: string | null }) {
  const words = useKeyName(arn ?? '');
  return arn === null ? null : words;
}

function Tick({ line }: { readonly line: FindingLine }) {
  const ticked = useFindings((state) => state.ticked);
  const toggle = useFindings((state) => state.toggle);
  const ids = suppressible(line).map(({ id }) => id);
  if (ids.length === 0) return null;
  const on = ids.filter((id) => ticked.has(id)).length;
  return (
    <TickBox
      label={`Select ${titleOf(line)}`}
      tick={on === 0 ? 'none' : on === ids.length ? 'all' : 'some'}
      onToggle={() => toggle(ids)}
    />
  );
}

function Title({ line }: { readonly line: FindingLine }) {
  const setOpen = useFindings((state) => state.setOpen);
  if (line.type === 'finding')
    return (
      <span className={line.inGroup ? 'cell-clip finding-in-group' : 'cell-clip'}>{line.finding.title}</span>
    );
  const Icon = line.open ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      tabIndex={-1}
      className="finding-fold"
      aria-expanded={line.open}
      onClick={() => setOpen(line.id, !line.open)}
    >
      <Icon className="icon icon-small" aria-hidden="true" />
      <strong>{findingWords(line.id)}</strong>
      <span className="hint tabular">{plural(line.findings.length, 'finding')}</span>
    </button>
  );
}

const OPTIONS: readonly { readonly id: SeverityFilter; readonly label: string }[] = [
  { id: 'all', label: 'Open' },
  { id: 'critical', label: 'Critical' },
  { id: 'warning', label: 'Warnings' },
  { id: 'info', label: 'Notes' },
  { id: 'violation', label: 'Rules broken' },
  { id: 'suppressed', label: 'Suppressed' },
];

/** What is wrong, by rule, most severe first; one finding in full beside; many suppressed at once. */
export function Findings() {
  const [reading, setReading] = useState(false);
  // Answers of KMS come one by one: the rows under the pointer stay until it leaves them.
  const latest = useAudit((state) => state.findings);
  const asking = useAudit((state) => (state.summary?.asking ?? 0) > 0);
  const { shown: findings, isOld, refresh } = useHeld(latest, reading, asking);
  const summary = useAudit((state) => state.summary);
  const { filter, query, open, ticked, chosen, set, setOpen, toggle, clearTicks } = useFindings();
  const suppress = useSuppress((state) => state.open);
  const shown = useMemo(() => filterFindings(findings, filter, query), [findings, filter, query]);
  const lines = useMemo(() => findingLines(shown, open), [shown, open]);
  // Counts are of the newest, as that of the tab is; of rows that are held, the status says that they are not updated.
  const found = useMemo(() => filterFindings(latest, filter, query).length, [latest, filter, query]);
  const counts = useMemo(
    () => new Map(OPTIONS.map(({ id }) => [id, filterFindings(latest, id, '').length])),
    [latest],
  );
  // A list that goes from under the pointer does not hear it leave.
  const none = shown.length === 0;
  useEffect(() => {
    if (none) setReading(false);
  }, [none]);
  const at = lines.findIndex(({ id }) => id === chosen);
  const line = lines[at];
  const chosenFindings = findings.filter(({ id, suppressed }) => ticked.has(id) && suppressed === null);
  return (
    <div className="grid-view">
      <div className="toolbar" role="toolbar" aria-label="Findings">
        <SearchInput
          label="Search findings"
          value={query}
          onChange={(words) => set({ query: words })}
          placeholder="Search findings"
        />
        <SelectInput
          label="Show"
          inline
          value={filter}
          options={OPTIONS.map(({ id, label }) => ({ id, label, detail: count(counts.get(id) ?? 0) }))}
          onChange={(next) => set({ filter: next })}
        />
        <span className="hint tabular" role="status">
          {plural(found, 'finding')}
          {isOld && ', list not updated'}
        </span>
        {isOld && (
          <Button variant="link" onPress={refresh}>
            Update the list
          </Button>
        )}
        {chosenFindings.length > 0 && (
          <div className="toolbar-end">
            <Button variant="quiet" onPress={clearTicks}>
              Clear selection
            </Button>
            <Button
              icon={<BellOff className="icon" aria-hidden="true" />}
              onPress={() => suppress(chosenFindings)}
            >
              {`Suppress ${plural(chosenFindings.length, 'finding')}…`}
            </Button>
          </div>
        )}
      </div>
      {none ? (
        <Nothing
          searching={filter !== 'all' || query !== ''}
          suppressed={counts.get('suppressed') ?? 0}
          onShowSuppressed={() => set({ filter: 'suppressed' })}
          onClear={() => set({ filter: 'all', query: '' })}
        />
      ) : (
        <div
          className="grid-split"
          onPointerEnter={() => setReading(true)}
          onPointerLeave={() => setReading(false)}
        >
          <DataGrid
            label="Findings"
            count={lines.length}
            rowAt={(index) => lines[index]}
            idOf={({ id }) => id}
            columns={COLUMNS}
            chosen={at < 0 ? null : at}
            onChoose={({ id }) => set({ chosen: id })}
            onEnter={(each) => {
              if (each.type === 'group') setOpen(each.id, !each.open);
              else document.querySelector<HTMLElement>('.finding-pane .button')?.focus();
            }}
            menu={(each) => ({
              label: titleOf(each),
              entries: each.type === 'finding' ? findingEntries(each.finding, suppress) : [],
            })}
            onSpace={(each) => toggle(suppressible(each).map(({ id }) => id))}
          />
          {line?.type === 'finding' && (
            <FindingPane finding={line.finding} onClose={() => set({ chosen: null })} />
          )}
        </div>
      )}
      {summary !== null && weighedWords(summary.weighed).length > 0 && (
        <details className="audit-limits">
          <summary>What was checked, and what was not</summary>
          {weighedWords(summary.weighed).map((words) => (
            <p key={words} className="hint">
              {words}
            </p>
          ))}
        </details>
      )}
    </div>
  );
}

/** What can be done with a finding, from its context menu. */
function findingEntries(
  finding: AuditFinding,
  suppress: (findings: readonly AuditFinding[]) => void,
): readonly MenuEntry[] {
  const { id, title, blobs, reencryptable, suppressed, keyArn, code, examples } = finding;
  const { showBlobs, reencrypt } = useAudit.getState();
  const of = { by: 'finding', id } as const;
  const entry = (words: string, run: () => void): MenuEntry => ({ id: words, title: words, run });
  return [
    ...(reencryptable > 0 && suppressed === null
      ? [entry(`Re-encrypt ${plural(reencryptable, 'blob')}…`, () => void reencrypt(of))]
      : []),
    ...(blobs > 0
      ? [entry(`Show ${plural(blobs, 'blob')}`, () => void showBlobs(of, title.replace(/\.$/, '')))]
      : []),
    ...(suppressed === null ? [entry('Suppress…', () => suppress([finding]))] : []),
    ...copyEntry('finding', title),
    ...copyEntry('code', code),
    ...copyEntry('key ARN', keyArn),
    ...copyEntry(
      'places',
      examples.map(({ file, place }) => [file, place].filter(Boolean).join(' · ')).join('\n'),
    ),
  ];
}

/** Why no finding is shown; what to do where that is no good sign. */
function Nothing({
  searching,
  suppressed,
  onShowSuppressed,
  onClear,
}: {
  readonly searching: boolean;
  readonly suppressed: number;
  readonly onShowSuppressed: () => void;
  readonly onClear: () => void;
}) {
  const summary = useAudit((state) => state.summary);
  const openDialog = useUi((state) => state.open);
  if (searching)
    return (
      <EmptyNote icon={SearchX} title="No finding matches.">
        <Button onPress={onClear}>Clear filter</Button>
      </EmptyNote>
    );
  const asked = summary?.caller !== null;
  const [words, rest] = !asked
    ? [
        'Nothing was found in the files.',
        'Connect to KMS to check state, rotation, last use, policy and grants of the keys.',
      ]
    : (summary?.asking ?? 0) > 0
      ? ['Nothing was found so far.', 'KMS is still being asked.']
      : suppressed > 0
        ? [`Nothing was found that is not suppressed (${plural(suppressed, 'finding')}).`]
        : (summary?.gaps.length ?? 0) > 0
          ? ['Nothing was found in what KMS reported.', 'The overview lists what it refused.']
          : ['Nothing was found.'];
  return (
    <EmptyNote icon={ShieldCheck} title={words} {...(rest === undefined ? {} : { text: rest })}>
      {!asked && <Button onPress={() => openDialog('connection')}>Connect to KMS</Button>}
      {suppressed > 0 && <Button onPress={onShowSuppressed}>Show suppressed findings</Button>}
    </EmptyNote>
  );
}
