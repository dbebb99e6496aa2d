import type { HistoryRecord, HistoryVerdict } from '#shared/model/history.ts';
import { csv, json } from './escape.ts';
import { htmlReport } from './html.ts';
import type { Stated } from './report-header.ts';

const contextText = (context: HistoryRecord['sourceContext']): string =>
  context === null ? '' : JSON.stringify(context);

/** Every record, oldest first. */
export function historyCsv(records: readonly HistoryRecord[]): string {
  const head = [
    'number',
    'at',
    'what',
    'outcome',
    'detail',
    'who',
    'connection',
    'run',
    'file',
    'place',
    'sha256 before',
    'sha256 after',
    'source key',
    'destination key',
    'source key material',
    'destination key material',
    'source algorithm',
    'destination algorithm',
    'source context',
    'destination context',
    'request ids',
    'previous',
    'hash',
  ];
  return csv([
    head,
    ...records.map((r) => [
      r.seq,
      r.at,
      r.kind,
      r.outcome,
      r.detail,
      r.who,
      r.connection,
      r.runId,
      r.file,
      r.place,
      r.sha256Before,
      r.sha256After,
      r.sourceKey,
      r.destinationKey,
      r.sourceMaterial,
      r.destinationMaterial,
      r.sourceAlgorithm,
      r.destinationAlgorithm,
      contextText(r.sourceContext),
      contextText(r.destinationContext),
      r.requestIds.join(' '),
      r.previous,
      r.hash,
    ]),
  ]);
}

export const historyJson = (
  records: readonly HistoryRecord[],
  verdict: HistoryVerdict,
  stated: Stated,
): string => `${json({ report: 'history', format: 1, stated, verdict, records })}\n`;

export function historyHtml(
  records: readonly HistoryRecord[],
  verdict: HistoryVerdict,
  stated: Stated,
): string {
  return htmlReport('History of Rewrap', stated, [
    {
      heading: 'The chain',
      blocks: [
        {
          type: 'text',
          strong: true,
          text: verdict.ok ? `All ${verdict.head.count} links hold.` : (verdict.broken?.message ?? 'Broken.'),
        },
        { type: 'text', text: verdict.proves },
      ],
    },
    {
      heading: 'Records',
      blocks: [
        {
          type: 'table',
          title: 'Oldest first',
          head: ['No.', 'When', 'What', 'Outcome', 'Who', 'On', 'Request ids'],
          rows: records.map((r) => [
            r.seq,
            r.at,
            r.kind,
            [r.outcome, r.detail].filter(Boolean).join(': '),
            r.who ?? '',
            r.file === null ? (r.destinationKey ?? '') : r.place ? `${r.file} · ${r.place}` : r.file,
            r.requestIds.join(' '),
          ]),
        },
      ],
    },
  ]);
}
