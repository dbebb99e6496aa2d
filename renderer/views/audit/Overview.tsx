import { coverageWords, FACET_WORDS, NOT_KNOWN, nothingWords } from '#shared/audit-words.ts';
import type { AuditFacet, AuditSummary, Facet } from '#shared/model/audit.ts';
import type { Coverage } from '#shared/model/coverage.ts';
import { Button } from '../../components/Button.tsx';
import { BarChart, StackChart, type StackPart } from '../../components/charts.tsx';
import { Swatch } from '../../components/KeyFace.tsx';
import { SeverityIcon } from '../../components/Status.tsx';
import { type FindingLine, findingLines, lineSeverity } from '../../lib/findings.ts';
import { barWords, CHARTS } from '../../lib/words/audit.ts';
import { count, plural, shortKeyName } from '../../lib/words/format.ts';
import { findingWords } from '../../lib/words/words.ts';
import { filterLabel, useAudit } from '../../store/audit/audit.ts';
import { useFindings } from '../../store/audit/findings.ts';
import { NotAskedNotice } from './NotAskedNotice.tsx';

const COVERAGE_TONES: Record<string, StackPart['tone']> = {
  kms: 'done',
  person: 'done',
  declared: 'running',
  inferred: 'accent',
  contradicted: 'danger',
  grouped: 'neutral',
  unknown: 'attention',
  foreign: 'neutral',
};

/** What may hold blobs and was not read, as against what holds none. */
const UNREAD: ReadonlySet<string> = new Set(['unreadable', 'missing', 'too-large', 'too-deep']);

