import { DECRYPTED_TO_COMPARE, type HistoryRecord, isTwoStepRun, sentAgain } from '#shared/model/history.ts';
import type { KmsEvent } from './event.ts';
import { contextText, identity, principal } from './names.ts';

/** CloudTrail's times have whole seconds. */
const SECOND = 1000;

/** A time in which a run or a comparison was at work, milliseconds. */
interface Span {
  readonly runId: string;
  readonly from: number;
  readonly to: number;
}

/** What one run may have asked for without the history having the request. */
export interface Retry {
  readonly runId: string;
  /** The run, and what was asked for. */
  readonly asked: string;
}

/**
 * When Rewrap was at work, and what it asked for then: of a request that KMS answered while the reply was lost, the
 * history has the time, the key, the context and the principal, and no id. All records come before the first question.
 */
export class WorkSpans {
  readonly #starts = new Map<string, number[]>();
  readonly #ends = new Map<string, number[]>();
  /** Of each thing asked for: the runs that did. */
  readonly #asked = new Map<string, Set<string>>();
  /** Requests that each run sent again, and that no event was found of yet. */
  readonly #left = new Map<string, number>();
  readonly #twoStep = new Set<string>();
  readonly #comparisons: { readonly runId: string; readonly at: number; readonly who: string | null }[] = [];
  readonly #approvals = new Map<string, number[]>();
  readonly #withIds = new Map<string, number[]>();
  readonly #keys = new Map<string, Set<string>>();
  #spans: {
    readonly runs: ReadonlyMap<string, readonly Span[]>;
    readonly comparisons: readonly (Span & { who: string | null })[];
  } | null = null;

  addRecord(record: HistoryRecord): void {
    const { kind, runId, outcome, detail } = record;
    if (runId === null) return;
    const at = Date.parse(record.at);
    if (kind === 'run-started') {
      push(this.#starts, runId, at);
      if (isTwoStepRun(detail)) this.#twoStep.add(runId);
    } else if (kind === 'run-ended') {
      push(this.#ends, runId, at);
      this.#left.set(runId, (this.#left.get(runId) ?? 0) + sentAgain(detail));
    } else if (kind === 'blob') this.#addBlob(runId, record);
    else if (kind === 'approval' && outcome === 'approved' && /\bFor: [^.]*\bcompare\b/.test(detail))
      push(this.#approvals, runId, at);
    else if (kind === 'action' && outcome === DECRYPTED_TO_COMPARE) push(this.#withIds, runId, at);
    else if (kind === 'action' && detail.startsWith('Compared plaintexts of '))
      this.#comparisons.push({ runId, at, who: record.who });
  }

  #addBlob(
    runId: string,
    { who, sourceKey, destinationKey, sourceContext, destinationContext, outcome }: HistoryRecord,
  ): void {
    for (const key of [sourceKey, destinationKey])
      if (key !== null) {
        const keys = this.#keys.get(runId) ?? new Set();
        this.#keys.set(runId, keys.add(identity(key)));
      }
    if (sourceKey === null || destinationKey === null || outcome === 'would-succeed') return;
    const source = [who === null ? null : principal(who), identity(sourceKey), contextText(sourceContext)];
    const both = [...source, identity(destinationKey), contextText(destinationContext)];
    for (const name of [nameOf('Decrypt', source), nameOf('ReEncrypt', both)]) {
      const runs = this.#asked.get(name) ?? new Set<string>();
      this.#asked.set(name, runs.add(runId));
    }
  }

  /**
   * The run of which an event may be a request that was answered, while its reply was lost: the event is within the run, and
   * of the principal, keys and contexts of one of its blobs. Null: none, or there are more than requests that it sent again.
   */
  retryOf(event: KmsEvent): Retry | null {
    const [source, destination] = event.keys;
    if (source === undefined || event.who === null) return null;
    if (event.operation === 'ReEncrypt' && destination === undefined) return null;
    const at = Date.parse(event.at);
    for (const runId of this.#asked.get(askedBy(event)) ?? []) {
      if (this.#twoStep.has(runId) !== (event.operation === 'Decrypt')) continue;
      if (
        !this.#all()
          .runs.get(runId)
          ?.some(({ from, to }) => at >= from && at <= to)
      )
        continue;
      const left = this.#left.get(runId) ?? 0;
      if (left === 0) continue;
      this.#left.set(runId, left - 1);
      return { runId, asked: this.askedFor(runId, event) };
    }
    return null;
  }

  /** What an event of this run asked for, as {@link retryOf} names it. */
  askedFor(runId: string, event: KmsEvent): string {
    return `${runId}\0${askedBy(event)}`;
  }

  /** The run of which blobs were compared when an event came that may have been of that, where the history has no request ids of it. */
  comparisonOf({ operation, at, who, keys }: KmsEvent): string | null {
    if (operation !== 'Decrypt') return null;
    const time = Date.parse(at);
    const [key = ''] = keys;
    const found = this.#all().comparisons.find(
      (one) =>
        time >= one.from &&
        time <= one.to &&
        one.who !== null &&
        who !== null &&
        principal(one.who) === principal(who) &&
        this.#keys.get(one.runId)?.has(identity(key)) === true,
    );
    return found?.runId ?? null;
  }

  #all() {
    this.#spans ??= {
      runs: Map.groupBy(this.#runSpans(), ({ runId }) => runId),
      comparisons: [...this.#comparisonSpans()],
    };
    return this.#spans;
  }

  /** A run that was gone on with has several, and between them nothing of it. */
  *#runSpans(): Generator<Span> {
    for (const [runId, starts] of this.#starts) {
      const ends = (this.#ends.get(runId) ?? []).sort((a, b) => a - b);
      let i = 0;
      for (const [n, from] of starts.sort((a, b) => a - b).entries()) {
        while (i < ends.length && (ends[i] ?? 0) < from) i += 1;
        const to = ends[i];
        if (to !== undefined && to <= (starts[n + 1] ?? Number.POSITIVE_INFINITY))
          yield { runId, from: from - SECOND, to: to + SECOND };
      }
    }
  }

  *#comparisonSpans(): Generator<Span & { who: string | null }> {
    for (const { runId, at, who } of this.#comparisons) {
      const asked = (this.#approvals.get(runId) ?? this.#ends.get(runId) ?? []).filter((time) => time <= at);
      const from = asked.reduce((latest, time) => Math.max(latest, time), 0);
      const hasIds = (this.#withIds.get(runId) ?? []).some((time) => time >= from && time <= at);
      if (from > 0 && !hasIds) yield { runId, who, from: from - SECOND, to: at + SECOND };
    }
  }
}

const nameOf = (operation: string, asked: readonly (string | null)[]): string =>
  [operation, ...asked].join('\0');

function askedBy({ operation, who, keys, sourceContext, destinationContext }: KmsEvent): string {
  const [source = '', destination = ''] = keys;
  const asked = [who === null ? null : principal(who), identity(source), contextText(sourceContext)];
  if (operation === 'ReEncrypt') asked.push(identity(destination), contextText(destinationContext));
  return nameOf(operation, asked);
}

function push<K>(map: Map<K, number[]>, key: K, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
