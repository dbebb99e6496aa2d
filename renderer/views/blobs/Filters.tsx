import { Bookmark, ListFilter, Trash2, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Dialog as AriaDialog, Button, DialogTrigger, Popover } from 'react-aria-components';
import type { Severity } from '#shared/model/blob.ts';
import { IconButton, Button as TextButton } from '../../components/Button.tsx';
import { SelectInput, TextInput } from '../../components/fields.tsx';
import { SEVERITY_WORDS, SeverityIcon } from '../../components/Status.tsx';
import { NativeTip } from '../../components/Tip.tsx';
import {
  type FindingFilter,
  findingCounts,
  type KindFilter,
  kindCounts,
  matching,
  repositoryCounts,
  severityCounts,
  stateCounts,
} from '../../lib/table/narrow.ts';
import { type AuditChoice, auditChoices, isAuditChoice } from '../../lib/words/audit.ts';
import { count, plural } from '../../lib/words/format.ts';
import { findingWords, kindWords } from '../../lib/words/words.ts';
import { useActions } from '../../store/app/actions.ts';
import { useUi } from '../../store/app/ui.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { isFiltered, useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { useStates } from './useArranged.ts';

/** Words of a choice of kinds. */
const kindChoice = (kind: KindFilter): string =>
  kind === 'all' ? 'All' : kind === 'not-kms' ? 'Not made by KMS' : kindWords(kind);

const FINDING_CHOICES: Readonly<Record<string, string>> = {
  all: 'All',
  any: 'Any finding',
  warning: 'Warning and worse',
  critical: 'Critical',
};
const findingChoiceWords = (filter: FindingFilter): string =>
  FINDING_CHOICES[filter] ?? findingWords(filter.replace(/^code:/, ''));

const repositoryChoice = (name: string | null): string =>
  name === null ? 'All' : name === '' ? 'In no repository' : name;

/** Choices with their counts; what is chosen stays a choice though no row has it any more. */
function choices<T extends string>(
  present: readonly { readonly id: T; readonly count: number }[],
  chosen: T,
  words: (id: T) => string,
) {
  const gone = present.some(({ id }) => id === chosen) ? [] : [{ id: chosen, count: 0 }];
  return [...present, ...gone].map(({ id, count: n }) => ({ id, label: words(id), detail: count(n) }));
}

/** A button with what the table can be narrowed to, and filters that were saved. */
export function FilterMenu() {
  const filtered = useArrange(isFiltered);
  return (
    <DialogTrigger>
      <Button className={filtered ? 'button is-on' : 'button'}>
        <ListFilter className="icon" aria-hidden="true" />
        <span className="button-label">Filter</span>
      </Button>
      <Popover className="popover popover-form" offset={4} placement="bottom start">
        <AriaDialog className="popover-dialog" aria-label="Filter">
          <Facets />
          <Saved />
        </AriaDialog>
      </Popover>
    </DialogTrigger>
  );
}

