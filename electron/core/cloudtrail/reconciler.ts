import { plural } from '#shared/format.ts';
import { type HistoryRecord, isDestination } from '#shared/model/history.ts';
import { type KeyUse, RECONCILE_LISTED, type Reconciliation } from '#shared/model/reconcile.ts';
import { readKeyName } from '../key-material/index.ts';
import type { KmsEvent } from './event.ts';
import { contextText, identity, keyText, principal } from './names.ts';
import type { TrailEvent, TrailFiles } from './read-trail.ts';
import { type Retry, WorkSpans } from './work-spans.ts';

const MINUTE = 60_000;
/** CloudTrail delivers within about 5 minutes of a request on average. Source: CloudTrail user guide, "How CloudTrail works". */
const DELIVERY_MS = 15 * MINUTE;
/** An event this much later than its record, or this much earlier, was not of it. */
const LATER_MS = 5 * MINUTE;
const EARLIER_MS = 24 * 60 * MINUTE;
/** Contexts of one key that are kept. */
const CONTEXTS = 100;
const EVENT_IDS = 5;
/** What opens or makes ciphertext. */
const USES: ReadonlySet<string> = new Set([
  'Decrypt',
  'ReEncrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
]);

/** A re-encryption of the history, with what was seen of it. */
export interface OwnRequest {
  readonly record: HistoryRecord;
  readonly requestId: string;
  /** Of a blob that was moved by two requests: which of them. */
  readonly step: 'ReEncrypt' | 'Decrypt' | 'Encrypt';
  /** Accounts that have an event of it, with its id. */
  readonly seen: Map<string | null, string | null>;
  different: boolean;
}

/** A key that blobs were moved away from. */
interface OldKey {
  readonly arn: string;
  /** When the last of its blobs was moved, milliseconds. */
  after: number;
  /** Where blobs stayed under the key and changed its material: the ones they left. */
  readonly materials: Set<string> | null;
}

/** Compares the history with CloudTrail's events, which come one at a time, in any order. */
export class Reconciler {
  readonly #own = new Map<string, OwnRequest>();
  /** Requests of the history that moved nothing (dry runs, searches of keys, comparisons, failures). */
  readonly #others = new Set<string>();
  readonly #spans = new WorkSpans();
  /** Events that are of a retry if one of the same run, that asked for the same from the same place, is matched. */
  readonly #candidates: { readonly event: KmsEvent; readonly retry: Retry }[] = [];
  /** What was asked for by whom from where, with when the last event that the history has came. */
  readonly #seenFrom = new Map<string, string>();
  readonly #retried = new Map<string, KeyUse>();
  readonly #old = new Map<string, OldKey>();
  readonly #keys = new Set<string>();
  readonly #eventIds = new Set<string>();
  readonly #withoutBlob = new Map<string, KeyUse>();
  /** Uses of keys that may be old ones: which they are is known when the history has been read. */
  readonly #missed = new Map<string, KeyUse>();
  readonly #learned = new Map<string, Learned>();
  readonly #regions = new Set<string>();
  readonly #accounts = new Set<string>();
  readonly #differences: Reconciliation['differences'] = [];
  /** Principals of connections that were made for destination keys. */
  readonly #destinations = new Set<string>();
  /** Events of another session of the role that the history names. */
  #sessions = 0;
  #counts = { read: 0, kms: 0, duplicates: 0, twins: 0 };
  #first: string | null = null;
  #last: string | null = null;
  #moreDifferences = 0;

