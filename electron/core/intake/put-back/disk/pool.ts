import { dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { Turns } from '../../../limits/turns.ts';
import { sha256 } from '../../../storage/hash.ts';
import { changedFile, flushFailed } from '../../faults.ts';
import { type FileSource, readSource } from '../../files/read-source.ts';
import { discard, syncFolder } from '../files.ts';
import { REAL_FS } from '../fs.ts';
import type { ReplaceFileInput } from '../replace-file.ts';
import {
  contentHash,
  type Removed,
  type Restored,
  type RestoreInput,
  removeLeftovers,
  type WrittenFile,
} from '../undo.ts';
import type { WriteNewFileInput } from '../write-new-file.ts';
import { type Disk, diskHere } from './disk.ts';
import {
  type DiskJob,
  type Done,
  type FromThread,
  type Names,
  Outbox,
  type ToThread,
  type Works,
} from './messages.ts';

/** The thread's bundle, beside the engine's. */
export const DISK_THREAD = 'disk-thread.cjs';

/** How the thread is started: what it makes is short-lived, and more memory for that would only be held. MiB. */
export const DISK_THREAD_OPTIONS = { resourceLimits: { maxYoungGenerationSizeMb: 4 } } as const;

/** How many threads may end by themselves within {@link WITHIN_MS} before no other is started. */
const RESTARTS = 3;
const WITHIN_MS = 10 * 60_000;

interface UnderWay {
  readonly job: DiskJob;
  readonly staged: (names: Names) => Promise<void>;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: unknown) => void;
  /** What may be left behind, once it is said: until then nothing of the file was touched. */
  names?: Names;
  /** What `staged` rejected with. */
  refusal?: unknown;
}

interface Thread {
  readonly worker: Worker;
  readonly outbox: Outbox<ToThread>;
  readonly jobs: Map<number, UnderWay>;
}

/**
 * Puts files back, and restores them, in a thread of its own: a disk that is waited for, for milliseconds or on a network for
 * seconds, holds up neither requests to KMS nor what the window asks. A thread that ends by itself is followed by another,
 * three times in ten minutes; beyond that, and where none can be started, files are put back in this one.
 */
export class DiskPool implements Disk {
  readonly #start: () => Worker;
  #one: Thread | null = null;
  #next = 1;
  /** When threads ended by themselves, milliseconds since 1970. */
  #deaths: number[] = [];
  #closed = false;

  constructor(start: () => Worker) {
    this.#start = start;
  }

  /** In this thread: small files are read in less time than their bytes would take to another one. */
  readSource(path: string): Promise<FileSource> {
    return readSource(path);
  }

