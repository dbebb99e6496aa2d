/** The private pipe to the engine. */
export interface ChildPort<In, Out> {
  send(message: Out): void;
  onMessage(listener: (message: In) => void): void;
  /** The other end is gone, whatever became of it. */
  onClosed(listener: () => void): void;
}

/** Electron's end of a utility process: the only member of its runtime that is used here. */
interface ParentPort<In, Out> {
  on(event: 'message', listener: (event: { readonly data: In }) => void): void;
  postMessage(message: Out): void;
}

/**
 * The pipe as this process has it: Electron's `process.parentPort` in a utility process, Node's IPC channel otherwise.
 * Null: there is neither, so no engine started this process.
 */
export function openPort<In, Out>(): ChildPort<In, Out> | null {
  const electron =
    'parentPort' in process ? (process.parentPort as ParentPort<In, Out> | null | undefined) : null;
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
    onMessage: (listener) => process.on('message', (message) => listener(message as In)),
    onClosed: (listener) => process.once('disconnect', listener),
  };
}
