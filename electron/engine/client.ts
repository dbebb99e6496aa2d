import { Worker } from 'node:worker_threads';
import type { Reply } from '#shared/contract/api.ts';
import { fault } from '#shared/model/fault.ts';
import type { Engine, EngineOptions } from '../bridge/index.ts';
import type { ChildStarter } from '../two-step/index.ts';
import { HostedChildren } from './child-relay.ts';
import type { FromWorker, ToWorker, WorkerStart } from './protocol.ts';

const STOPPED: Reply<never> = {
  ok: false,
  fault: fault(
    'EngineStopped',
    'The part of Rewrap that does the work has stopped.',
    'Files are replaced in one step, so each is wholly old or wholly new.',
    'Close Rewrap and start it again.',
  ),
};

/** How long `close` waits for requests under way before the thread is ended. Milliseconds. */
const CLOSE_LIMIT = 10_000;

/**
 * Starts the services in a worker thread, so that KMS traffic, file work and parsing never block the host's event
 * loop. Resolves when the thread runs; rejects when it cannot be started. `startChild`: how two-step children are
 * started where the thread cannot do it itself.
 */
export function startEngine(
  options: EngineOptions,
  workerFile: string,
  startChild: ChildStarter | null = null,
): Promise<Engine> {
  const workerData: WorkerStart = { options, hostStartsChildren: startChild !== null };
  const worker = new Worker(workerFile, { workerData, name: 'rewrap-engine' });
  const waiting = new Map<number, (reply: Reply<unknown>) => void>();
  const listeners = new Set<(name: string, payload: unknown) => void>();
  const post = (message: ToWorker) => worker.postMessage(message);
  const children = startChild === null ? null : new HostedChildren(startChild, post);
  let nextId = 1;
  let stopped = false;
  let closing: Promise<void> | null = null;

  const stop = () => {
    stopped = true;
    children?.killAll();
    for (const resolve of waiting.values()) resolve(STOPPED);
    waiting.clear();
  };
  worker.on('exit', stop);
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'reply') {
      waiting.get(message.id)?.(message.reply);
      waiting.delete(message.id);
    } else if (message.type === 'event') {
      for (const listener of listeners) listener(message.name, message.payload);
    } else if (message.type !== 'closed') children?.take(message);
  });

  const send = (host: boolean, name: string, input: unknown): Promise<Reply<unknown>> => {
    if (stopped) return Promise.resolve(STOPPED);
    return new Promise((resolve) => {
      const id = nextId++;
      waiting.set(id, resolve);
      try {
        post({ type: 'call', id, host, name, input });
      } catch {
        // Not cloneable: nothing the contract allows.
        waiting.delete(id);
        resolve({
          ok: false,
          fault: fault('BadRequest', 'The request cannot be sent.', '', 'Reload the window.'),
        });
      }
    });
  };

  const engine: Engine = {
    call: (name, input) => send(false, name, input),
    callHost: (name, input) => send(true, name, input),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closing ??= new Promise<void>((resolve) => {
        if (stopped) return resolve();
        const late = setTimeout(() => void worker.terminate(), CLOSE_LIMIT);
        worker.once('exit', () => {
          clearTimeout(late);
          resolve();
        });
        post({ type: 'close' });
      });
      return closing;
    },
  };

  return new Promise((resolve, reject) => {
    worker.once('online', () => resolve(engine));
    worker.on('error', (error) => {
      stop();
      reject(error);
    });
  });
}
