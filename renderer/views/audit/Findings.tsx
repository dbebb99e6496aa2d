import { BellOff, ListFilter, RefreshCw, Undo2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { weighedWords } from '#shared/audit-words.ts';
import type { AuditFinding } from '#shared/model/audit.ts';
import { Button } from '../../components/Button.tsx';
import { SearchInput, SelectInput } from '../../components/fields.tsx';
import { CodeWords } from '../../components/PolicyStatements.tsx';
import { SEVERITY_WORDS, SeverityIcon } from '../../components/Status.tsx';
import { filterFindings, type SeverityFilter, SOURCE_WORDS } from '../../lib/words/audit.ts';
import { count, day, plural } from '../../lib/words/format.ts';
import { useAudit } from '../../store/audit.ts';
import { useUi } from '../../store/ui.ts';
import { useSuppress } from './useSuppress.ts';

/** Cards on the page at once. */
const SHOWN = 100;

/** What is wrong, most severe first: why it matters, how we know, what to do. */
export function Findings() {
  const findings = useAudit((state) => state.findings);
  const summary = useAudit((state) => state.summary);
  const [filter, setFilter] = useState<SeverityFilter>('all');
  const [query, setQuery] = useState('');
  const shown = useMemo(() => filterFindings(findings, filter, query), [findings, filter, query]);
  const counts = useMemo(() => (id: SeverityFilter) => filterFindings(findings, id, '').length, [findings]);
  const options: { id: SeverityFilter; label: string }[] = [
    { id: 'all', label: 'All but suppressed' },
    { id: 'critical', label: 'Critical' },
    { id: 'warning', label: 'Warnings' },
    { id: 'info', label: 'Notes' },
    { id: 'violation', label: 'Rules broken' },
    { id: 'suppressed', label: 'Suppressed' },
  ];
  return (
    <div className="audit-page">
      <div className="toolbar toolbar-flat" role="toolbar" aria-label="Findings">
        <SearchInput
          label="Search findings"
          value={query}
          onChange={setQuery}
          placeholder="Search findings"
        />
        <SelectInput
          label="Show"
          inline
          value={filter}
          options={options.map(({ id, label }) => ({ id, label, detail: count(counts(id)) }))}
          onChange={setFilter}
        />
        <span className="hint tabular">{plural(shown.length, 'finding')}</span>
      </div>
      {shown.length === 0 ? (
        <Nothing
          searching={filter !== 'all' || query !== ''}
          suppressed={counts('suppressed')}
          onShowSuppressed={() => setFilter('suppressed')}
        />
      ) : (
        <ul className="finding-list">
          {shown.slice(0, SHOWN).map((finding) => (
            <FindingCard key={finding.id} finding={finding} />
          ))}
        </ul>
      )}
      {summary !== null && weighedWords(summary.weighed).length > 0 && (
        <section className="audit-limits" aria-label="What was weighed">
          {weighedWords(summary.weighed).map((words) => (
            <p key={words} className="hint">
              {words}
            </p>
          ))}
        </section>
      )}
      {shown.length > SHOWN && (
        <p className="hint">
          {count(shown.length - SHOWN)} more are not listed. Narrow the search, or export.
        </p>
      )}
    </div>
  );
}

/** Why no finding is shown; what to do where that is no good sign. */
function Nothing({
  searching,
  suppressed,
  onShowSuppressed,
}: {
  readonly searching: boolean;
  readonly suppressed: number;
  readonly onShowSuppressed: () => void;
}) {
  const summary = useAudit((state) => state.summary);
  const openDialog = useUi((state) => state.open);
  if (searching) return <p className="empty-note">No finding matches.</p>;
  const asked = summary?.caller !== null;
  const words = !asked
    ? 'Nothing was found in the files. State, rotation, last use, policy and grants of the keys only KMS knows, and it was not asked.'
    : (summary?.asking ?? 0) > 0
      ? 'Nothing was found so far. KMS is still being asked.'
      : suppressed > 0
        ? `Nothing was found that is not suppressed (${plural(suppressed, 'finding')}).`
        : (summary?.gaps.length ?? 0) > 0
          ? 'Nothing was found in what KMS reported. The overview lists what it refused.'
          : 'Nothing was found.';
  return (
    <div className="empty-note">
      <p>{words}</p>
      {!asked && <Button onPress={() => openDialog('connection')}>Connect to KMS</Button>}
      {suppressed > 0 && <Button onPress={onShowSuppressed}>Show suppressed findings</Button>}
    </div>
  );
}

function FindingCard({ finding }: { readonly finding: AuditFinding }) {
  const showBlobs = useAudit((state) => state.showBlobs);
  const reencrypt = useAudit((state) => state.reencrypt);
  const unsuppress = useAudit((state) => state.unsuppress);
  const suppress = useSuppress((state) => state.open);
  const { severity, suppressed, blobs, reencryptable } = finding;
  const of = { by: 'finding', id: finding.id } as const;
  const word = finding.violation ? 'Rule broken' : SEVERITY_WORDS[severity];
  return (
    <li className={`finding-card audit-${severity}${suppressed === null ? '' : ' is-silent'}`}>
      <h2 className="finding-title">
        <SeverityIcon severity={severity} label={word} />
        <span>{finding.title}</span>
      </h2>
      <p className="finding-meta">
        <span>{word}</span>
        <span>{SOURCE_WORDS[finding.source]}</span>
        <code>{finding.code}</code>
        <span className="tabular">
          {blobs > 0 && `${plural(blobs, 'blob')} in `}
          {plural(finding.files, 'file')}
        </span>
      </p>
      {finding.reason !== '' && <p>{finding.reason}</p>}
      <dl className="finding-facts">
        {suppressed !== null && (
          <>
            <dt>Suppressed</dt>
            <dd>
              until {day(suppressed.until)}: {suppressed.reason}
              {suppressed.where === 'rules' && ' (by the rules file)'}
            </dd>
          </>
        )}
        {finding.evidence.length > 0 && (
          <>
            <dt>Evidence</dt>
            <dd>
              {finding.evidence.map((line) => (
                <span key={line} className="cell-line finding-evidence">
                  {line}
                </span>
              ))}
            </dd>
          </>
        )}
        {finding.remedy !== '' && (
          <>
            <dt>Remedy</dt>
            <dd>
              <CodeWords text={finding.remedy} />
            </dd>
          </>
        )}
        <dt>Where</dt>
        <dd>
          {finding.examples.map(({ file, place }) => (
            <code key={`${file}\n${place}`} className="finding-place">
              {place === '' ? file : `${file} · ${place}`}
            </code>
          ))}
          {blobs > finding.examples.length && (
            <span className="faint">and {count(blobs - finding.examples.length)} more</span>
          )}
        </dd>
      </dl>
      <div className="button-row">
        {blobs > 0 && (
          <Button
            variant="quiet"
            icon={<ListFilter className="icon" aria-hidden="true" />}
            onPress={() => void showBlobs(of, finding.title.replace(/\.$/, ''))}
          >
            {`Show ${plural(blobs, 'blob')}`}
          </Button>
        )}
        {reencryptable > 0 && suppressed === null && (
          <Button
            variant="quiet"
            icon={<RefreshCw className="icon" aria-hidden="true" />}
            onPress={() => void reencrypt(of)}
          >
            {`Re-encrypt ${plural(reencryptable, 'blob')}…`}
          </Button>
        )}
        {suppressed === null ? (
          <Button
            variant="quiet"
            icon={<BellOff className="icon" aria-hidden="true" />}
            onPress={() => suppress(finding)}
          >
            Suppress…
          </Button>
        ) : (
          suppressed.where === 'here' && (
            <Button
              variant="quiet"
              icon={<Undo2 className="icon" aria-hidden="true" />}
              onPress={() => void unsuppress(finding.id)}
            >
              Let it count again
            </Button>
          )
        )}
      </div>
    </li>
  );
}
