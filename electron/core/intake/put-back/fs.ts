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
  promises,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { inPool } from '../../limits/thread-pool.ts';
import { makeFolders } from '../../storage/files.ts';
import { type FileSource, readSourceInPool } from '../files/read-source.ts';

/** An open file, as put-back uses it: part of the `FileHandle` of `node:fs/promises`. */
export interface OpenHandle {
  writeFile(bytes: Uint8Array): Promise<void>;
  readFile(): Promise<Buffer>;
  stat(): Promise<Stats>;
  chmod(mode: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** `forMany`: others than the file itself wait for it, so that it is not made to wait for theirs. */
  sync(forMany?: boolean): Promise<void>;
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
  /** As `readSource`, which is what is used where there is none. */
  read?(path: string): Promise<FileSource>;
  /** Has `work` make calls of which one follows from the other, where others would else be waited for between them. */
  together?(work: (fs: QuickFs) => Promise<void>): Promise<void>;
}

/** Calls that look at a name and change it. */
export type QuickFs = Pick<PutBackFs, 'lstat' | 'rename' | 'unlink'>;

const flush = promisify(fsync);

/**
 * The file system by calls that do not wait for a thread of the pool. Each takes a few microseconds where a trip to the
 * pool costs ten times that, and a file is replaced by twenty of them. Only flushing, for which the disk itself is waited
 * for, goes through the pool: file systems with a journal write one record of it for all that wait.
 */
export const REAL_FS: PutBackFs = {
  open: async (path, flags, mode) => new SyncHandle(openSync(path, flags, mode)),
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

/**
 * The same by calls that all wait in the pool: for a disk of which each call waits, as on a network file system. Some
 * thirty files wait for it together.
 */
export const POOLED_FS: PutBackFs = {
  open: async (path, flags, mode) => new PooledHandle(await inPool(() => promises.open(path, flags, mode))),
  lstat: (path) => inPool(() => promises.lstat(path)),
  link: (from, to) => inPool(() => promises.link(from, to)),
  rename: (from, to) => inPool(() => promises.rename(from, to)),
  unlink: (path) => inPool(() => promises.unlink(path)),
  // Made once for all files of a folder.
  mkdir: REAL_FS.mkdir,
  realpath: (path) => inPool(() => promises.realpath(path)),
  read: readSourceInPool,
  together: (work) => inPool(() => work(promises)),
};

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
  constructor(fd: number) {
    this.#fd = fd;
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
  sync(forMany?: boolean): Promise<void> {
    return inPool(() => flush(this.#fd), forMany);
  }
  async close(): Promise<void> {
    closeSync(this.#fd);
  }
}

class PooledHandle implements OpenHandle {
  readonly #handle: promises.FileHandle;
  constructor(handle: promises.FileHandle) {
    this.#handle = handle;
  }
  writeFile(bytes: Uint8Array): Promise<void> {
    return inPool(() => this.#handle.writeFile(bytes));
  }
  readFile(): Promise<Buffer> {
    return inPool(() => this.#handle.readFile());
  }
  stat(): Promise<Stats> {
    return inPool(() => this.#handle.stat());
  }
  chmod(mode: number): Promise<void> {
    return inPool(() => this.#handle.chmod(mode));
  }
  chown(uid: number, gid: number): Promise<void> {
    return inPool(() => this.#handle.chown(uid, gid));
  }
  truncate(length: number): Promise<void> {
    return inPool(() => this.#handle.truncate(length));
  }
  sync(forMany?: boolean): Promise<void> {
    return inPool(() => this.#handle.sync(), forMany);
  }
  close(): Promise<void> {
    return inPool(() => this.#handle.close());
  }
}
