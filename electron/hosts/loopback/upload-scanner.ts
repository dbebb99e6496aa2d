import type { Worker } from 'node:worker_threads';
import type { Fault } from '#shared/model/fault.ts';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import type { Examined } from './upload-scan.ts';

/** The thread's bundle, beside the host's. */
export const UPLOAD_THREAD = 'upload-thread.cjs';

type Answer = { readonly id: number } & ({ readonly examined: Examined } | { readonly fault: Fault });

/**
 * Owns the thread that looks through uploads. It starts with the first file; when it ends by itself, the files that it
 * had fail with `UploadThreadEnded`, and the next file starts another.
 */
export class UploadScanner {
  readonly #start: () => Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (examined: Examined) => void; reject: (error: unknown) => void }
  >();
  #worker: Worker | null = null;
  #lastId = 0;

  constructor(start: () => Worker) {
    this.#start = start;
  }

  /**
   * What may be written of a file. `bytes` is given away: it is empty afterwards.
   * Throws FaultError `HoldsPlaintext`, `UploadThreadEnded`.
   */
  examine(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<Examined> {
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { resolve, reject });
      try {
        this.#worker ??= this.#started();
        this.#worker.postMessage({ id: this.#lastId, path, bytes }, [bytes.buffer]);
      } catch (error) {
        this.#ended(error instanceof Error ? error.message : String(error));
      }
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#ended('The host stops.');
    await worker?.terminate();
  }

  #started(): Worker {
    const worker = this.#start();
    let reason = '';
    // Node calls 'exit' after every end, and 'error' before it where there is one.
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#ended(reason);
    });
    worker.on('message', (answer: Answer) => {
      const entry = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('fault' in answer) entry?.reject(new FaultError(answer.fault));
      else entry?.resolve(answer.examined);
    });
    return worker;
  }

  #ended(reason: string): void {
    this.#worker = null;
    const error = new FaultError(
      fault(
        'UploadThreadEnded',
        'The part of Rewrap that looks through uploaded files ended, and nothing of this file was written.',
        reason,
        'Add the file again. If it happens again, start the host with its folder: `rewrap serve PATH`.',
        true,
      ),
    );
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
