import { ChevronRight } from 'lucide-react';
import type { Finding } from '#shared/model/blob.ts';
import { SEVERITY_WORDS, SeverityIcon } from '../../components/Status.tsx';

const keyOf = (finding: Finding): string => `${finding.code}-${finding.title}`;
const RANK = { critical: 0, warning: 1, info: 2 } as const;

/** What needs attention, the most severe first. */
export function Findings({ findings }: { readonly findings: readonly Finding[] }) {
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
              <span className="finding-word">{SEVERITY_WORDS[finding.severity]}: </span>
              {finding.title}
            </p>
            <p className="finding-detail">{finding.detail}</p>
          </div>
        </div>
      ))}
    </section>
  );
}

/** Notes that ask for nothing: one line each, opened for the detail. */
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
          <p className="hint">{note.detail}</p>
        </details>
      ))}
    </section>
  );
}
