import { expect, test } from 'vitest';
import { HistoryEvent, type HistoryKind, type HistoryRecord, methodWords } from '#shared/model/history.ts';
import type { KmsEvent } from './event.ts';
import { WorkSpans } from './work-spans.ts';

const WHO = 'arn:aws:iam::111122223333:user/ada';
const [OLD, NEW] = ['1', '2'].map((id) => `arn:aws:kms:us-east-1:111122223333:key/${id.repeat(8)}`);
const NOTHING = Object.fromEntries(Object.keys(HistoryEvent.shape).map((name) => [name, null]));

let seq = 0;
function record(kind: HistoryKind, over: Partial<HistoryRecord>): HistoryRecord {
  seq += 1;
  const at = new Date(Date.UTC(2026, 10, 30, 10, seq)).toISOString();
  const known = { kind, who: WHO, runId: 'run', outcome: '', detail: '', requestIds: [] };
  return { ...NOTHING, ...known, seq, at, previous: '', hash: '', ...over } as HistoryRecord;
}

/** A run of one blob, of which one request was sent again. */
function run(words: string): { spans: WorkSpans; at: string } {
  const spans = new WorkSpans();
  spans.addRecord(record('run-started', { detail: `1 blob, ${words}, output in-place, verification on` }));
  const blob = record('blob', { outcome: 'reencrypted', sourceKey: OLD ?? '', destinationKey: NEW ?? '' });
  spans.addRecord(blob);
  spans.addRecord(record('run-ended', { detail: '1 blob: 1 re-encrypted; 1 request sent again' }));
  return { spans, at: blob.at };
}
const event = (operation: string, at: string, keys: readonly (string | undefined)[]) =>
  ({ operation, at, keys, who: WHO, sourceContext: null, destinationContext: null }) as unknown as KmsEvent;

test.each([
  ['ReEncrypt', methodWords('reencrypt')],
  ['Decrypt', methodWords('decrypt-encrypt')],
  // As it was written before.
  ['Decrypt', 'way decrypt-encrypt'],
])('a %s that was sent again is one of a run that asks for it (%s)', (operation, words) => {
  for (const asked of ['ReEncrypt', 'Decrypt']) {
    const { spans, at } = run(words);
    const keys = asked === 'ReEncrypt' ? [OLD, NEW] : [OLD];
    const found = spans.retryOf(event(asked, at, keys));
    expect(found?.runId ?? null, asked).toBe(asked === operation ? 'run' : null);
    expect(spans.retryOf(event(asked, at, keys)), 'no more than were sent').toBeNull();
  }
});
