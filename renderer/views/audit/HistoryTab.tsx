import { Link2, Link2Off } from 'lucide-react';
import { useEffect } from 'react';
import type { HistoryKind, HistoryRecord } from '#shared/model/history.ts';
import { Button } from '../../components/Button.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { count, moment, shortHex, shortKeyName } from '../../lib/words/format.ts';
import type { Tone } from '../../lib/words/words.ts';
import { useAudit } from '../../store/audit.ts';
import { copyText } from '../../store/ui.ts';

const WORDS: Record<HistoryKind, { word: string; tone: Tone }> = {
  connected: { word: 'Connected', tone: 'done' },
  'connection-failed': { word: 'Connection failed', tone: 'danger' },
  approval: { word: 'Approval', tone: 'attention' },
  'preflight-started': { word: 'Preflight', tone: 'running' },
  'run-started': { word: 'Re-encryption', tone: 'running' },
  blob: { word: 'Blob', tone: 'neutral' },
  'run-ended': { word: 'Run ended', tone: 'neutral' },
  'key-search': { word: 'Key search', tone: 'neutral' },
  'keys-read': { word: 'Keys read', tone: 'neutral' },
  'vault-restored': { word: 'Vault restored', tone: 'neutral' },
  suppressed: { word: 'Suppressed', tone: 'attention' },
  unsuppressed: { word: 'Counts again', tone: 'neutral' },
  'rules-changed': { word: 'Rules', tone: 'neutral' },
  report: { word: 'Report', tone: 'neutral' },
  action: { word: 'Action', tone: 'neutral' },
};

const toneOf = ({ kind, outcome }: HistoryRecord): Tone =>
  outcome === 'failed'
    ? 'danger'
    : outcome === 'reencrypted' || outcome === 'would-succeed'
      ? 'done'
      : WORDS[kind].tone;

/** Everything that was done, newest first, and whether its chain holds. */
export function HistoryTab() {
  const { history, verdict, loadHistory, verify } = useAudit();
  const waiting = useLongWait(history === null);
  useEffect(() => void loadHistory(0), [loadHistory]);
  if (history === null) return waiting ? <Skeleton label="Loading the history" lines={10} /> : null;
  const more = history.total - history.records.length;
  return (
    <div className="audit-page">
      <div className="button-row">
        <Button icon={<Link2 className="icon" aria-hidden="true" />} onPress={() => void verify()}>
          Verify the chain
        </Button>
        <span className="hint tabular">
          {count(history.total)} records, latest hash <code>{shortHex(history.head.hash)}</code>
        </span>
        <Button
          variant="link"
          onPress={() => void copyText(`${history.head.count}:${history.head.hash}`, 'count and latest hash')}
        >
          Copy count and hash
        </Button>
      </div>
      {verdict !== null && (
        <section
          className={verdict.ok ? 'chain-verdict chain-verdict-ok' : 'chain-verdict chain-verdict-broken'}
          aria-label="Verification"
          role="status"
        >
          {verdict.ok ? (
            <Link2 className="icon" aria-hidden="true" />
          ) : (
            <Link2Off className="icon" aria-hidden="true" />
          )}
          <div>
            <strong>
              {verdict.broken === null
                ? `All ${count(verdict.head.count)} links hold.`
                : verdict.broken.message}
            </strong>
            <p className="hint">{verdict.proves}</p>
          </div>
        </section>
      )}
      {history.records.length === 0 ? (
        <p className="empty-note">Nothing was done yet.</p>
      ) : (
        <div className="table-frame">
          <table className="data-table history-table">
            <thead>
              <tr>
                <th scope="col" className="chart-number">
                  No.
                </th>
                <th scope="col">When</th>
                <th scope="col">What</th>
                <th scope="col">On</th>
                <th scope="col">Who and where</th>
                <th scope="col">Request ids</th>
              </tr>
            </thead>
            <tbody>
              {history.records.map((record) => (
                <Line key={record.seq} record={record} broken={verdict?.broken?.seq === record.seq} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more > 0 && (
        <span>
          <Button onPress={() => void loadHistory(history.records.length)}>
            {`Show ${count(Math.min(more, 100))} more`}
          </Button>
        </span>
      )}
    </div>
  );
}

function Line({ record, broken }: { readonly record: HistoryRecord; readonly broken: boolean }) {
  const context = record.destinationContext ?? record.sourceContext;
  return (
    <tr className={broken ? 'is-broken' : undefined}>
      <td className="tabular chart-number">{record.seq}</td>
      <td className="cell-nowrap tabular">{moment(record.at, true)}</td>
      <td>
        <Status tone={toneOf(record)} word={WORDS[record.kind].word} />
        <span className="cell-sub">{[record.outcome, record.detail].filter(Boolean).join(': ')}</span>
      </td>
      <td>
        {record.file !== null && (
          <span className="cell-main">
            {record.place === null || record.place === '' ? record.file : `${record.file} · ${record.place}`}
          </span>
        )}
        {record.destinationKey !== null && (
          <span className="cell-sub" title={`${record.sourceKey ?? ''} → ${record.destinationKey}`}>
            {record.sourceKey === null ? '' : `${shortKeyName(record.sourceKey)} `}→{' '}
            {shortKeyName(record.destinationKey)}
          </span>
        )}
        {context !== null && Object.keys(context).length > 0 && (
          <span className="cell-sub">
            {Object.entries(context)
              .map(([name, value]) => `${name} = ${value}`)
              .join(', ')}
          </span>
        )}
        {record.sha256Before !== null && (
          <code className="cell-sub" title={`${record.sha256Before} → ${record.sha256After ?? ''}`}>
            {shortHex(record.sha256Before)}
            {record.sha256After !== null && ` → ${shortHex(record.sha256After)}`}
          </code>
        )}
      </td>
      <td>
        {record.who !== null && (
          <span className="history-who" title={record.who}>
            {record.who.split(':').slice(5).join(':') || record.who}
          </span>
        )}
        {record.connection !== null && <span className="cell-sub">{record.connection}</span>}
      </td>
      <td>
        {record.requestIds.map((id) => (
          <code key={id} className="cell-sub history-id">
            {id}
          </code>
        ))}
      </td>
    </tr>
  );
}