  async replaceFile({
    staged,
    ...input
  }: Omit<ReplaceFileInput, 'fs'>): Promise<{ backupPath: string | null }> {
    const thread = this.#thread();
    if (thread === null)
      return diskHere().replaceFile({ ...input, ...(staged === undefined ? {} : { staged }) });
    return this.#run<'replace'>(thread, { kind: 'replace', input }, async (names) => {
      if ('backup' in names) await staged?.(names);
    });
  }

  async writeNewFile({ staged, ...input }: Omit<WriteNewFileInput, 'fs'>): Promise<{ path: string }> {
    const thread = this.#thread();
    if (thread === null)
      return diskHere().writeNewFile({ ...input, ...(staged === undefined ? {} : { staged }) });
    return this.#run<'new'>(thread, { kind: 'new', input }, async (names) => {
      if ('path' in names) await staged?.(names);
    });
  }

  async restoreBackup(input: Omit<RestoreInput, 'fs'>): Promise<Restored> {
    const thread = this.#thread();
    if (thread === null) return diskHere().restoreBackup(input);
    return this.#run<'restore'>(thread, { kind: 'restore', input });
  }

  async removeWritten(input: WrittenFile): Promise<Removed> {
    const thread = this.#thread();
    if (thread === null) return diskHere().removeWritten(input);
    return this.#run<'remove'>(thread, { kind: 'remove', input });
  }

  close(): void {
    this.#closed = true;
    void this.#one?.worker.terminate();
    this.#one = null;
  }

  #run<Kind extends keyof Works>(
    thread: Thread,
    job: DiskJob & { readonly kind: Kind },
    staged: UnderWay['staged'] = async () => {},
  ): Promise<Works[Kind]['done']> {
    const id = this.#next++;
    return new Promise<Works[Kind]['done']>((resolve, reject) => {
      if (thread.jobs.size === 0) thread.worker.ref();
      // The thread answers each kind of job in its own way.
      thread.jobs.set(id, { job, staged, resolve: resolve as (done: Done) => void, reject });
      thread.outbox.add({ id, job });
    });
  }

  /** Null: there is none to be had. */
  #thread(): Thread | null {
    if (this.#one === null && !this.#broken()) this.#one = this.#started();
    return this.#one;
  }

  /** Threads end again and again, or cannot be started: files are put back here, slower and as safe. */
  #broken(): boolean {
    const now = Date.now();
    this.#deaths = this.#deaths.filter((at) => now - at < WITHIN_MS);
    return this.#deaths.length > RESTARTS;
  }

  #started(): Thread | null {
    let worker: Worker;
    try {
      worker = this.#start();
    } catch {
      this.#deaths.push(Date.now());
      return null;
    }
    worker.unref();
    const outbox = new Outbox<ToThread>((messages) => worker.postMessage(messages));
    const thread: Thread = { worker, outbox, jobs: new Map() };
    worker.on('message', (messages: readonly FromThread[]) => {
      for (const message of messages) this.#take(thread, message);
    });
    // 'exit' follows.
    worker.on('error', () => undefined);
    worker.on('exit', () => this.#lost(thread));
    return thread;
  }

  #take(thread: Thread, message: FromThread): void {
    const { id } = message;
    const one = thread.jobs.get(id);
    if (one === undefined) return;
    if ('staged' in message) {
      one.names = message.staged;
      one.staged(message.staged).then(
        () => thread.outbox.add({ id, goOn: true }),
        (error: unknown) => {
          one.refusal = error;
          thread.outbox.add({ id, refused: error instanceof FaultError ? error.fault : REFUSED });
        },
      );
      return;
    }
    thread.jobs.delete(id);
    if (thread.jobs.size === 0) thread.worker.unref();
    if ('done' in message) one.resolve(message.done);
    else one.reject(one.refusal ?? new FaultError(message.failed));
  }

  /** A thread that ended by itself: what became of its files is read off the disk. */
  #lost(thread: Thread): void {
    if (this.#one === thread) this.#one = null;
    if (!this.#closed) this.#deaths.push(Date.now());
    const jobs = [...thread.jobs.values()];
    thread.jobs.clear();
    const isUndo = ({ job }: UnderWay): boolean => job.kind === 'restore' || job.kind === 'remove';
    for (const one of jobs) if (!isUndo(one)) void settle(one);
    void settleInTurn(jobs.filter(isUndo));
  }
}

const REFUSED = fault('WriteFailed', 'The file was not put back.', '', 'Run once more.');

/** One after the other, with turns for others: hundreds of files may be restored together. */
async function settleInTurn(jobs: readonly UnderWay[]): Promise<void> {
  const turns = new Turns();
  for (const one of jobs) {
    await settle(one);
    if (turns.over) await turns.give();
  }
}

/**
 * A file of which the thread ended: begun anew here if it was not touched, and otherwise looked at. One that was being
 * restored or removed is wholly old or wholly new, and which of the two is what begins anew looks at first.
 */
async function settle({ job, staged, names, resolve, reject }: UnderWay): Promise<void> {
  try {
    const here = diskHere();
    if (job.kind === 'restore') return resolve(await here.restoreBackup(job.input));
    if (job.kind === 'remove') return resolve(await here.removeWritten(job.input));
    const path = job.kind === 'replace' ? job.input.path : join(job.input.folder, job.input.relative);
    // Half written, perhaps, or about to be renamed.
    if (job.input.temporary !== undefined) await discard(REAL_FS, join(dirname(path), job.input.temporary));
    if (names === undefined)
      return resolve(
        job.kind === 'replace'
          ? await here.replaceFile({ ...job.input, staged })
          : await here.writeNewFile({ ...job.input, staged }),
      );
    const stands = await contentHash(path);
    if (stands === sha256(job.input.bytes)) {
      await syncFolder(REAL_FS, dirname(path)).catch((error: unknown) => {
        throw flushFailed(`${path} was written`, error, '');
      });
      return resolve({ path, backupPath: null });
    }
    if (job.kind === 'replace' && 'backup' in names)
      await removeLeftovers(path, { ...names, before: job.input.expectedSha256 });
    if (job.kind === 'replace' && stands !== job.input.expectedSha256) throw changedFile(path);
    throw new FaultError(
      fault(
        'WriteFailed',
        `${path} was not written.`,
        'The thread that puts files back ended, for want of memory perhaps. The file is as it was.',
        'Run once more; what was done stays done.',
      ),
    );
  } catch (error) {
    reject(error);
  }
}
