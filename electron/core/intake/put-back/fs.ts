import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { makeFolders } from '../../storage/files.ts';
import { type Flush, flusher } from './flusher.ts';

/** An open file, as put-back uses it: part of the `FileHandle` of `node:fs/promises`. */
export interface OpenHandle {
  writeFile(bytes: Uint8Array): Promise<void>;
  readFile(): Promise<Buffer>;
  stat(): Promise<Stats>;
  chmod(mode: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
  truncate(length: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The file system calls that put-back uses: part of `node:fs/promises`, or a test's that fails on purpose. */
export interface PutBackFs {
  open(path: string, flags: number, mode?: number): Promise<OpenHandle>;
  lstat(path: string): Promise<Stats>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string, options?: { recursive: true }): Promise<string | undefined>;
  realpath(path: string): Promise<string>;
}

/**
 * The file system by calls that do not wait for a thread of the pool. Each takes a few microseconds where a trip to the
 * pool costs ten times that, and a file is replaced by twenty of them. Only flushing, for which the disk itself is waited
 * for, goes through the pool.
 */
export const REAL_FS: PutBackFs = fsThat(promisify(fsync));

/** For a thread that has nothing else to do. It waits for a slow disk itself. */
export const WAITING_FS: PutBackFs = fsThat(flusher());

function fsThat(flush: Flush): PutBackFs {
  return {
    async open(path, flags, mode) {
      return new SyncHandle(openSync(path, flags, mode), flush);
    },
    lstat: async (path) => lstatSync(path, { throwIfNoEntry: false }) ?? absent(path),
    link: async (from, to) => linkSync(from, to),
    rename: async (from, to) => renameSync(from, to),
    unlink: async (path) => unlinkSync(path),
    async mkdir(path, options) {
      if (options !== undefined) return makeFolders(path);
      mkdirSync(path);
      return undefined;
    },
    realpath: async (path) => realpathSync.native(path),
  };
}

/** That a backup's name is free is the rule: Node's own error of it costs ten times the call, and so does a stack. */
function absent(path: string): never {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    throw Object.assign(new Error(`ENOENT: no such file or directory, lstat '${path}'`), { code: 'ENOENT' });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class SyncHandle implements OpenHandle {
  readonly #fd: number;
  readonly #flush: Flush;
  constructor(fd: number, flush: Flush) {
    this.#fd = fd;
    this.#flush = flush;
  }
  async writeFile(bytes: Uint8Array): Promise<void> {
    writeFileSync(this.#fd, bytes);
  }
  async readFile(): Promise<Buffer> {
    return readFileSync(this.#fd);
  }
  async stat(): Promise<Stats> {
    return fstatSync(this.#fd);
  }
  async chmod(mode: number): Promise<void> {
    fchmodSync(this.#fd, mode);
  }
  async chown(uid: number, gid: number): Promise<void> {
    fchownSync(this.#fd, uid, gid);
  }
  async truncate(length: number): Promise<void> {
    ftruncateSync(this.#fd, length);
  }
  async sync(): Promise<void> {
    await this.#flush(this.#fd);
  }
  async close(): Promise<void> {
    closeSync(this.#fd);
  }
}
