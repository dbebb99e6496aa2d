import { ChevronRight } from 'lucide-react';
import type { Finding } from '#shared/model/blob.ts';
import { SEVERITY_WORDS, SeverityIcon } from '../../components/Status.tsx';

const keyOf = (finding: Finding): string => `${finding.code}-${finding.title}`;
const RANK = { critical: 0, warning: 1, info: 2 } as const;

/** What needs attention, the most severe first. */
export function BlobFindings({ findings }: { readonly findings: readonly Finding[] }) {
  const grave = findings
    .filter(({ severity }) => severity !== 'info')
    .toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
  if (grave.length === 0) return null;
  return (
    <section className="findings" aria-label="Findings">
      {grave.map((finding) => (
        <div key={keyOf(finding)} className={`finding finding-${finding.severity}`}>
          <SeverityIcon severity={finding.severity} />
          <div className="finding-text">
            <p className="finding-title">
              <span>{SEVERITY_WORDS[finding.severity]}: </span>
              {finding.title}
            </p>
            <Parts finding={finding} />
          </div>
        </div>
      ))}
    </section>
  );
}

/** Notes that ask for nothing: one line each, opened for the rest. */
export function Notes({ findings }: { readonly findings: readonly Finding[] }) {
  const notes = findings.filter(({ severity }) => severity === 'info');
  if (notes.length === 0) return null;
  return (
    <section className="notes" aria-label="Notes">
      <h4>Notes</h4>
      {notes.map((note) => (
        <details key={keyOf(note)} className="note">
          <summary>
            <ChevronRight className="icon icon-small disclosure-chevron" aria-hidden="true" />
            <span>{note.title}</span>
          </summary>
          <Parts finding={note} />
        </details>
      ))}
    </section>
  );
}

/** What is read, what follows from it, and what to do, apart from each other. */
function Parts({ finding: { evidence, reason, remedy } }: { readonly finding: Finding }) {
  return (
    <dl className="finding-parts">
      {evidence.length > 0 && (
        <>
          <dt>Evidence</dt>
          <dd>
            {evidence.map((line) => (
              <p key={line}>{line}</p>
            ))}
          </dd>
        </>
      )}
      {reason !== '' && (
        <>
          <dt>Reason</dt>
          <dd>{reason}</dd>
        </>
      )}
      {remedy !== '' && (
        <>
          <dt>Remedy</dt>
          <dd>{remedy}</dd>
        </>
      )}
    </dl>
  );
}