function Facets() {
  const table = useBlobs((state) => state.table);
  const states = useStates();
  const { state, kind, finding, repository } = useArrange();
  const audited = useAudit((store) => store.findings);
  const isMade = useAudit((store) => store.summary !== null);
  const { setState, setKind, setFinding, setRepository } = useActions(useArrange);
  const { showTab, showBlobs } = useActions(useAudit);
  const { show } = useActions(useUi);
  const repositories = useMemo(() => {
    const present = repositoryCounts(table);
    if (present.length === 0 && repository === null) return [];
    return choices<string>(
      [
        { id: 'all', count: table.size },
        ...present.map(({ id, count: n }) => ({ id: `in:${id}`, count: n })),
      ],
      repository === null ? 'all' : `in:${repository}`,
      (id) => repositoryChoice(id === 'all' ? null : id.slice('in:'.length)),
    );
  }, [table, repository]);
  const ofState = useMemo(
    () =>
      choices<string>(
        [
          { id: 'all', count: table.size },
          ...stateCounts(states).map(({ id, count: n }) => ({ id: `is:${id}`, count: n })),
        ],
        state === null ? 'all' : `is:${state}`,
        (id) => (id === 'all' ? 'All' : id.slice('is:'.length)),
      ),
    [table, states, state],
  );
  const kinds = useMemo(
    () => choices<KindFilter>([{ id: 'all', count: table.size }, ...kindCounts(table)], kind, kindChoice),
    [table, kind],
  );
  const findings = useMemo(() => {
    const { critical, warning, info } = severityCounts(table);
    const present: { id: FindingFilter; count: number }[] = [
      { id: 'all', count: table.size },
      { id: 'any', count: critical + warning + info },
      { id: 'warning', count: critical + warning },
      { id: 'critical', count: critical },
      ...findingCounts(table).map(({ id, count: n }) => ({ id: `code:${id}` as const, count: n })),
    ];
    return [
      ...choices<FindingFilter>(present, finding, findingChoiceWords),
      ...auditChoices(audited, isMade).map(({ id, label, count: n }) => ({
        id,
        label,
        detail: n === null ? '' : count(n),
      })),
    ];
  }, [table, finding, audited, isMade]);
  const choose = (id: FindingFilter | AuditChoice['id']): void => {
    if (!isAuditChoice(id)) setFinding(id);
    else if (id === 'audit:') {
      showTab('findings');
      show('audit');
    } else {
      const of = { by: 'finding', id: id.slice('audit:'.length) } as const;
      const label = findings.find((each) => each.id === id)?.label ?? '';
      void showBlobs(of, label);
    }
  };
  return (
    <section className="popover-fields" aria-label="Narrow the list">
      <SelectInput
        label="State"
        value={state === null ? 'all' : `is:${state}`}
        options={ofState}
        onChange={(id) => setState(id === 'all' ? null : id.slice('is:'.length))}
      />
      <SelectInput label="Kind" value={kind} options={kinds} onChange={setKind} />
      <SelectInput<FindingFilter | AuditChoice['id']>
        label="Findings"
        value={finding}
        options={findings}
        onChange={choose}
      />
      {repositories.length > 0 && (
        <SelectInput
          label="Repository"
          value={repository === null ? 'all' : `in:${repository}`}
          options={repositories}
          onChange={(id) => setRepository(id === 'all' ? null : id.slice('in:'.length))}
        />
      )}
    </section>
  );
}

