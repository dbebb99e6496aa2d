import { type OpenHandle, type PutBackFs, REAL_FS } from '../fs.ts';
import type { ReplaceFileInput } from '../replace-file.ts';
import type { Removed, Restored, RestoreInput, WrittenFile } from '../undo.ts';
import type { WriteNewFileInput } from '../write-new-file.ts';
import { type Disk, diskHere } from './disk.ts';

/** Time of this thread that the calls of one file may take before others do it, milliseconds. */
const SLOW_MS = 5;
/** Files before that is judged. */
const FIRST = 8;
/** Part of the mean that the next file leaves. */
const KEPT = 0.9;

/**
 * For a process without a window: files are put back in its own thread while the disk answers at once, since the messages to
 * another thread cost as much as the calls themselves, and a thread some ten megabytes. Where the calls block, as on a
 * network file system, the pool does it from then on. Flushing waits for no thread in either.
 */
export class HereFirst implements Disk {
  readonly #pool: Disk;
  readonly #here: Disk;
  #files = 0;
  #mean = 0;
  /** Time blocked since it was last counted, milliseconds. */
  #blocked = 0;

  constructor(pool: Disk, fs: PutBackFs = REAL_FS) {
    this.#pool = pool;
    this.#here = diskHere(
      timed(fs, (ms) => {
        this.#blocked += ms;
      }),
    );
  }

  async replaceFile(input: Omit<ReplaceFileInput, 'fs'>): Promise<{ backupPath: string | null }> {
    if (this.#slow) return this.#pool.replaceFile(input);
    try {
      return await this.#here.replaceFile(input);
    } finally {
      this.#count();
    }
  }

  async writeNewFile(input: Omit<WriteNewFileInput, 'fs'>): Promise<{ path: string }> {
    if (this.#slow) return this.#pool.writeNewFile(input);
    try {
      return await this.#here.writeNewFile(input);
    } finally {
      this.#count();
    }
  }

  restoreBackup(input: Omit<RestoreInput, 'fs'>): Promise<Restored> {
    return this.#pool.restoreBackup(input);
  }

  removeWritten(input: WrittenFile): Promise<Removed> {
    return this.#pool.removeWritten(input);
  }

  close(): void {
    this.#pool.close();
  }

  get #slow(): boolean {
    return this.#files >= FIRST && this.#mean > SLOW_MS;
  }

  #count(): void {
    this.#files += 1;
    this.#mean += (this.#blocked - this.#mean) * (this.#files <= FIRST ? 1 / this.#files : 1 - KEPT);
    this.#blocked = 0;
  }
}

/** The same calls; `add` gets the time for which each held this thread, milliseconds. */
function timed(fs: PutBackFs, add: (ms: number) => void): PutBackFs {
  const call = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
    return (...args: A): Promise<T> => {
      const from = performance.now();
      try {
        return work(...args);
      } finally {
        add(performance.now() - from);
      }
    };
  };
  const handle = (open: OpenHandle): OpenHandle => ({
    writeFile: call((bytes) => open.writeFile(bytes)),
    readFile: call(() => open.readFile()),
    stat: call(() => open.stat()),
    chmod: call((mode) => open.chmod(mode)),
    chown: call((uid, gid) => open.chown(uid, gid)),
    truncate: call((length) => open.truncate(length)),
    sync: call(() => open.sync()),
    close: call(() => open.close()),
  });
  const open = call((path: string, flags: number, mode?: number) => fs.open(path, flags, mode));
  return {
    open: async (path, flags, mode) => handle(await open(path, flags, mode)),
    lstat: call((path) => fs.lstat(path)),
    link: call((from, to) => fs.link(from, to)),
    rename: call((from, to) => fs.rename(from, to)),
    unlink: call((path) => fs.unlink(path)),
    mkdir: call((path, options) => fs.mkdir(path, options)),
    realpath: call((path) => fs.realpath(path)),
  };
}
