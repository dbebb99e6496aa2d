import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { HistoryRecord } from '#shared/model/history.ts';
import { IconButton } from '../../components/Button.tsx';
import { CopyLine } from '../../components/CopyLine.tsx';
import { count, moment } from '../../lib/words/format.ts';
import { HISTORY_WORDS, historyOutcome } from '../../lib/words/history.ts';
import { useKeyName } from '../../store/connection/keys.ts';

/** One record of the history in full; what it does not have is not named. */
export function HistoryPane({
  record,
  onClose,
  children,
}: {
  readonly record: HistoryRecord;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}) {
  const title = `${HISTORY_WORDS[record.kind].word}, record ${count(record.seq)}`;
  return (
    <aside className="grid-pane" aria-label={title}>
      <header className="grid-pane-head">
        <h2 className="grid-pane-title">{title}</h2>
        <IconButton label="Close" small onPress={onClose}>
          <X className="icon" aria-hidden="true" />
        </IconButton>
      </header>
      <p>{historyOutcome(record)}</p>
      {children}
      <dl className="fact-lines">
        <CopyLine name="When" value={moment(record.at, true)} />
        <CopyLine name="Who" value={record.who} />
        <CopyLine name="Connection" value={record.connection} />
        <CopyLine name="Run" value={record.runId} mono />
        <CopyLine name="File" value={record.file} />
        <CopyLine name="Location" value={record.place} />
        <KeyLine name="From key" arn={record.sourceKey} />
        <KeyLine name="To key" arn={record.destinationKey} />
        <CopyLine name="Key material ID before" value={record.sourceMaterial} mono />
        <CopyLine name="Key material ID after" value={record.destinationMaterial} mono />
        <CopyLine name="Algorithm before" value={record.sourceAlgorithm} mono />
        <CopyLine name="Algorithm after" value={record.destinationAlgorithm} mono />
        <CopyLine name="Context before" value={pairs(record.sourceContext)} mono />
        <CopyLine name="Context after" value={pairs(record.destinationContext)} mono />
        <CopyLine name="SHA-256 before" value={record.sha256Before} mono />
        <CopyLine name="SHA-256 after" value={record.sha256After} mono />
        {record.requestIds.map((id) => (
          <CopyLine key={id} name="Request ID" value={id} mono />
        ))}
        <CopyLine name="Hash of this record" value={record.hash} mono />
        <CopyLine name="Hash before it" value={record.previous} mono />
      </dl>
    </aside>
  );
}

function KeyLine({ name, arn }: { readonly name: string; readonly arn: string | null }) {
  const words = useKeyName(arn ?? '');
  return (
    <CopyLine name={name} value={arn}>
      {words !== arn && words.startsWith('alias/') && <span className="key-line-alias">{words}</span>}
      <code>{arn}</code>
    </CopyLine>
  );
}

const pairs = (context: EncryptionContext | null): string | null =>
  context === null || Object.keys(context).length === 0
    ? null
    : Object.entries(context)
        .map(([name, value]) => `${name} = ${value}`)
        .join('\n');
