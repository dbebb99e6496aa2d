import { GitBranch } from 'lucide-react';
import { useEffect } from 'react';
import { historyWords, standingWords } from '#shared/git-history-words.ts';
import type { HistoryBlob } from '#shared/model/git-history.ts';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { FramedTable } from '../../components/FramedTable.tsx';
import { Switch } from '../../components/fields.tsx';
import { Swatch } from '../../components/KeyFace.tsx';
import { plural } from '../../lib/words/format.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';

/** Rows shown; a report has more. */
const SHOWN = 500;

const WHAT =
  'A search finds blobs in commits, branches and tags that no file in the list has. Anyone with a clone has them too, and re-encrypting does not change history. They are listed here and in reports, and counted nowhere else.';

/** Blobs that stand in the history of repositories and in no file: report only. */
export function GitHistoryTab() {
  const { gitHistory, loadGitHistory } = useAudit();
  const rows = useBlobs((state) => state.rows);
  const { on, reading, history } = gitHistory;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has another history.
  useEffect(() => {
    if (on) void loadGitHistory(true);
  }, [on, rows, loadGitHistory]);
  return (
    <div className="audit-page">
      <Switch isSelected={on} onChange={(next) => void loadGitHistory(next)}>
        Search the git history of the repositories in the list
      </Switch>
      {on ? (
        <p className="hint audit-words">{WHAT}</p>
      ) : (
        <EmptyNote icon={GitBranch} title="Git history is not searched" text={WHAT} />
      )}
      {reading && (
        <p className="hint" role="status">
          Reading git history…
        </p>
      )}
      {on && history !== null && (
        <>
          <section
            className={history.total > 0 ? 'notice notice-attention' : 'notice'}
            aria-label="What was read of git history"
          >
            <ul className="notice-list">
              {historyWords(history).map((words) => (
                <li key={words}>{words}</li>
              ))}
            </ul>
          </section>
          {history.blobs.length > 0 && <HistoryTable blobs={history.blobs} total={history.total} />}
        </>
      )}
    </div>
  );
}

function HistoryTable({ blobs, total }: { readonly blobs: readonly HistoryBlob[]; readonly total: number }) {
  return (
    <>
      <FramedTable
        caption="Blobs in git history alone"
        captionHidden
        head={['File in history', 'Kind and key', 'When, and what reaches it']}
      >
        {blobs.slice(0, SHOWN).map((blob) => (
          <tr key={`${blob.repository}\n${blob.object}\n${blob.file ?? ''}\n${blob.place}`}>
            <td>
              <code>{blob.file ?? `object ${blob.object.slice(0, 12)}`}</code>
              {blob.place !== '' && <span className="hint"> · {blob.place}</span>}
              <div className="hint">{blob.repository}</div>
            </td>
            <td>
              {blob.fingerprint !== null && <Swatch fingerprint={blob.fingerprint} />} {blob.label}
              {blob.declaredKey !== null && <div className="hint">{blob.declaredKey}</div>}
            </td>
            <td>{standingWords(blob)}</td>
          </tr>
        ))}
      </FramedTable>
      {total > SHOWN && (
        <p className="hint">
          and {plural(total - Math.min(SHOWN, blobs.length), 'more blob')}: a report lists them.
        </p>
      )}
    </>
  );
}
