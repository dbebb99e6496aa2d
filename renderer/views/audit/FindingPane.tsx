import { BellOff, ListFilter, RefreshCw, Undo2, X } from 'lucide-react';
import type { AuditFinding } from '#shared/model/audit.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { CodeWords } from '../../components/PolicyStatements.tsx';
import { SEVERITY_WORDS, SeverityIcon } from '../../components/Status.tsx';
import { SOURCE_WORDS } from '../../lib/words/audit.ts';
import { count, day, plural } from '../../lib/words/format.ts';
import { useActions } from '../../store/app/actions.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useSuppress } from './SuppressDialog.tsx';

/** One finding in full: why it matters, how we know, what to do, where. */
export function FindingPane({
  finding,
  onClose,
}: {
  readonly finding: AuditFinding;
  readonly onClose: () => void;
}) {
  const { severity, suppressed, blobs, files } = finding;
  const word = finding.violation ? 'Rule broken' : SEVERITY_WORDS[severity];
  return (
    <aside className="grid-pane" aria-label="Finding">
      <header className="grid-pane-head">
        <SeverityIcon severity={severity} label={word} />
        <h2 className="grid-pane-title">{finding.title}</h2>
        <IconButton label="Close" small onPress={onClose}>
          <X className="icon" aria-hidden="true" />
        </IconButton>
      </header>
      <p className="finding-meta">
        <span>{word}</span>
        <span>{SOURCE_WORDS[finding.source]}</span>
        <span className="tabular">
          {blobs > 0 ? `${plural(blobs, 'blob')} in ${plural(files, 'file')}` : plural(files, 'file')}
        </span>
      </p>
      <Actions finding={finding} />
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
        {finding.remedy !== '' && (
          <>
            <dt>Remedy</dt>
            <dd>
              <CodeWords text={finding.remedy} />
            </dd>
          </>
        )}
        {finding.evidence.length > 0 && (
          <>
            <dt>Evidence</dt>
            <dd>
              {finding.evidence.map((line) => (
                <span key={line} className="finding-evidence">
                  {line}
                </span>
              ))}
            </dd>
          </>
        )}
        {finding.examples.length > 0 && (
          <>
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
          </>
        )}
        <dt>Code</dt>
        <dd>
          <code>{finding.code}</code>
        </dd>
      </dl>
    </aside>
  );
}

function Actions({ finding }: { readonly finding: AuditFinding }) {
  const { showBlobs, reencrypt, unsuppress } = useActions(useAudit);
  const suppress = useSuppress((state) => state.open);
  const { suppressed, blobs, reencryptable } = finding;
  const of = { by: 'finding', id: finding.id } as const;
  return (
    <div className="button-row">
      {reencryptable > 0 && suppressed === null && (
        <Button
          variant="primary"
          icon={<RefreshCw className="icon" aria-hidden="true" />}
          onPress={() => void reencrypt(of)}
        >
          {`Re-encrypt ${plural(reencryptable, 'blob')}…`}
        </Button>
      )}
      {blobs > 0 && (
        <Button
          icon={<ListFilter className="icon" aria-hidden="true" />}
          onPress={() => void showBlobs(of, finding.title.replace(/\.$/, ''))}
        >
          {`Show ${plural(blobs, 'blob')}`}
        </Button>
      )}
      {suppressed === null ? (
        <Button
          variant="quiet"
          icon={<BellOff className="icon" aria-hidden="true" />}
          onPress={() => suppress([finding])}
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
            Count it again
          </Button>
        )
      )}
    </div>
  );
}
