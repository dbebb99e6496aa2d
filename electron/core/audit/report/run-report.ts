import { count, plural } from '#shared/format.ts';
import type { HistoryRecord } from '#shared/model/history.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeNames, outcomeWords, reasonWords } from '#shared/run-outcome.ts';
import { jsonLine } from './escape.ts';
import type { Report, ReportSection, SarifResult, SarifResults } from './report.ts';

/** A run as it stands, and what the history holds of it. */
interface RunFacts {
  readonly run: RunSummary;
  readonly items: readonly RunItem[];
  readonly records: readonly HistoryRecord[];
}

const HEAD = [
  'file',
  'place',
  'state',
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
  'output',
  'backup',
  'fault',
  'notes',
];
const contextText = (context: Readonly<Record<string, string>> | null | undefined): string =>
  context == null
    ? ''
    : JSON.stringify(Object.fromEntries(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));

const cells = (item: RunItem): (string | null)[] => [
  item.file,
  item.place,
  item.state,
  item.sha256Before,
  item.sha256After,
  item.sourceKeyArn,
  item.destinationKeyArn,
  item.sourceKeyMaterialId,
  item.destinationKeyMaterialId,
  item.sent?.sourceAlgorithm ?? null,
  item.sent?.destinationAlgorithm ?? null,
  contextText(item.sent?.sourceContext),
  contextText(item.sent?.destinationContext),
  [item.decryptRequestId, item.requestId].filter((id) => id !== null).join(' '),
  item.output,
  item.backup,
  item.fault === null ? null : `${item.fault.code}: ${item.fault.message}`,
  item.notes.join(' '),
];

/** A run as it stands: every blob and what became of it. */
export function runReport(facts: RunFacts): Report {
  const { run, items } = facts;
  const what = run.dryRun ? 'Preflight' : 'Re-encryption';
  return {
    of: 'run',
    title: `${what} of ${plural(run.counts.total, 'blob')}`,
    sections: () => runSections(facts),
    lines: function* () {
      yield outcomeWords(run);
      for (const { state, file, place, fault } of items)
        yield `  ${state.padEnd(14)} ${place === '' ? file : `${file} · ${place}`}${fault === null ? '' : ` (${fault.code}: ${fault.message})`}`;
    },
    // One row for each blob; the last one has the three numbers of the run.
    table: () => ({
      head: HEAD,
      rows: [
        ...items.map(cells),
        HEAD.map((name) => (name === 'file' ? '(whole run)' : name === 'state' ? outcomeWords(run) : null)),
      ],
    }),
    data: () => {
      const { rate: _r, secondsLeft: _s, ...summary } = run;
      return {
        members: { run: summary, items: [], history: facts.records.map(({ seq, hash }) => ({ seq, hash })) },
        lists: {
          items: items.map((item) =>
            jsonLine({
              ...item,
              sourceAlgorithm: item.sent?.sourceAlgorithm ?? null,
              destinationAlgorithm: item.sent?.destinationAlgorithm ?? null,
              sourceContext: item.sent?.sourceContext ?? null,
              destinationContext: item.sent?.destinationContext ?? null,
            }),
          ),
        },
      };
    },
    results: () => failures(facts),
  };
}

/** Failures as results; what went well is no result. */
function failures(facts: RunFacts): SarifResults {
  const failed = facts.items.filter((item) => item.state === 'failed');
  const rules = new Map(
    failed.map(({ fault }) => [
      fault?.code ?? 'Failed',
      { id: fault?.code ?? 'Failed', text: fault?.message ?? 'It failed.', help: fault?.remedy ?? '' },
    ]),
  );
  /** By the fault and the key that it is of. */
  const groups = new Map<string, RunItem[]>();
  for (const item of failed) {
    const at = `${item.fault?.code ?? 'Failed'}.${item.sourceKeyArn ?? ''}`;
    const known = groups.get(at);
    if (known === undefined) groups.set(at, [item]);
    else known.push(item);
  }
  const results = [...groups].map(([fingerprint, items]): SarifResult => {
    const [first] = items;
    return {
      rule: first?.fault?.code ?? 'Failed',
      level: 'error',
      message: failureWords(first),
      places: items.map((item) => ({
        file: item.file,
        place: item.place,
        bytes: null,
        text: null,
        message: failureWords(item),
        properties: { sha256: item.sha256Before, requestId: item.requestId },
      })),
      total: items.length,
      fingerprint,
      suppressed: null,
      properties: { sourceKey: first?.sourceKeyArn ?? null },
    };
  });
  return { rules: [...rules.values()], results, properties: {} };
}

const failureWords = (item: RunItem | undefined): string =>
  [item?.fault?.message ?? 'It failed.', item?.fault?.detail ?? ''].filter(Boolean).join(' ');

function runSections(facts: RunFacts): ReportSection[] {
  const { run } = facts;
  const { outcome } = run;
  const [reencrypted, already, not] = outcomeNames(run.dryRun);
  const failed = facts.items.filter((item) => item.state === 'failed');
  return [
    {
      heading: 'The run',
      blocks: [
        {
          type: 'facts',
          facts: [
            ['Started', run.startedAt],
            ['Ended', run.finishedAt ?? 'not ended'],
            ['State', run.status],
            ['Destination key', run.destinationKeyId],
            ['Ran against', run.connection],
            ['Outcome', outcomeWords(run)],
            ['Not re-encrypted because', reasonWords(run) || 'none'],
            ['Files', `${count(run.files.done)} of ${plural(run.files.total, 'file')} rewritten`],
          ],
        },
        {
          type: 'stack',
          title: 'Outcome',
          bars: [
            { label: reencrypted, count: outcome.reencrypted, tone: 'done' },
            { label: already, count: outcome.already, tone: 'none' },
            {
              label: not,
              count: outcome.notReencrypted,
              tone: outcome.notReencrypted > 0 ? 'danger' : 'none',
            },
          ],
        },
      ],
    },
    ...(failed.length === 0
      ? []
      : [
          {
            heading: 'Failures',
            blocks: [
              {
                type: 'table' as const,
                title: 'Blobs that failed',
                head: ['Blob', 'What happened', 'What to do', 'Request id'],
                rows: failed.map((item) => [
                  item.place === '' ? item.file : `${item.file} · ${item.place}`,
                  `${item.fault?.code ?? ''}: ${item.fault?.message ?? ''}`,
                  item.fault?.remedy ?? '',
                  item.requestId ?? '',
                ]),
              },
            ],
          },
        ]),
    {
      heading: 'Every blob',
      blocks: [
        {
          type: 'table',
          title: 'What became of it, as KMS said',
          head: ['Blob', 'State', 'From key', 'To key', 'Context', 'SHA-256 before and after', 'Request id'],
          rows: facts.items.map((item) => [
            item.place === '' ? item.file : `${item.file} · ${item.place}`,
            item.state,
            item.sourceKeyArn ?? '',
            item.destinationKeyArn ?? '',
            contextText(item.sent?.destinationContext),
            `${item.sha256Before} ${item.sha256After ?? ''}`,
            item.requestId ?? '',
          ]),
        },
      ],
    },
  ];
}
