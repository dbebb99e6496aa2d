import { FaultError } from '#shared/model/fault.ts';
import { KmsFaultError, type KmsRequests, NotSent, RemoteKmsError } from '../../kms/index.ts';
import type { ItemFacts } from '../journal/rows.ts';
import { NOTHING_KNOWN } from '../run/item-tracker.ts';
import type { BlobTracker, RunContext } from '../run/run-context.ts';
import { Halted, type Send } from '../scheduler/request-scheduler.ts';
import type { RunFile } from '../types.ts';
import type { FromWorkerProcess, ToWorkerProcess } from './messages.ts';

type Tell = (message: FromWorkerProcess) => void;

/** In a worker: what is known of blobs under way. What the engine's own tracker and the journal need is passed on. */
export class RelayedTracker implements BlobTracker {
  readonly #tell: Tell;
  readonly #live = new Map<number, ItemFacts>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  get(item: number): ItemFacts {
    return this.#live.get(item) ?? NOTHING_KNOWN;
  }

  running(item: number): void {
    this.#tell({ type: 'running', item });
  }

  note(item: number, patch: Partial<ItemFacts>): void {
    this.#live.set(item, { ...this.get(item), ...patch });
  }

  save(item: number): void {
    const facts = this.#live.get(item);
    if (facts !== undefined) this.#tell({ type: 'save', item, facts });
  }

  end(
    item: number,
    state: Parameters<BlobTracker['end']>[1],
    fault: Parameters<BlobTracker['end']>[2],
  ): void {
    this.#tell({ type: 'ended', item, facts: this.get(item), state, fault });
    this.#live.delete(item);
  }

  stands(item: number, bytes: number): void {
    this.#tell({ type: 'stands', item, bytes });
    this.#live.delete(item);
  }

  back(item: number): void {
    this.#tell({ type: 'back', item });
    this.#live.delete(item);
  }

  fileDone({ index }: RunFile, rewritten: boolean): void {
    this.#tell({ type: 'file-done', file: index, rewritten });
  }
}

/** In a worker: the journal's record, kept by the engine. */
export class RelayedRecord {
  readonly #tell: Tell;
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: FaultError) => void }>();
  #next = 1;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** The record as the steps of one file use it. */
  of(file: number): RunContext['record'] {
    return {
      stage: (index, staged) => this.#tell({ type: 'stage', file: index, staged }),
      unstage: (index) => this.#tell({ type: 'unstage', file: index }),
      setFile: (index, state, note, hadPending) =>
        this.#tell({ type: 'set-file', file: index, state, note, hadPending }),
      durable: () => {
        const id = this.#next++;
        this.#tell({ type: 'durable', id, file });
        return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
      },
    };
  }

  durable({ id, fault }: Extract<ToWorkerProcess, { type: 'durable' }>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (fault === null) waiting?.resolve();
    else waiting?.reject(new FaultError(fault));
  }
}

/** A request of a worker that waits for its turn, or for its answer. */
interface Asked {
  readonly go: () => void;
  readonly over: (error: Error) => void;
  hold: AbortController;
  readonly cut: AbortController;
}

/** In a worker: requests leave when the engine's scheduler lets them, which also says whether one is tried again. */
export class RelayedRequests {
  readonly #tell: Tell;
  readonly #kms: () => KmsRequests;
  readonly #asked = new Map<number, Asked>();
  #next = 1;

  constructor(tell: Tell, kms: () => KmsRequests) {
    this.#tell = tell;
    this.#kms = kms;
  }

  readonly send: Send = (work, listener = {}) => {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      let own: Error | null = null;
      const asked: Asked = {
        hold: new AbortController(),
        cut: new AbortController(),
        go: () => {
          // One that was held back, and goes out after all, can be held back again.
          asked.hold = new AbortController();
          listener.started?.();
          work(this.#kms(), { hold: asked.hold.signal, cut: asked.cut.signal }).then(
            (value) => {
              this.#asked.delete(id);
              this.#tell({ type: 'answered', id });
              resolve(value);
            },
            (error: unknown) => {
              if (error instanceof NotSent) {
                listener.held?.();
                this.#tell({ type: 'held', id });
                return;
              }
              const remote = error instanceof RemoteKmsError ? error : null;
              if (remote === null) own = error instanceof Error ? error : new Error(String(error));
              this.#tell({
                type: 'failed',
                id,
                remote: remote && { failure: remote.failure, situation: remote.situation },
              });
            },
          );
        },
        over: (error) => {
          this.#asked.delete(id);
          asked.cut.abort();
          reject(own ?? error);
        },
      };
      this.#asked.set(id, asked);
      this.#tell({ type: 'turn', id });
    });
  };

  go(id: number): void {
    this.#asked.get(id)?.go();
  }

  hold(id: number): void {
    this.#asked.get(id)?.hold.abort();
  }

  over({ id, fault, situation }: Extract<ToWorkerProcess, { type: 'over' }>): void {
    const error =
      fault === null
        ? new Halted()
        : situation === null
          ? new FaultError(fault)
          : new KmsFaultError(fault, situation);
    this.#asked.get(id)?.over(error);
  }
}
