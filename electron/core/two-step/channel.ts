/** A running child process and the pipe to it. */
export interface ChildChannel {
  /** A message that can be cloned. Does nothing once the child is gone. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the child is gone or could not be started; also where that was before the call. */
  onEnd(listener: () => void): void;
  /** Ends it without asking. */
  kill(): void;
}

/** Starts a two-step child, each host in its own way. Never throws: what goes wrong is an end. */
export type ChildStarter = () => ChildChannel;
