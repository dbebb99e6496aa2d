import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerStart } from './protocol.ts';

/** How a thread ended: with the error that ended it, where there was one. */
export interface ThreadEnd {
  readonly error: Error | null;
  readonly exitCode: number;
}

/**
 * What a run makes is short-lived: more room for it would only be held. MiB, of which a semi-space is a third.
 */
const LIMITS = { maxYoungGenerationSizeMb: 12 } as const;

/** One life of the engine's thread. */
export class EngineThread {
  /** Resolves when the engine has said that it serves; rejects when the thread ends before that. */
  readonly ready: Promise<void>;
  /** Resolves when the thread is gone, however it went. */
  readonly ended: Promise<ThreadEnd>;
  readonly #worker: Worker;

  /** @param heard gets every message but the first, which says that the engine serves */
  constructor(workerFile: string, workerData: WorkerStart, heard: (message: FromWorker) => void) {
    const worker = new Worker(workerFile, { workerData, name: 'rewrap-engine', resourceLimits: LIMITS });
    this.#worker = worker;
    let error: Error | null = null;
    worker.on('error', (thrown: unknown) => {
      error ??= thrown instanceof Error ? thrown : new Error(String(thrown));
    });
    this.ended = new Promise((resolve) => {
      worker.once('exit', (exitCode) => resolve({ error, exitCode }));
    });
    this.ready = new Promise((resolve, reject) => {
      // Node says 'online' before the module is evaluated; only the engine itself knows that it could be loaded.
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve();
        else heard(message);
      });
      void this.ended.then((end) => reject(end.error ?? new Error(`it ended with code ${end.exitCode}`)));
    });
    // Who needs to know awaits it; a thread that is ended while it loads is no news to others.
    this.ready.catch(() => undefined);
  }

  /** Throws where the message cannot be cloned. */
  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  terminate(): void {
    void this.#worker.terminate();
  }
}
