import { count, plural } from './format.ts';
import type { LastResult, RunCounts, RunItem, RunOutcome, RunSummary } from './model/run.ts';

type Counted = Pick<RunSummary, 'counts' | 'outcome' | 'dryRun'>;

/** The three numbers of a run. `underOldKey`: as {@link RunOutcome} has it. */
export const outcomeOf = (
  { total, succeeded, already }: RunCounts,
  underOldKey: number | null,
): RunOutcome => ({
  reencrypted: succeeded,
  already,
  notReencrypted: total - succeeded - already,
  underOldKey,
});

/** What the three numbers of a run count, in their order. */
export const outcomeNames = (dryRun: boolean): readonly [string, string, string] =>
  dryRun
    ? ['would be re-encrypted', 'already as asked', 'would not be re-encrypted']
    : ['re-encrypted', 'already as asked', 'not re-encrypted'];

/**
 * How many of the blobs that are not re-encrypted are known to be under the old key; null where that is not counted, or
 * none is. Only replies that name a key material are counted, and a refusal names none: what is not counted may be under
 * it all the same.
 */
export function oldKeyWords({ notReencrypted, underOldKey }: RunSummary['outcome']): string | null {
  if (notReencrypted === 0 || underOldKey === null || underOldKey === 0) return null;
  if (underOldKey < notReencrypted) return `at least ${count(underOldKey)} under the old key`;
  return `${notReencrypted === 1 ? '' : 'all '}known to be under the old key`;
}

type Explained = Pick<RunSummary, 'status' | 'counts' | 'retry' | 'dryRun' | 'missed'>;

/** Blobs of a run that share a fate. `kind`: how much it weighs. */
interface OutcomePart {
  readonly kind: 'done' | 'quiet' | 'failed' | 'rest';
  readonly count: number;
  readonly words: string;
}

/** Why blobs are not re-encrypted, each with its number; reasons that no blob has are left out. */
function reasonParts({ status, counts, retry, dryRun, ...run }: Explained): readonly OutcomePart[] {
  const { failed, skipped, restored, waiting, running } = counts;
  const missed = run.missed ?? retry?.missed ?? 0;
  const parts: readonly OutcomePart[] = [
    { kind: 'failed', count: failed, words: dryRun ? 'would fail' : 'failed' },
    { kind: 'rest', count: missed, words: 'not reached' },
    { kind: 'rest', count: skipped - missed, words: 'skipped' },
    { kind: 'rest', count: restored, words: 'restored' },
    { kind: 'quiet', count: waiting + running, words: status === 'unfinished' ? 'to go' : 'left' },
  ];
  return parts.filter((part) => part.count > 0);
}

/** Why blobs are not re-encrypted, in numbers: "6 failed, 2 not reached". Empty where all are. */
export const reasonWords = (run: Explained): string =>
  reasonParts(run)
    .map((part) => `${count(part.count)} ${part.words}`)
    .join(', ');

/** What became of the blobs of a run, in parts that add up to all of them; what none met is left out. */
export function outcomeParts(run: Counted & Explained): readonly OutcomePart[] {
  const { reencrypted, already } = run.outcome;
  const [done, asked] = outcomeNames(run.dryRun);
  const parts: readonly OutcomePart[] = [
    { kind: 'done', count: reencrypted, words: done },
    { kind: 'quiet', count: already, words: asked },
    ...reasonParts(run),
  ];
  return parts.filter((part) => part.count > 0);
}

/** The three numbers: "6 re-encrypted, 0 already as asked, 6 not re-encrypted (all known to be under the old key)". */
export function outcomeWords({ outcome, dryRun }: Counted): string {
  const [reencrypted, already, not] = outcomeNames(dryRun);
  const old = oldKeyWords(outcome);
  return [
    `${count(outcome.reencrypted)} ${reencrypted}`,
    `${count(outcome.already)} ${already}`,
    `${count(outcome.notReencrypted)} ${not}${old === null ? '' : ` (${old})`}`,
  ].join(', ');
}

/** What came of a run in one line, never better than it was: "6 of 12 blobs re-encrypted, 6 failed". */
export function outcomeHeadline(run: Counted & Pick<RunSummary, 'status' | 'retry'>): string {
  const { outcome, counts, dryRun, status } = run;
  const { total, restored, succeeded } = counts;
  if (status === 'undone' || status === 'undoing')
    return `${count(restored)} of ${plural(restored + succeeded, 'blob')} restored`;
  if (total > 0 && outcome.reencrypted === total)
    return dryRun
      ? `${plural(total, 'blob')} would be re-encrypted`
      : `Re-encrypted ${plural(total, 'blob')}`;
  if (total > 0 && outcome.already === total) return `${plural(total, 'blob')} already as asked, none sent`;
  const [reencrypted, already] = outcomeNames(dryRun);
  const rest = [
    ...(outcome.already > 0 ? [`${count(outcome.already)} ${already}`] : []),
    ...[reasonWords(run)].filter(Boolean),
  ].join(', ');
  if (outcome.reencrypted === 0)
    return `No blob ${dryRun ? 'would be' : 'was'} re-encrypted${rest === '' ? '' : `: ${rest}`}`;
  return `${count(outcome.reencrypted)} of ${plural(total, 'blob')} ${reencrypted}, ${rest}`;
}

/** Whether the run ended before a blob's turn came. */
export const wasMissed = ({ state, fault }: Pick<RunItem, 'state' | 'fault'>): boolean =>
  state === 'skipped' && (fault?.code === 'Cancelled' || fault?.code === 'RunStopped');

/** What is known of a blob after a run. Of one that a dry run says is held back, that it works: another blob is to be left out. */
export function lastResult(item: Pick<RunItem, 'state' | 'fault'>, dryRun: boolean): LastResult | null {
  if (item.state === 'would-succeed') return 'would-succeed';
  if (item.state === 'reencrypted' || item.state === 'already') return item.state;
  if (dryRun && item.fault?.code === 'FileHeldBack') return 'would-succeed';
  if (item.state === 'failed') return dryRun ? 'would-fail' : 'failed';
  return null;
}