/** What the figures are of: what was read, and what was not. */
function Scope({ coverage }: { readonly coverage: Coverage }) {
  const skipped = coverage.skipped.length > 0;
  const unread = coverage.skipped.some(({ code }) => UNREAD.has(code));
  return (
    <section className={unread ? 'notice notice-attention' : 'notice audit-read'} aria-label="What was read">
      <div>
        <strong>What was read</strong>
        <ul className="notice-list">
          {coverageWords(coverage).map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
        {skipped && <p className="hint">An exported report names the files that were not read.</p>}
      </div>
    </section>
  );
}

/** Figures that read at a glance; any of them opens its blobs. */
export function Overview({ summary }: { readonly summary: AuditSummary }) {
  const showBlobs = useAudit((state) => state.showBlobs);
  const showTab = useAudit((state) => state.showTab);
  const { totals, severities, findings } = summary;
  const nothing = nothingWords(summary);
  const coverage = summary.facets.find(({ facet }) => facet === 'coverage');
  const facets = CHARTS.flatMap((name) => summary.facets.find(({ facet }) => facet === name) ?? []);
  // What all blobs have in common needs no chart.
  const common = facets.filter(({ bars, more }) => bars[0]?.blobs === totals.blobs && more.values === 0);
  const charts = facets.filter((facet) => !common.includes(facet));
  return (
    <div className="audit-page">
      <TopFindings />
      <dl className="totals">
        <Total name="Blobs" value={totals.blobs} />
        <Total name="Files with blobs" value={totals.files} />
        {totals.repositories > 0 && <Total name="Repositories" value={totals.repositories} />}
        <Total name="Key materials" value={totals.materials} />
        <Total name="Known keys" value={totals.keys} />
        <Total name="Accounts" value={totals.accounts} />
        <Total name="Regions" value={totals.regions} />
        <Total
          name="Critical"
          value={findings.critical}
          tone={findings.critical > 0 ? 'danger' : undefined}
        />
        <Total
          name="Warnings"
          value={findings.warning}
          tone={findings.warning > 0 ? 'attention' : undefined}
        />
        {findings.suppressed > 0 && <Total name="Suppressed" value={findings.suppressed} />}
        {summary.violations !== null && (
          <Total
            name="Rules broken"
            value={summary.violations}
            tone={summary.violations > 0 ? 'danger' : 'done'}
          />
        )}
      </dl>
      {common.length > 0 && totals.blobs > 0 && (
        <p className="common-values">
          <strong>{totals.blobs === 1 ? 'The blob' : `All ${plural(totals.blobs, 'blob')}`}:</strong>{' '}
          {commonWords(common)}
        </p>
      )}
      <div className="charts charts-wide">
        <StackChart
          title={FACET_WORDS.coverage}
          parts={(coverage?.bars ?? []).map((bar) => ({
            id: bar.value,
            label: bar.label,
            count: bar.blobs,
            tone: COVERAGE_TONES[bar.value] ?? 'neutral',
          }))}
          onOpen={({ id, label }) =>
            void showBlobs(
              { by: 'facet', facet: 'coverage', value: id },
              filterLabel('coverage', 'Key', label),
            )
          }
        />
        <StackChart
          title="Highest severity found"
          parts={[
            { id: 'critical', label: 'critical', count: severities.critical, tone: 'danger' },
            { id: 'warning', label: 'warning', count: severities.warning, tone: 'attention' },
            { id: 'info', label: 'note', count: severities.info, tone: 'running' },
            {
              id: 'none',
              count: severities.none,
              label: nothing.label,
              tone: nothing.sure ? 'done' : 'neutral',
            },
          ]}
          onOpen={() => showTab('findings')}
        />
      </div>
      <NotAskedNotice notAsked={summary.notAsked} asking={summary.asking} />
      {summary.gaps.length > 0 && (
        <section className="notice notice-attention" aria-label="Gaps">
          <div>
            <strong>KMS did not answer everything.</strong>
            <ul className="notice-list">
              {summary.gaps.slice(0, 5).map((gap) => (
                <li key={gap}>{gap}</li>
              ))}
              {summary.gaps.length > 5 && <li>and {count(summary.gaps.length - 5)} more</li>}
            </ul>
            <p className="hint">
              What was refused is not judged. Ask the owner of the keys for these permissions, then check
              again.
            </p>
          </div>
        </section>
      )}
      <Scope coverage={summary.coverage} />
      <div className="charts">
        {charts.map((facet) => (
          <FacetChart key={facet.facet} facet={facet} total={totals.blobs} />
        ))}
      </div>
    </div>
  );
}

/** The values that all blobs share; those that are not known are named once, together. */
function commonWords(common: readonly AuditFacet[]): string {
  const isKnown = ({ bars: [bar] }: AuditFacet): boolean => bar?.label !== NOT_KNOWN;
  const unknown = common.filter((facet) => !isKnown(facet)).map(({ facet }) => FACET_WORDS[facet]);
  return [
    ...common
      .filter(isKnown)
      .map(({ facet, bars: [bar] }) =>
        bar === undefined ? '' : `${FACET_WORDS[facet]}: ${shownName(facet, bar)}`,
      ),
    ...(unknown.length === 0 ? [] : [`Not known: ${unknown.join(', ')}`]),
  ].join(' · ');
}

function Total({
  name,
  value,
  tone,
}: {
  readonly name: string;
  readonly value: number;
  readonly tone?: 'danger' | 'attention' | 'done' | undefined;
}) {
  return (
    <div className={tone === undefined ? 'total' : `total total-${tone}`}>
      <dt>{name}</dt>
      <dd className="tabular">{count(value)}</dd>
    </div>
  );
}

/** Findings named before any figure. */
const NAMED = 5;

/** What is wrong, first of all: the most severe findings, each leading to its own. */
function TopFindings() {
  const findings = useAudit((state) => state.findings);
  const showTab = useAudit((state) => state.showTab);
  const set = useFindings((state) => state.set);
  const setOpen = useFindings((state) => state.setOpen);
  const top = findingLines(
    findings.filter(({ suppressed }) => suppressed === null),
    new Set(),
  );
  if (top.length === 0) return null;
  const open = (line: FindingLine): void => {
    if (line.type === 'group') setOpen(line.id, true);
    set({ filter: 'all', query: '', chosen: line.id });
    showTab('findings');
  };
  return (
    <section className="top-findings" aria-label="Findings">
      <h2 className="page-heading">Findings</h2>
      <ul>
        {top.slice(0, NAMED).map((line) => (
          <li key={line.id}>
            <SeverityIcon severity={lineSeverity(line)} />
            <button type="button" className="bar-name bar-open" onClick={() => open(line)}>
              {line.type === 'finding' ? line.finding.title : findingWords(line.id)}
            </button>
            <span className="hint tabular">
              {line.type === 'finding'
                ? line.finding.blobs > 0 && plural(line.finding.blobs, 'blob')
                : plural(line.findings.length, 'finding')}
            </span>
          </li>
        ))}
      </ul>
      {top.length > NAMED && (
        <Button variant="link" onPress={() => showTab('findings')}>
          {`Show all findings of ${plural(top.length, 'rule')}`}
        </Button>
      )}
    </section>
  );
}

/** A value as it is called on screen. */
const shownName = (facet: Facet, bar: AuditFacet['bars'][number]): string =>
  facet === 'key' ? shortKeyName(barWords(facet, bar)) : barWords(facet, bar);

/** Bars shown of a facet; the others are summed up. */
const SHOWN = 8;

function FacetChart({
  facet: { facet, bars, more },
  total,
}: {
  readonly facet: AuditFacet;
  readonly total: number;
}) {
  const showBlobs = useAudit((state) => state.showBlobs);
  const shown = bars.slice(0, SHOWN);
  const rest = bars.slice(SHOWN);
  const hidden = {
    values: more.values + rest.length,
    blobs: more.blobs + rest.reduce((sum, bar) => sum + bar.blobs, 0),
  };
  const name: Facet = facet;
  return (
    <BarChart
      title={FACET_WORDS[name]}
      total={total}
      bars={shown.map((bar) => ({
        id: bar.value,
        label: shownName(name, bar),
        count: bar.blobs,
        known: bar.value !== '' && !bar.value.startsWith('none:'),
        face: bar.fingerprint === null ? null : <Swatch fingerprint={bar.fingerprint} />,
      }))}
      rest={hidden}
      onOpen={({ id, label }) =>
        void showBlobs({ by: 'facet', facet: name, value: id }, filterLabel(name, FACET_WORDS[name], label))
      }
    />
  );
}