  /** To be called for every record, before the first event. */
  addRecord(record: HistoryRecord): void {
    const { kind, outcome, requestIds, sourceKey, destinationKey, sourceMaterial, destinationMaterial } =
      record;
    this.#spans.addRecord(record);
    if (kind === 'connected' && record.who !== null && isDestination(record.detail))
      this.#destinations.add(principal(record.who));
    if (kind !== 'blob' || outcome !== 'reencrypted') {
      for (const id of requestIds) this.#others.add(id);
      return;
    }
    const steps = requestIds.length > 1 ? (['Decrypt', 'Encrypt'] as const) : (['ReEncrypt'] as const);
    // Before the two that moved the blob come Decrypts of which the Encrypt failed.
    const first = Math.max(0, requestIds.length - steps.length);
    for (const [i, requestId] of requestIds.entries()) {
      const step = steps[i - first];
      if (step === undefined) this.#others.add(requestId);
      else this.#own.set(requestId, { record, requestId, step, seen: new Map(), different: false });
    }
    for (const key of [sourceKey, destinationKey]) if (key !== null) this.#keys.add(identity(key));
    if (sourceKey === null) return;
    const at = identity(sourceKey);
    const isMaterial = destinationKey !== null && identity(destinationKey) === at;
    if (isMaterial && (sourceMaterial === null || sourceMaterial === destinationMaterial)) return;
    const known = this.#old.get(at) ?? {
      arn: sourceKey,
      after: 0,
      materials: isMaterial ? new Set<string>() : null,
    };
    known.after = Math.max(known.after, Date.parse(record.at));
    if (sourceMaterial !== null) known.materials?.add(sourceMaterial);
    this.#old.set(at, known);
  }

  add({ event, kms }: TrailEvent): void {
    this.#counts.read += 1;
    if (this.#first === null || event.at < this.#first) this.#first = event.at;
    if (this.#last === null || event.at > this.#last) this.#last = event.at;
    if (kms === null) return;
    this.#counts.kms += 1;
    if (kms.eventId !== null) {
      if (this.#eventIds.has(kms.eventId)) {
        this.#counts.duplicates += 1;
        return;
      }
      this.#eventIds.add(kms.eventId);
    }
    if (kms.region !== null) this.#regions.add(kms.region);
    if (kms.account !== null) this.#accounts.add(kms.account);
    const own = kms.requestId === null ? undefined : this.#own.get(kms.requestId);
    if (own !== undefined) {
      this.#match(own, kms);
      if (own.record.runId !== null && kms.error === null) this.#see(own.record.runId, kms);
      return;
    }
    if (kms.error !== null || kms.isDryRun || !USES.has(kms.operation)) return;
    this.#learn(kms);
    if (kms.requestId !== null && this.#others.has(kms.requestId)) return;
    const retry = this.#spans.retryOf(kms);
    if (retry === null) this.#foreign(kms);
    else this.#candidates.push({ event: kms, retry });
  }

  /** An event that none of the history's requests explains. */
  #foreign(kms: KmsEvent): void {
    if (kms.operation === 'ReEncrypt' && kms.keys.some((key) => this.#keys.has(identity(key))))
      gather(this.#withoutBlob, kms, kms.keys[0] ?? '');
    const [source] = kms.keys;
    const old = source === undefined ? undefined : this.#old.get(identity(source));
    if (source === undefined || old === undefined || Date.parse(kms.at) <= old.after) return;
    if (old.materials !== null && (kms.sourceMaterial === null || !old.materials.has(kms.sourceMaterial)))
      return;
    const compared = this.#spans.comparisonOf(kms);
    gather(
      this.#missed,
      kms,
      source,
      compared === null
        ? null
        : `Rewrap compared plaintexts of run ${compared} at that time, and the history has no request ids of that: it may be one of its own.`,
    );
  }

  #see(runId: string, event: KmsEvent): void {
    const name = placeOf(this.#spans.askedFor(runId, event), event);
    if (event.at > (this.#seenFrom.get(name) ?? '')) this.#seenFrom.set(name, event.at);
  }

  /** A blob that was asked for again was answered later, to the same program at the same address. */
  #settle(): void {
    for (const { event, retry } of this.#candidates.splice(0)) {
      const last = this.#seenFrom.get(placeOf(retry.asked, event));
      if (last === undefined || event.at > last) this.#foreign(event);
      else gather(this.#retried, event, event.keys[0] ?? '', `Run ${retry.runId}`);
    }
  }

  result(files: TrailFiles): Reconciliation {
    this.#settle();
    const withoutEvent = [...this.#own.values()].filter(({ seen }) => seen.size === 0);
    const different = [...this.#own.values()].filter((own) => own.different).length;
    const total = this.#own.size;
    const differs = different > 0 || this.#missed.size > 0 || this.#withoutBlob.size > 0;
    const lost = withoutEvent.filter((own) => this.#why(own) === DROPPED).length;
    const open =
      files.unreadable.length > 0 || this.#counts.kms === 0 || withoutEvent.length > 0 || total === 0;
    return {
      verdict: differs || lost > 0 ? 'differs' : open ? 'unanswered' : 'agrees',
      files: { ...files, unreadable: files.unreadable.slice(0, RECONCILE_LISTED) },
      events: {
        ...this.#counts,
        first: this.#first,
        last: this.#last,
        regions: [...this.#regions].sort(),
        accounts: [...this.#accounts].sort(),
      },
      blobs: {
        total,
        matched: total - withoutEvent.length,
        different,
        withoutEvent: withoutEvent.length,
      },
      differences: this.#differences,
      withoutEvent: withoutEvent
        .slice(0, RECONCILE_LISTED)
        .map((own) => ({ ...blobOf(own), why: this.#why(own) })),
      withoutBlob: listed(this.#withoutBlob),
      missed: listed(this.#missed),
      retried: listed(this.#retried),
      learned: learnedOf(this.#learned),
      notes: this.#notes(files, withoutEvent.length),
    };
  }

  #match(own: OwnRequest, event: KmsEvent): void {
    const { seen, record } = own;
    const known = seen.get(event.account);
    if (seen.has(event.account)) {
      // The same request cannot have two events in one account: a doubled delivery has the same id.
      this.#differ(own, 'event id', known ?? '', `${event.eventId}: two events of one request`);
      return;
    }
    if (seen.size > 0) this.#counts.twins += 1;
    seen.set(event.account, event.eventId);
    this.#learn(event);
    const check = (member: string, history: string | null, said: string | null): void => {
      if (history !== null && said !== null && history !== said) this.#differ(own, member, history, said);
    };
    check('operation', own.step, event.operation);
    if (event.error !== null) this.#differ(own, 'outcome', 'reencrypted', event.error);
    this.#checkPrincipal(own, event);
    // Each event of a request that succeeded names its keys: without them nothing is confirmed.
    if (event.error === null && event.keys.length === 0 && record.sourceKey !== null)
      this.#differ(own, 'source key', record.sourceKey, 'not in the event');
    const [first, second = first] = event.keys;
    const isOne = own.step === 'Encrypt';
    if (!isOne) check('source key', keyText(record.sourceKey), keyText(first));
    if (own.step !== 'Decrypt')
      check('destination key', keyText(record.destinationKey), keyText(isOne ? first : second));
    if (!isOne) check('source key material', record.sourceMaterial, event.sourceMaterial);
    check(
      'destination key material',
      record.destinationMaterial,
      isOne ? event.sourceMaterial : event.destinationMaterial,
    );
    if (!isOne) check('source context', contextText(record.sourceContext), contextText(event.sourceContext));
    if (own.step !== 'Decrypt')
      check(
        'destination context',
        contextText(record.destinationContext),
        contextText(isOne ? event.sourceContext : event.destinationContext),
      );
    const late = Date.parse(event.at) - Date.parse(record.at);
    if (late > LATER_MS || late < -EARLIER_MS) this.#differ(own, 'time', record.at, event.at);
  }

  /** The history names the principal of the source connection, and by name the sessions of roles are many. */
  #checkPrincipal(own: OwnRequest, { who }: KmsEvent): void {
    const { who: known } = own.record;
    if (known === null || who === null || known === who) return;
    if (principal(known) === principal(who)) this.#sessions += 1;
    else if (own.step !== 'Encrypt' || !this.#destinations.has(principal(who)))
      this.#differ(own, 'principal', known, who);
  }

  #differ(own: OwnRequest, member: string, history: string, event: string): void {
    own.different = true;
    if (this.#differences.length < RECONCILE_LISTED)
      this.#differences.push({ ...blobOf(own), member, history, event });
    else this.#moreDifferences += 1;
  }

  #why({ record, step }: OwnRequest): string {
    if (this.#counts.kms === 0)
      return 'No event of AWS KMS is in these files: the trail leaves KMS events out, or these are not its files.';
    const at = Date.parse(record.at);
    if (this.#first !== null && at < Date.parse(this.#first) - MINUTE)
      return 'It is older than the first event in these files.';
    if (this.#last !== null && at > Date.parse(this.#last))
      return 'It is newer than what was delivered: CloudTrail takes about 5 to 15 minutes.';
    if (this.#last !== null && at > Date.parse(this.#last) - DELIVERY_MS)
      return 'Its event may still come: CloudTrail takes about 5 to 15 minutes, and the newest event here is not that much later.';
    const key = step === 'Encrypt' ? record.destinationKey : record.sourceKey;
    const region = key === null ? null : readKeyName(key).region;
    if (region !== null && !this.#regions.has(region)) return `No event of ${region} is in these files.`;
    return DROPPED;
  }

  #learn(event: KmsEvent): void {
    for (const [i, key] of event.keys.entries()) {
      const known = this.#learned.get(key) ?? { operations: new Map(), contexts: new Map(), more: 0 };
      this.#learned.set(key, known);
      known.operations.set(event.operation, (known.operations.get(event.operation) ?? 0) + 1);
      const isDestination = event.operation === 'ReEncrypt' && i > 0;
      const context = contextText(isDestination ? event.destinationContext : event.sourceContext);
      const seen = known.contexts.get(context);
      if (seen !== undefined) seen.events += 1;
      else if (known.contexts.size < CONTEXTS)
        known.contexts.set(context, { events: 1, eventId: event.eventId ?? '' });
      else known.more += 1;
    }
  }

  #notes(files: TrailFiles, missing: number): string[] {
    return [
      ...(this.#own.size === 0 ? ['The history has no re-encryption to compare.'] : []),
      ...(files.unreadable.length > 0 ? ['Files that could not be read may hold what is missing.'] : []),
      ...(this.#counts.read > 0 && this.#counts.kms === 0
        ? [
            'The trail has events, and none of AWS KMS: it may leave KMS events out (an advanced event selector, or “exclude AWS KMS events”).',
          ]
        : []),
      ...(this.#sessions > 0
        ? [
            `${plural(this.#sessions, 'event')} came from another session of the same role than the history names: a session that is renewed has another name.`,
          ]
        : []),
      ...(missing > RECONCILE_LISTED || this.#moreDifferences > 0
        ? ['Long lists are cut: their counts are of all.']
        : []),
      ...(this.#old.size > 0 && this.#last !== null
        ? [`Use of an old key after ${this.#last} is not in these files.`]
        : []),
    ];
  }
}

interface Learned {
  readonly operations: Map<string, number>;
  readonly contexts: Map<string, { events: number; readonly eventId: string }>;
  more: number;
}

const DROPPED = 'CloudTrail has events from before and after, and none of this request: an event is missing.';

const blobOf = ({ record: { file, place, at }, requestId }: OwnRequest) => ({ file, place, requestId, at });

const placeOf = (asked: string, { from, userAgent }: KmsEvent): string => [asked, from, userAgent].join('\0');

function gather(uses: Map<string, KeyUse>, event: KmsEvent, key: string, why: string | null = null): void {
  const { operation, who, from, userAgent, at, eventId } = event;
  const context = event.sourceContext === null ? null : contextText(event.sourceContext);
  const name = [operation, key, who, from, userAgent, context, why].join('\0');
  const known = uses.get(name);
  if (known === undefined) {
    const eventIds = eventId === null ? [] : [eventId];
    uses.set(name, {
      operation,
      key,
      who,
      from,
      userAgent,
      context,
      events: 1,
      first: at,
      last: at,
      eventIds,
      why,
    });
    return;
  }
  known.events += 1;
  if (at < known.first) known.first = at;
  if (at > known.last) known.last = at;
  if (eventId !== null && known.eventIds.length < EVENT_IDS) known.eventIds.push(eventId);
}

const listed = (uses: ReadonlyMap<string, KeyUse>): KeyUse[] =>
  [...uses.values()]
    .sort((a, b) => b.events - a.events || (a.first < b.first ? -1 : 1))
    .slice(0, RECONCILE_LISTED);

const learnedOf = (learned: ReadonlyMap<string, Learned>): Reconciliation['learned'] =>
  [...learned]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, RECONCILE_LISTED)
    .map(([key, { operations, contexts, more }]) => ({
      key,
      operations: [...operations].map(([operation, events]) => ({ operation, events })),
      contexts: [...contexts].map(([context, { events, eventId }]) => ({ context, events, eventId })),
      moreContexts: more,
    }));
