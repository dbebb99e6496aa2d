import { createHash } from 'node:crypto';
import type { ItemState, RunCounts, RunItem } from '#shared/model/run.ts';
import type { PlanFile } from './types.ts';

type CountName = Exclude<keyof RunCounts, 'total'>;

const COUNTED_AS: Readonly<Record<ItemState, CountName>> = {
  waiting: 'waiting',
  running: 'running',
  'would-succeed': 'succeeded',
  reencrypted: 'succeeded',
  failed: 'failed',
  skipped: 'skipped',
};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** True for states that an item does not leave. */
export const isFinal = (state: ItemState): boolean => state !== 'waiting' && state !== 'running';

/** What became of each blob, and the counts, which always sum to the total. */
export class Ledger {
  readonly #items: RunItem[] = [];
  readonly #index = new Map<string, number>();
  readonly #counts = { total: 0, waiting: 0, running: 0, succeeded: 0, failed: 0, skipped: 0 };
  readonly #changed: (finished: number) => void;

  /** `changed` is told after each change how many items have become final by it (0 or 1). */
  constructor(files: readonly PlanFile[], changed: (finished: number) => void) {
    this.#changed = changed;
    for (const file of files)
      for (const { blobId, found } of file.blobs) {
        this.#index.set(blobId, this.#items.length);
        this.#items.push({
          blobId,
          file: file.display,
          place: found.place,
          state: 'waiting',
          fault: null,
          sourceKeyArn: null,
          destinationKeyArn: null,
          sourceKeyMaterialId: null,
          destinationKeyMaterialId: null,
          requestId: null,
          decryptRequestId: null,
          sha256Before: sha256(found.bytes),
          sha256After: null,
          fingerprintBefore: found.identification.keyFingerprint,
          fingerprintAfter: null,
          output: null,
          backup: null,
          notes: [],
        });
      }
    this.#counts.total = this.#items.length;
    this.#counts.waiting = this.#items.length;
  }

  items(): readonly RunItem[] {
    return this.#items;
  }

  counts(): RunCounts {
    return { ...this.#counts };
  }

  get(blobId: string): RunItem | undefined {
    const at = this.#index.get(blobId);
    return at === undefined ? undefined : this.#items[at];
  }

  /** Changes members of an item. One that is final keeps its state: what is said is said. */
  set(blobId: string, patch: Partial<Omit<RunItem, 'blobId'>>): void {
    const at = this.#index.get(blobId);
    const old = at === undefined ? undefined : this.#items[at];
    if (at === undefined || old === undefined) return;
    const state = patch.state !== undefined && !isFinal(old.state) ? patch.state : old.state;
    this.#items[at] = { ...old, ...patch, state };
    this.#counts[COUNTED_AS[old.state]]--;
    this.#counts[COUNTED_AS[state]]++;
    this.#changed(!isFinal(old.state) && isFinal(state) ? 1 : 0);
  }
}
