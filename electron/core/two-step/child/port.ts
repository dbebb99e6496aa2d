import type { FromChild, ToChild } from '../messages.ts';

/** The private pipe to the engine. */
export interface Port {
  send(message: FromChild): void;
  onMessage(listener: (message: ToChild) => void): void;
  /** The other end is gone, whatever became of it. */
  onClosed(listener: () => void): void;
}

/** Electron's end of a utility process: the only member of its runtime that is used here. */
interface ParentPort {
  on(event: 'message', listener: (event: { readonly data: ToChild }) => void): void;
  postMessage(message: FromChild): void;
}

/**
 * The pipe as this process has it: Electron's `process.parentPort` in a utility process, Node's IPC channel otherwise.
 * Null: there is neither, so no engine started this process.
 */
export function openPort(): Port | null {
  const electron = 'parentPort' in process ? (process.parentPort as ParentPort | null | undefined) : null;
  if (electron)
    return {
      send: (message) => electron.postMessage(message),
      onMessage: (listener) => electron.on('message', ({ data }) => listener(data)),
      // Electron ends its utility processes with the process that started them.
      onClosed: () => {},
    };
  if (process.send === undefined) return null;
  return {
    // A pipe that closes meanwhile emits 'disconnect'.
    send: (message) => void process.send?.(message, () => {}),
    onMessage: (listener) => process.on('message', (message) => listener(message as ToChild)),
    onClosed: (listener) => process.once('disconnect', listener),
  };
}
