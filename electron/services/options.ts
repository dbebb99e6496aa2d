import type { ConnectionChoice } from '#shared/model/connection.ts';

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
