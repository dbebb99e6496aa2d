import { ListFilter, X } from 'lucide-react';
import { useMemo } from 'react';
import { Button } from 'react-aria-components';
import type { Severity } from '#shared/model/blob.ts';
import { SelectInput } from '../../components/fields.tsx';
import { SEVERITY_WORDS, SeverityIcon } from '../../components/Status.tsx';
import {
  type FindingFilter,
  findingCounts,
  type KindFilter,
  kindCounts,
  repositoryCounts,
  severityCounts,
} from '../../lib/table/arrange.ts';
import { type AuditChoice, auditChoices, isAuditChoice } from '../../lib/words/audit.ts';
import { count, plural } from '../../lib/words/format.ts';
import { findingWords, kindWords } from '../../lib/words/words.ts';
import { useActions } from '../../store/actions.ts';
import { useArrange } from '../../store/arrange.ts';
import { useAudit } from '../../store/audit.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useUi } from '../../store/ui.ts';

/** Words of a choice of kinds. */
const kindChoice = (kind: KindFilter): string =>
  kind === 'all' ? 'All' : kind === 'not-kms' ? 'Not made by KMS' : kindWords(kind);

const FINDING_CHOICES: Readonly<Record<string, string>> = {
  all: 'All',
  any: 'Any finding',
  warning: 'Warning and worse',
  critical: 'Critical',
};
const findingChoice = (filter: FindingFilter): string =>
  FINDING_CHOICES[filter] ?? findingWords(filter.replace(/^code:/, ''));

/** Choices with their counts; what is chosen stays a choice though no row has it any more. */
function choices<T extends string>(
  present: readonly { readonly id: T; readonly count: number }[],
  chosen: T,
  words: (id: T) => string,
) {
  const gone = present.some(({ id }) => id === chosen) ? [] : [{ id: chosen, count: 0 }];
  return [...present, ...gone].map(({ id, count: n }) => ({ id, label: words(id), detail: count(n) }));
}

/** Narrows the table to a kind of blob and to those with something to look at. */
export function Filters() {
  const table = useBlobs((state) => state.table);
  const kind = useArrange((state) => state.kind);
  const finding = useArrange((state) => state.finding);
  const repository = useArrange((state) => state.repository);
  const audited = useAudit((state) => state.findings);
  const isMade = useAudit((state) => state.summary !== null);
  const { setKind, setFinding, setRepository } = useActions(useArrange);
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
      (id) => (id === 'all' ? 'All' : id === 'in:' ? 'In no repository' : id.slice('in:'.length)),
    );
  }, [table, repository]);
  const kinds = useMemo(
    () => choices<KindFilter>([{ id: 'all', count: table.size }, ...kindCounts(table)], kind, kindChoice),
    [table, kind],
  );
  const severities = useMemo(() => severityCounts(table), [table]);
  const findings = useMemo(() => {
    const { critical, warning, info } = severities;
    const present: { id: FindingFilter; count: number }[] = [
      { id: 'all', count: table.size },
      { id: 'any', count: critical + warning + info },
      { id: 'warning', count: critical + warning },
      { id: 'critical', count: critical },
      ...findingCounts(table).map(({ id, count }) => ({ id: `code:${id}` as const, count })),
    ];
    return [
      ...choices<FindingFilter>(present, finding, findingChoice),
      ...auditChoices(audited, isMade).map(({ id, label, count: n }) => ({
        id,
        label,
        detail: n === null ? '' : count(n),
      })),
    ];
  }, [table, severities, finding, audited, isMade]);
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
    <>
      {repositories.length > 0 && (
        <SelectInput
          label="Repository"
          inline
          value={repository === null ? 'all' : `in:${repository}`}
          options={repositories}
          onChange={(id) => setRepository(id === 'all' ? null : id.slice('in:'.length))}
        />
      )}
      <SelectInput label="Kind" inline value={kind} options={kinds} onChange={setKind} />
      <SelectInput<FindingFilter | AuditChoice['id']>
        label="Findings"
        inline
        value={finding}
        options={findings}
        onChange={choose}
      />
      <SeverityCounts severities={severities} />
    </>
  );
}

/** How many blobs have something to look at, by how bad it is; a press narrows the table to them. */
function SeverityCounts({ severities }: { readonly severities: Readonly<Record<Severity, number>> }) {
  const finding = useArrange((state) => state.finding);
  const setFinding = useArrange((state) => state.setFinding);
  return (['critical', 'warning'] as const).map((severity) => {
    const blobs = severities[severity];
    if (blobs === 0) return null;
    const on = finding === severity;
    return (
      <button
        key={severity}
        type="button"
        className="severity-count"
        aria-pressed={on}
        aria-label={`${SEVERITY_WORDS[severity]}: ${plural(blobs, 'blob')}`}
        title={`${SEVERITY_WORDS[severity]}: ${plural(blobs, 'blob')}`}
        onClick={() => setFinding(on ? 'all' : severity)}
      >
        <SeverityIcon severity={severity} />
        <span className="tabular">{count(blobs)}</span>
      </button>
    );
  });
}

/** What the table is narrowed to from the audit; pressing it shows all again. */
export function OnlyChip() {
  const only = useArrange((state) => state.only);
  const setOnly = useArrange((state) => state.setOnly);
  if (only === null) return null;
  return (
    <Button
      className="only-chip"
      aria-label={`Only ${only.label}. Show all blobs`}
      onPress={() => setOnly(null)}
    >
      <ListFilter className="icon" aria-hidden="true" />
      <span className="only-chip-text">{only.label}</span>
      <X className="icon" aria-hidden="true" />
    </Button>
  );
}
