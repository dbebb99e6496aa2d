import type { Reply } from '#shared/contract/api.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';

/**
 * The services behind the contract, wherever they run (a worker thread for the window hosts, the same thread for
 * the command line). Every input is validated and every reply stripped to its schema before it leaves.
 * No method rejects: failures are `{ ok: false, fault }`.
 */
export interface Engine {
  /** A request the page may make, `"room.method"`. An unknown name answers with a fault. */
  call(name: string, input: unknown): Promise<Reply<unknown>>;
  /** A request only a host's own code makes. */
  callHost(name: string, input: unknown): Promise<Reply<unknown>>;
  /** Events for the page, already stripped to their schemas. The return value unsubscribes. */
  onEvent(listener: (name: string, payload: unknown) => void): () => void;
  close(): Promise<void>;
}

/** What a host says of itself when it starts an engine. */
export interface EngineOptions {
  readonly host: 'desktop' | 'loopback' | 'cli';
  readonly version: string;
  readonly can: {
    readonly chooseFiles: boolean;
    readonly chooseFolder: boolean;
    readonly readClipboard: boolean;
    readonly reveal: boolean;
    readonly openBrowser: boolean;
    readonly download: boolean;
    readonly endSessions: boolean;
  };
  /** Folder of Rewrap's own data (practice state, settings). Made with mode 0700 when missing. */
  readonly dataDir: string;
  /** Output folders named on the host, absolute. */
  readonly outputFolders: readonly string[];
  /** What to connect to at once; null: nothing. Absent: the choice of last time, at first the practice KMS. */
  readonly connection?: ConnectionChoice | null;
  /** Endpoints that the start allowed for every profile, beside that of `connection`. */
  readonly endpoints?: readonly string[];
  /** Of an engine that is started again: what the host's start named as `connection`. */
  readonly named?: ConnectionChoice | null;
  /** Longest wait for one answer of credentials, STS or KMS, milliseconds; 30 s when not given. */
  readonly waitMs?: number;
  /** Files and folders to take in at start. With none, practice shows its sample vault. */
  readonly paths?: readonly string[];
  /** Whether the practice KMS shows its sample vault where `paths` is empty. Absent: it does. */
  readonly sample?: boolean;
  /** How often the engine was started before in this host: no id of an earlier one means anything to a later one. */
  readonly generation?: number;
}
