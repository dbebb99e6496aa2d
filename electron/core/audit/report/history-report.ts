import type { HistoryRecord, HistoryVerdict } from '#shared/model/history.ts';
import { jsonLine, visible } from './escape.ts';
import type { Report } from './report.ts';

const contextText = (context: HistoryRecord['sourceContext']): string =>
  context === null ? '' : JSON.stringify(context);

const HEAD = [
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

/** The records, oldest first, and whether their chain holds. */
export function historyReport(records: readonly HistoryRecord[], verdict: HistoryVerdict): Report {
  return {
    of: 'history',
    title: 'History of Rewrap',
    sections: () => [
      {
        heading: 'The chain',
        blocks: [
          {
            type: 'text',
            strong: true,
            text: verdict.ok
              ? `All ${verdict.head.count} links hold.`
              : (verdict.broken?.message ?? 'Broken.'),
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
    ],
    lines: () => records.map(recordLine),
    table: () => ({
      head: HEAD,
      rows: records.map((r) => [
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
    }),
    data: () => ({
      members: { verdict, records: [] },
      lists: { records: records.map((record) => jsonLine(record)) },
    }),
    results: null,
  };
}

/** One line for each record. */
export const historyText = (records: readonly HistoryRecord[]): string =>
  records.map((record) => visible(recordLine(record))).join('\n');

function recordLine(record: HistoryRecord): string {
  const { seq, at, kind, outcome, file, place, detail, who, requestIds } = record;
  const on = file === null ? '' : ` ${file}${place === '' || place === null ? '' : ` · ${place}`}`;
  const ids = requestIds.length === 0 ? '' : ` request ${requestIds.join(' ')}`;
  return `${String(seq).padStart(6)}  ${at}  ${kind.padEnd(18)} ${outcome}${on}${detail === '' ? '' : ` (${detail})`}${who === null ? '' : ` by ${who}`}${ids}`;
}
