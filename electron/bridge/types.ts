import type { Reply } from '#shared/contract/api.ts';

/**
 * The services behind the contract, wherever they run (a worker thread for the window hosts, the same thread for
 * the command line). Every input is validated and every reply stripped to its schema before it leaves.
 * No method rejects: failures are `{ ok: false, fault }`.
 */
export interface Engine {
  /** A request the page may make, `"namespace.method"`. An unknown name answers with a fault. */
  call(name: string, input: unknown): Promise<Reply<unknown>>;
  /** A request only a host's own code makes. */
  callHost(name: string, input: unknown): Promise<Reply<unknown>>;
  /** Events for the page, already stripped to their schemas. The return value unsubscribes. */
  onEvent(listener: (name: string, payload: unknown) => void): () => void;
  close(): Promise<void>;
}

/** Abilities of a host that has no window: a shell. */
export const NO_CAPABILITIES = {
  chooseFiles: false,
  chooseFolder: false,
  readClipboard: false,
  reveal: false,
  openBrowser: false,
  download: false,
  endSessions: false,
} as const;