/** Filters that were saved, and a field to save the present one. */
function Saved() {
  const filters = useArrange((state) => state.filters);
  const filtered = useArrange(isFiltered);
  const { saveFilter, applyFilter, removeFilter } = useActions(useArrange);
  const [name, setName] = useState('');
  const save = (): void => {
    if (name.trim() === '' || !filtered) return;
    saveFilter(name.trim().slice(0, 100));
    setName('');
  };
  if (filters.length === 0 && !filtered) return null;
  return (
    <section className="popover-section" aria-label="Saved filters">
      <h3 className="popover-title">Saved filters</h3>
      {filters.length > 0 && (
        <ul className="saved-filters">
          {filters.map((each) => (
            <li key={each.name}>
              <TextButton
                variant="quiet"
                icon={<Bookmark className="icon" aria-hidden="true" />}
                onPress={() => applyFilter(each.name)}
              >
                {each.name}
              </TextButton>
              <IconButton
                label={`Delete the filter ${each.name}`}
                small
                onPress={() => removeFilter(each.name)}
              >
                <Trash2 className="icon" aria-hidden="true" />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {filtered && (
        <div className="save-filter">
          <TextInput
            label="Name for this filter"
            hideLabel
            placeholder="Save this filter as"
            value={name}
            onChange={setName}
            onEnter={save}
          />
          <TextButton reason={name.trim() === '' ? 'Type a name for the filter.' : null} onPress={save}>
            Save
          </TextButton>
        </div>
      )}
    </section>
  );
}

/** How many blobs have something to look at, by how bad it is; a press narrows the table to them. */
export function SeverityCounts() {
  const table = useBlobs((state) => state.table);
  const finding = useArrange((state) => state.finding);
  const setFinding = useArrange((state) => state.setFinding);
  const severities: Readonly<Record<Severity, number>> = useMemo(() => severityCounts(table), [table]);
  return (['critical', 'warning'] as const).map((severity) => {
    const blobs = severities[severity];
    if (blobs === 0) return null;
    const on = finding === severity;
    const words = `${SEVERITY_WORDS[severity]}: ${plural(blobs, 'blob')}`;
    return (
      <NativeTip key={severity} text={words}>
        <button
          type="button"
          className="severity-count"
          aria-pressed={on}
          aria-label={words}
          onClick={() => setFinding(on ? 'all' : severity)}
        >
          <SeverityIcon severity={severity} />
          <span className="tabular">{count(blobs)}</span>
        </button>
      </NativeTip>
    );
  });
}

/** What the table is narrowed to, each part with its count and removable; nothing while it is not narrowed. */
export function FilterChips({ shown }: { readonly shown: number }) {
  const table = useBlobs((state) => state.table);
  const { terms, state, kind, finding, repository, only } = useArrange();
  const filtered = useArrange(isFiltered);
  const actions = useActions(useArrange);
  const states = useStates();
  const termCounts = useTermCounts();
  const countOf = (list: readonly { id: string; count: number }[], id: string): number =>
    list.find((each) => each.id === id)?.count ?? 0;
  if (!filtered) return null;
  const findingCount = (): number => {
    const { critical, warning, info } = severityCounts(table);
    const by: Record<string, number> = {
      any: critical + warning + info,
      warning: critical + warning,
      critical,
    };
    return by[finding] ?? countOf(findingCounts(table), finding.replace(/^code:/, ''));
  };
  const chips = [
    ...terms.map((term, i) => ({
      id: `term ${term}`,
      label: `“${term}”`,
      n: termCounts[i] ?? 0,
      remove: () => actions.removeTerm(term),
    })),
    state !== null && {
      id: 'state',
      label: `State: ${state}`,
      n: countOf(stateCounts(states), state),
      remove: () => actions.setState(null),
    },
    kind !== 'all' && {
      id: 'kind',
      label: `Kind: ${kindChoice(kind)}`,
      n: countOf(kindCounts(table), kind),
      remove: () => actions.setKind('all'),
    },
    finding !== 'all' && {
      id: 'finding',
      label: `Findings: ${findingChoiceWords(finding)}`,
      n: findingCount(),
      remove: () => actions.setFinding('all'),
    },
    repository !== null && {
      id: 'repository',
      label: `Repository: ${repositoryChoice(repository)}`,
      n: countOf(repositoryCounts(table), repository),
      remove: () => actions.setRepository(null),
    },
    only !== null && { id: 'only', label: only.label, n: only.ids.size, remove: () => actions.setOnly(null) },
  ].filter((chip) => chip !== false);
  return (
    <section className="chips" aria-label="Active filters">
      {chips.map(({ id, label, n, remove }) => (
        <Button key={id} className="chip" aria-label={`Remove the filter ${label}`} onPress={remove}>
          <span className="chip-text">{label}</span>
          <span className="chip-count tabular">{count(n)}</span>
          <X className="icon icon-small" aria-hidden="true" />
        </Button>
      ))}
      <span className="chips-total tabular">
        {count(shown)} of {plural(table.size, 'blob')}
      </span>
      <TextButton variant="link" onPress={actions.clearFilter}>
        Clear all
      </TextButton>
    </section>
  );
}

/** How many blobs of the list each kept term finds by itself. */
function useTermCounts(): readonly number[] {
  const terms = useArrange((state) => state.terms);
  const table = useBlobs((state) => state.table);
  const keys = useKeyGroups((state) => state.keys);
  const listed = useKeys((state) => state.keys);
  const states = useStates();
  return useMemo(() => {
    if (terms.length === 0) return [];
    const beside = { keys, keyTexts: keys.texts(listed), states };
    return terms.map((term) => {
      const marks = matching(table, { query: term, kind: 'all', finding: 'all' }, beside);
      return marks === null ? table.size : marks.reduce((sum, mark) => sum + mark, 0);
    });
  }, [terms, table, keys, listed, states]);
}
