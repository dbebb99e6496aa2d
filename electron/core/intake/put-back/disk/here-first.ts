import { performance } from 'node:perf_hooks';
import { type FileSource, readSource } from '../../files/read-source.ts';
import { type OpenHandle, POOLED_FS, type PutBackFs, REAL_FS } from '../fs.ts';
import type { ReplaceFileInput } from '../replace-file.ts';
import type { Removed, Restored, RestoreInput, WrittenFile } from '../undo.ts';
import type { WriteNewFileInput } from '../write-new-file.ts';
import { type Disk, diskHere } from './disk.ts';

/** Time for which the calls of one file may block this thread before others do it, milliseconds. */
const SLOW_MS = 5;
/** Files that are measured, and files between two measurements: the clocks cost a part of what they measure. */
const MEASURED = 16;
const EVERY = 512;
/** The same while others do it: files that are measured hold this thread. */
const EVERY_SLOW = 8 * EVERY;

/**
 * Files are put back by calls of this thread while the disk answers at once: a trip to a thread of the pool costs many times
 * the call. Where the calls block, as on a network file system, threads of the pool wait for them, some thirty files at a
 * time, until the disk is found to answer at once again. Flushing waits in the pool in either.
 */
export class HereFirst implements Disk {
  readonly #pooled: Disk;
  readonly #here: Disk;
  /** The same for files by which it is judged. */
  readonly #judged: Disk;
  /** The same for others meanwhile: what the disk lets them wait is not taken for a busy machine. */
  readonly #beside: Disk;
  readonly #calls: BlockingCalls;
  /** Files until the next measurement. */
  #until = 0;
  /** Of the files that are judged by: how many are to begin, and to end. */
  #toBegin = 0;
  #toEnd = 0;
  #slow = false;

  /** For tests: other calls than the system's. */
  constructor(fs: PutBackFs = REAL_FS, clock: ThreadClock = CLOCK, pooled: PutBackFs = POOLED_FS) {
    this.#pooled = diskHere(pooled);
    this.#here = diskHere(fs);
    this.#calls = new BlockingCalls(clock);
    this.#judged = diskHere(measured(fs, (work) => this.#calls.judged(work)));
    this.#beside = diskHere(measured(fs, (work) => this.#calls.call(work)));
  }

  readSource(path: string): Promise<FileSource> {
    return this.#others().readSource(path);
  }

  replaceFile(input: Omit<ReplaceFileInput, 'fs'>): Promise<{ backupPath: string | null }> {
    return this.#put((disk) => disk.replaceFile(input));
  }

  writeNewFile(input: Omit<WriteNewFileInput, 'fs'>): Promise<{ path: string }> {
    return this.#put((disk) => disk.writeNewFile(input));
  }

  restoreBackup(input: Omit<RestoreInput, 'fs'>): Promise<Restored> {
    return this.#put((disk) => disk.restoreBackup(input));
  }

  removeWritten(input: WrittenFile): Promise<Removed> {
    return this.#put((disk) => disk.removeWritten(input));
  }

  close(): void {}

  /** For what it is not judged by. */
  #others(): Disk {
    if (this.#slow) return this.#pooled;
    return this.#toEnd > 0 ? this.#beside : this.#here;
  }

  async #put<T>(work: (disk: Disk) => Promise<T>): Promise<T> {
    if (this.#toEnd === 0 && this.#until-- === 0) {
      this.#toBegin = MEASURED;
      this.#toEnd = MEASURED;
      this.#calls.begin();
    }
    if (this.#toBegin === 0) return work(this.#others());
    this.#toBegin -= 1;
    try {
      return await work(this.#judged);
    } finally {
      this.#toEnd -= 1;
      if (this.#toEnd === 0) {
        this.#slow = this.#calls.blockedMs() > SLOW_MS * MEASURED;
        this.#until = this.#slow ? EVERY_SLOW : EVERY;
      }
    }
  }
}

/** Milliseconds of this thread: by the clock, on a processor, and not idle. */
interface ThreadClock {
  readonly now: () => number;
  readonly cpu: () => number;
  readonly active: () => number;
}

const CLOCK: ThreadClock = {
  now: () => performance.now(),
  cpu: () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
  active: () => performance.eventLoopUtilization().active,
};

/**
 * How long calls held this thread because the disk let them wait. A thread also waits where other programs have the
 * processors: by what it waits beside these calls for each millisecond that it works, which no disk has a part in, it is
 * known how much of their time that was.
 */
class BlockingCalls {
  readonly #clock: ThreadClock;
  #took = 0;
  #worked = 0;
  /** Of these, the calls that are judged. */
  #judged = { took: 0, worked: 0 };
  #from = { active: 0, cpu: 0 };

  constructor(clock: ThreadClock) {
    this.#clock = clock;
  }

  begin(): void {
    const { active, cpu } = this.#clock;
    this.#took = 0;
    this.#worked = 0;
    this.#judged = { took: 0, worked: 0 };
    this.#from = { active: active(), cpu: cpu() };
  }

  call<T>(work: () => T): T {
    const { now, cpu } = this.#clock;
    const [from, before] = [now(), cpu()];
    try {
      return work();
    } finally {
      this.#worked += cpu() - before;
      this.#took += now() - from;
    }
  }

  /** A call of which the waiting counts. */
  judged<T>(work: () => T): T {
    const [took, worked] = [this.#took, this.#worked];
    try {
      return this.call(work);
    } finally {
      this.#judged.took += this.#took - took;
      this.#judged.worked += this.#worked - worked;
    }
  }

  /** Milliseconds since {@link begin} that the judged calls waited. */
  blockedMs(): number {
    const active = this.#clock.active() - this.#from.active - this.#took;
    const worked = this.#clock.cpu() - this.#from.cpu - this.#worked;
    const waits = worked > 0 ? Math.max(0, active - worked) / worked : 0;
    return this.#judged.took - this.#judged.worked * (1 + waits);
  }
}

/** The same calls, measured where they hold this thread. */
function measured(fs: PutBackFs, timed: <T>(work: () => T) => T): PutBackFs {
  const call =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      timed(() => work(...args));
  const handle = (open: OpenHandle): OpenHandle => ({
    writeFile: call((bytes) => open.writeFile(bytes)),
    readFile: call(() => open.readFile()),
    stat: call(() => open.stat()),
    chmod: call((mode) => open.chmod(mode)),
    chown: call((uid, gid) => open.chown(uid, gid)),
    truncate: call((length) => open.truncate(length)),
    sync: call((forMany) => open.sync(forMany)),
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
    read: call((path) => (fs.read ?? readSource)(path)),
  };
}
