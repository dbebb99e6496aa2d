import { count, plural } from './format.ts';
import type { KeyUse, Reconciliation } from './model/reconcile.ts';

const ANSWERS: Readonly<Record<Reconciliation['verdict'], string>> = {
  agrees: 'CloudTrail and the history agree.',
  differs: 'CloudTrail and the history differ.',
  unanswered: 'Not answered: what was read is not enough to compare.',
};

/** How CloudTrail and the history agree, for a terminal, a line each. */
export function* reconcileLines(result: Reconciliation): Generator<string> {
  const { files, events, blobs, verdict } = result;
  yield ANSWERS[verdict];
  yield `${plural(blobs.total, 'request')} of re-encryptions in the history: ${count(blobs.matched)} with an event, ${count(blobs.different)} of these different, ${count(blobs.withoutEvent)} without an event.`;
  for (const { file, place, requestId, member, history, event } of result.differences)
    yield `  different: ${where(file, place)}, request ${requestId}: ${member} is ${history} in the history and ${event} in CloudTrail`;
  for (const { file, place, requestId, at, why } of result.withoutEvent)
    yield `  no event: ${where(file, place)}, request ${requestId} at ${at}. ${why}`;
  yield* uses('Re-encrypted with a key of the history, and not by its requests', result.withoutBlob);
  yield* uses('May have been missed: an old key was used after its blobs were moved', result.missed);
  yield* uses(
    'Answered, and asked for again, since the reply was lost: same principal, keys, context, address and program, within the run',
    result.retried,
  );
  yield* [
    '',
    `${plural(events.read, 'event')} in ${plural(files.read, 'file')}: ${count(events.kms)} of AWS KMS, ${count(events.duplicates)} delivered more than once, ${count(events.twins)} as other accounts see them.`,
  ];
  if (events.first !== null)
    yield `From ${events.first} to ${events.last}, in ${list(events.regions)}, of accounts ${list(events.accounts)}.`;
  if (files.withoutEvents > 0) yield `${plural(files.withoutEvents, 'file')} without events.`;
  for (const { file, why } of files.unreadable) yield `  not read: ${file}: ${why}`;
  if (result.learned.length > 0) yield* ['', 'Keys and contexts in these events'];
  for (const { key, operations, contexts, moreContexts } of result.learned) {
    yield `  ${key}: ${operations.map(({ operation, events: n }) => `${operation} ${count(n)}`).join(', ')}`;
    for (const { context, events: n, eventId } of contexts)
      yield `    ${context}: ${plural(n, 'event')} (event ${eventId})`;
    if (moreContexts > 0) yield `    and ${plural(moreContexts, 'event')} with other contexts`;
  }
  if (result.notes.length > 0) yield '';
  yield* result.notes;
}

const list = (values: readonly string[]): string => values.join(', ') || 'none';
const where = (file: string | null, place: string | null): string =>
  `${file ?? 'no file'}${place === null || place === '' ? '' : ` · ${place}`}`;

function* uses(heading: string, all: readonly KeyUse[]): Generator<string> {
  if (all.length === 0) return;
  yield `${heading}:`;
  for (const { operation, key, who, from, userAgent, context, events, first, last, eventIds, why } of all) {
    yield `  ${operation} under ${key}: ${plural(events, 'event')}, ${first === last ? first : `${first} to ${last}`}`;
    yield `    by ${who ?? 'an unnamed principal'} from ${from ?? 'an unknown address'}${userAgent === null ? '' : ` (${userAgent})`}${context === null ? '' : `, context ${context}`}; ${eventIds.length === 1 ? 'event' : 'events'} ${eventIds.join(', ')}`;
    if (why !== null) yield `    ${why}`;
  }
}
