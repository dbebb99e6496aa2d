import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerStart } from './protocol.ts';

/** How a thread ended: with the error that ended it, where there was one. */
export interface ThreadEnd {
  readonly error: Error | null;
  readonly exitCode: number;
}

/**
 * What a run makes is short-lived: more room for it would only be held, and half of it takes eight hundredths more of a
 * run's CPU time. MiB, of which a semi-space is a third.
 */
const LIMITS = { maxYoungGenerationSizeMb: 24 } as const;

const newThread = (file: string, workerData: WorkerStart | null): Worker =>
  new Worker(file, { workerData, name: 'rewrap-engine', resourceLimits: LIMITS });

/** A thread that loads the engine and was not taken yet. */
let begun: { readonly file: string; readonly worker: Worker } | null = null;

/**
 * Begins to load the engine before it is known what it serves, on a core that has nothing else to do meanwhile. The next
 * {@link EngineThread} of this file takes the thread; one that cannot be loaded is met there.
 */
export function loadEngine(file: string): void {
  const worker = newThread(file, null);
  begun = { file, worker };
  worker.on('error', () => undefined);
  worker.once('exit', () => {
    if (begun?.worker === worker) begun = null;
  });
}

/** The thread that was begun, which now hears what it serves; a new one where there is none. */
function threadOf(file: string, start: WorkerStart): Worker {
  if (begun?.file !== file) return newThread(file, start);
  const { worker } = begun;
  begun = null;
  worker.postMessage(start);
  return worker;
}

/** One life of the engine's thread. */
export class EngineThread {
  /** Resolves when the engine has said that it serves; rejects when the thread ends before that. */
  readonly ready: Promise<void>;
  /** Resolves when the thread is gone, however it went. */
  readonly ended: Promise<ThreadEnd>;
  readonly #worker: Worker;

  /** @param heard gets every message but the first, which says that the engine serves */
  constructor(workerFile: string, workerData: WorkerStart, heard: (message: FromWorker) => void) {
    const worker = threadOf(workerFile, workerData);
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
