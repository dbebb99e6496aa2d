import type { PlannedFile, PlanTerms } from '#shared/model/plan.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeOf } from '#shared/run-outcome.ts';
import { COUNTED_AS, namesOtherKey, wasSeen } from '../../../core/rotation/index.ts';
import { isMissed } from './shard-records.ts';

/** Keys that are named. */
const KEYS = 10;

/** What is counted over all shards, as it is counted of one run. */
export class MergedTally {
  readonly #counts = {
    total: 0,
    waiting: 0,
    running: 0,
    succeeded: 0,
    already: 0,
    failed: 0,
    skipped: 0,
    restored: 0,
  };
  readonly #files = { total: 0, done: 0 };
  readonly #bytes = { total: 0, done: 0 };
  readonly #perKey = new Map<string, number>();
  /** Fingerprints that replies named as under another key material than the destination's. */
  readonly #named = new Set<string>();
  /** Blobs that were seen as they were, by fingerprint: known to be under the old key where a reply named that. */
  readonly #old = new Map<string, number>();
  #oldWithout = 0;
  #missed = 0;
  #backups = 0;

  add(file: PlannedFile, items: readonly RunItem[]): void {
    this.#files.total += 1;
    if (items.some(({ state }) => state === 'reencrypted')) this.#files.done += 1;
    for (const [i, item] of items.entries()) {
      const bytes = file.blobs[i]?.bytes ?? 0;
      const { state, fingerprintBefore, sourceKeyArn, fault, backup } = item;
      this.#counts.total += 1;
      this.#counts[COUNTED_AS[state]] += 1;
      this.#bytes.total += bytes;
      if (isMissed(fault?.code) && state === 'skipped') this.#missed += 1;
      if (backup !== null) this.#backups += 1;
      const other = namesOtherKey(item);
      if (other && fingerprintBefore !== null) this.#named.add(fingerprintBefore);
      if (state === 'reencrypted') {
        this.#bytes.done += bytes;
        if (sourceKeyArn !== null) this.#perKey.set(sourceKeyArn, (this.#perKey.get(sourceKeyArn) ?? 0) + 1);
      } else if (state !== 'already' && wasSeen(item)) {
        if (fingerprintBefore !== null)
          this.#old.set(fingerprintBefore, (this.#old.get(fingerprintBefore) ?? 0) + 1);
        else if (other) this.#oldWithout += 1;
      }
    }
  }

  /** The summary as one run of the whole plan would have it. `runs`: of all shards. */
  summary(id: string, terms: PlanTerms, runs: readonly RunSummary[]): RunSummary {
    const counts = { ...this.#counts };
    const left = counts.waiting + counts.running;
    let old = this.#oldWithout;
    for (const [fingerprint, blobs] of this.#old) if (this.#named.has(fingerprint)) old += blobs;
    const ends = runs.flatMap(({ finishedAt }) => finishedAt ?? []).sort();
    const inPlace = terms.output.mode === 'in-place';
    const undoable = terms.output.mode === 'folder' || this.#backups > 0;
    const fault = runs.find((run) => run.fault !== null && left + this.#missed > 0)?.fault ?? null;
    return {
      id,
      method: 'reencrypt',
      dryRun: false,
      status:
        left > 0 ? 'unfinished' : fault !== null ? 'failed' : this.#missed > 0 ? 'cancelled' : 'finished',
      startedAt: runs.map(({ startedAt }) => startedAt).sort()[0] ?? terms.createdAt,
      finishedAt: left > 0 ? null : (ends.at(-1) ?? null),
      counts,
      outcome: outcomeOf(counts, old),
      rate: 0,
      secondsLeft: left > 0 ? null : 0,
      destinationKeyId: terms.destination.keyId,
      connection: [...new Set(runs.map(({ connection }) => connection))].join('; '),
      downloads: 0,
      fault,
      output: inPlace ? 'in-place' : 'folder',
      files: { ...this.#files },
      bytes: { ...this.#bytes },
      perKey: [...this.#perKey]
        .map(([keyArn, blobs]) => ({ keyArn, blobs }))
        .sort((a, b) => b.blobs - a.blobs)
        .slice(0, KEYS),
      undo: undoable && counts.succeeded > 0 ? { files: this.#files.done, blobs: counts.succeeded } : null,
      resume: left > 0 ? { blobs: left, files: this.#files.total - this.#files.done } : null,
      retry:
        left === 0 && counts.failed + this.#missed > 0
          ? { failed: counts.failed, missed: this.#missed }
          : null,
      elsewhere: null,
    };
  }
}
