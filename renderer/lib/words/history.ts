import type { HistoryKind, HistoryRecord } from '#shared/model/history.ts';
import type { Tone } from './words.ts';

/** Kinds of records, for people, in the order of a menu. */
export const HISTORY_WORDS: Readonly<Record<HistoryKind, { readonly word: string; readonly tone: Tone }>> = {
  'run-started': { word: 'Run started', tone: 'running' },
  'run-ended': { word: 'Run ended', tone: 'neutral' },
  blob: { word: 'Blob', tone: 'neutral' },
  'preflight-started': { word: 'Preflight', tone: 'running' },
  approval: { word: 'Approval', tone: 'attention' },
  connected: { word: 'Connected', tone: 'done' },
  'connection-failed': { word: 'Connection failed', tone: 'danger' },
  'key-search': { word: 'Key search', tone: 'neutral' },
  'keys-read': { word: 'Keys read', tone: 'neutral' },
  report: { word: 'Report', tone: 'neutral' },
  suppressed: { word: 'Suppressed', tone: 'attention' },
  unsuppressed: { word: 'Counts again', tone: 'neutral' },
  'rules-changed': { word: 'Rules changed', tone: 'neutral' },
  'vault-restored': { word: 'Vault restored', tone: 'neutral' },
  action: { word: 'Action', tone: 'neutral' },
};

/** Outcomes that can be looked for. */
export const HISTORY_OUTCOMES: readonly { readonly id: string; readonly word: string }[] = [
  { id: 'failed', word: 'Failed' },
  { id: 'reencrypted', word: 'Re-encrypted' },
  { id: 'skipped', word: 'Skipped' },
  { id: 'already', word: 'Already as asked' },
  { id: 'would-succeed', word: 'Would be re-encrypted' },
  { id: 'approved', word: 'Approved' },
  { id: 'declined', word: 'Declined' },
  { id: 'refused: no one to ask', word: 'Refused, no one to ask' },
  { id: 'undone', word: 'Undone' },
  { id: 'cancelled', word: 'Cancelled' },
];

const OUTCOMES = new Map(HISTORY_OUTCOMES.map(({ id, word }) => [id, word]));

export const historyTone = ({ kind, outcome }: HistoryRecord): Tone =>
  outcome === 'failed'
    ? 'danger'
    : outcome === 'reencrypted' || outcome === 'would-succeed'
      ? 'done'
      : HISTORY_WORDS[kind].tone;

/** What came of it: an outcome the page knows in words, any other as it is written. */
export function historyOutcome({ outcome, detail }: HistoryRecord): string {
  const word = OUTCOMES.get(outcome) ?? outcome.replace(/^./, (first) => first.toUpperCase());
  // Of an undo the detail begins with the word.
  return outcome === 'undone' && detail !== '' ? detail : [word, detail].filter(Boolean).join(': ');
}

/** Who did it, without the account's part of the ARN. */
export const historyWho = ({ who }: HistoryRecord): string =>
  who === null ? '' : who.split(':').slice(5).join(':') || who;
