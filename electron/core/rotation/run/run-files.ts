import { statSync } from 'node:fs';
import { explainOwn, faultOf } from '#shared/kms/errors.ts';
import type { NewBlob } from '../../intake/index.ts';
import { Semaphore } from '../../limits/semaphore.ts';
import { Turns } from '../../limits/turns.ts';
import type { PendingBlob } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import { blobsAtATime, requestsAtATime } from '../scheduler/adaptive-limiter.ts';
import type { RequestScheduler } from '../scheduler/request-scheduler.ts';
import type { RunFile } from '../types.ts';
import { Attributes } from './checks/attributes.ts';
import { DestinationKey } from './checks/destination-key.ts';
import { VerificationRights } from './checks/permissions.ts';
import { NewBlobChecks, type NewBlobChecksParts } from './checks/reply-checks.ts';
import { ReplyHashes } from './checks/reply-hashes.ts';
import type { FileQueue } from './file-queue.ts';
import { rotateFile } from './file-step.ts';
import { Ahead, type FileInFlight, InFlight } from './in-flight.ts';
import type { ItemTracker } from './item-tracker.ts';
import type { RunContext } from './run-context.ts';

/** Files that are open at a time, at least. */
const OPEN_FILES = 8;

/** What the steps of a run share, less what {@link runContextOf} makes for one process. */
type ContextParts = Omit<
  RunContext,
  'slots' | 'underWay' | 'ahead' | 'replies' | 'destination' | 'newBlobs' | 'rights'
> &
  Pick<NewBlobChecksParts, 'earlier'>;

/** What a run gives its files; the rest of their context is made here. */
export type RunFilesParts = Omit<
  ContextParts,
  'attributes' | 'keepBlob' | 'record' | 'tracker' | 'scheduler'
> & {
  readonly record: RunRecord;
  readonly tracker: ItemTracker;
  readonly scheduler: RequestScheduler;
  /** Whether an earlier part of the run may have kept new blobs. */
  readonly resumed: boolean;
  /** Bytes of files that are worked on at a time; what is usual where undefined. */
  readonly bytesInFlight: number | undefined;
  /** Opens the processes that do the files; null: this one does. */
  readonly openWorkers: ((context: RunContext) => FileWorkers) | null;
};

/** What does the files of a run, one call for each. */
export interface FileWorkers {
  /** How many they are. */
  readonly processes: number;
  /** As {@link rotateFile}. */
  rotate(
    file: RunFile,
    prior: ReadonlyMap<number, PendingBlob>,
    onDisk: () => void,
  ): Promise<'done' | 'again'>;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** The files of a run, some open at a time, each taken to its end. */
export class RunFiles {
  readonly #shared: RunFilesParts;
  /** Files that are not complete: what is kept of their blobs is worth keeping. */
  readonly #incomplete = new Set<number>();
  /** Files that were taken up before, and could not be brought to their end. */
  readonly #again = new Set<number>();
  /** The file of each blob of those with several. */
  readonly #fileOf = new Map<number, number>();

  constructor(shared: RunFilesParts) {
    this.#shared = shared;
  }

  /**
   * Twice as many files as requests are open, so that disk and network work at the same time, and more where the disk is
   * what is waited for. Rejects with what is wrong in Rewrap itself alone: where the journal cannot be read, the run is held as where it cannot be
   * written.
   */
  async rotate(files: FileQueue): Promise<void> {
    const context = this.#context(files);
    const workers = this.#shared.openWorkers?.(context) ?? null;
    const work: FileWork =
      workers === null
        ? (file, prior, onDisk) => rotateFile(context, file, prior, onDisk)
        : (file, prior, onDisk) => workers.rotate(file, prior, onDisk);
    try {
      await this.#rotate(context, files, work, workers?.processes ?? 1);
    } finally {
      await workers?.close();
    }
  }

  async #rotate(context: RunContext, queue: FileQueue, work: FileWork, processes: number): Promise<void> {
    const { input, bytesInFlight } = this.#shared;
    const again: RunFile[] = [];
    if (input.holdsAfterFirst === true) await this.#firstFile(context, queue, again, work);
    const usual = Math.max(OPEN_FILES, 2 * requestsAtATime(input.request));
    const inFlight = new InFlight({ usual, processes, bytes: bytesInFlight });
    const underWay = new Set<Promise<void>>();
    const defects: unknown[] = [];
    const turns = new Turns();
    try {
      for (;;) {
        // Files that are gone, or changed, come to their end without a wait: so might all of a large run.
        if (turns.over) await turns.give();
        const file = again.pop() ?? (await this.#next(context, queue));
        if (file === undefined || context.halted() !== null) break;
        const first = await inFlight.enter(sizeOf(file));
        const whole: Promise<void> = this.#whole(context, file, work, inFlight, first)
          .catch((defect: unknown) => void defects.push(defect))
          .finally(() => underWay.delete(whole));
        underWay.add(whole);
      }
    } finally {
      // A run has ended only once no file of it is being worked on, also where one of them met a defect.
      await Promise.all(underWay);
    }
    if (defects.length > 0) throw defects[0];
  }

  /** The next file of the queue; undefined also where the run ends before it can be read. */
  async #next(context: RunContext, queue: FileQueue): Promise<RunFile | undefined> {
    for (;;) {
      try {
        return await queue.next();
      } catch (error) {
        holdForJournal(context, error);
        await this.#shared.scheduler.opened();
        if (context.halted() !== null) return undefined;
      }
    }
  }

  /** One file, as often as it takes. */
  async #whole(
    context: RunContext,
    file: RunFile,
    work: FileWork,
    inFlight: InFlight,
    first: FileInFlight,
  ): Promise<void> {
    for (let one = first; ; one = await inFlight.enter(sizeOf(file))) {
      const how = await this.#once(context, file, work, () => one.onDisk()).finally(() => one.leave());
      if (how === 'done') return;
      this.#again.add(file.index);
      await this.#shared.scheduler.opened();
      if (context.halted() !== null) return;
    }
  }

  /** One file, once; the journal is read for it. */
  async #once(
    context: RunContext,
    file: RunFile,
    work: FileWork,
    onDisk: () => void,
  ): Promise<'done' | 'again'> {
    try {
      this.#opened(file);
      return await work(file, this.#prior(file), onDisk);
    } catch (error) {
      holdForJournal(context, error);
      return 'again';
    } finally {
      this.#closed(file);
    }
  }

  /** Files one after the other until one is replaced; then the run is held back, if any is left. */
  async #firstFile(context: RunContext, queue: FileQueue, again: RunFile[], work: FileWork): Promise<void> {
    const { tracker, scheduler } = this.#shared;
    const before = tracker.summary().files.done;
    while (context.halted() === null && tracker.summary().files.done === before) {
      const file = again.pop() ?? (await this.#next(context, queue));
      if (file === undefined) return;
      const how = await this.#once(context, file, work, () => {});
      if (how === 'done') continue;
      this.#again.add(file.index);
      again.push(file);
      await scheduler.opened();
    }
    if (context.halted() !== null) return;
    const next = again.pop() ?? (await this.#next(context, queue));
    if (next === undefined) return;
    again.push(next);
    scheduler.holdAfterFirstFile(explainOwn('FirstFileDone'));
    await scheduler.opened();
  }

  #context(files: FileQueue): RunContext {
    return runContextOf({
      ...this.#shared,
      attributes: new Attributes((from, end) => files.paths(from, end), this.#shared.owner),
      keepBlob: (item, next, verified) => this.#keepBlob(item, next, verified),
    });
  }

  /** New blobs of a file with one are not worth keeping: the file is replaced right after. */
  #keepBlob(item: number, next: NewBlob, verified: boolean): void {
    const { step, output, tracker, record } = this.#shared;
    step(verified ? 'verified' : 'reencrypted');
    const file = this.#fileOf.get(item);
    if (file === undefined || output.inMemory) return;
    const facts = tracker.get(item);
    record.setPending(
      file,
      item,
      { next, verified, facts },
      () => this.#incomplete.has(file) && tracker.get(item) === facts,
    );
  }

  #opened({ index, blobs }: RunFile): void {
    this.#incomplete.add(index);
    if (blobs.length > 1 && !this.#shared.input.request.dryRun)
      for (const { item } of blobs) this.#fileOf.set(item, index);
  }

  #closed({ index, blobs }: RunFile): void {
    this.#incomplete.delete(index);
    for (const { item } of blobs) this.#fileOf.delete(item);
  }

  /** New blobs that were kept of a file when it was taken up before, in this part of the run or an earlier one. */
  #prior({ index, blobs }: RunFile): ReadonlyMap<number, PendingBlob> {
    const { input, record, resumed } = this.#shared;
    if (blobs.length < 2 || input.request.dryRun) return NONE;
    return resumed || this.#again.has(index) ? record.pending(index) : NONE;
  }
}

type FileWork = FileWorkers['rotate'];

/** Holds the run until the journal answers again. Throws any other error. */
function holdForJournal(context: RunContext, error: unknown): void {
  const fault = faultOf(error);
  if (fault.code !== 'JournalFailed') throw error;
  context.holdFor(fault);
}

/** What the steps share, with what is made anew for each process of a run. */
export function runContextOf(parts: ContextParts): RunContext {
  const { send } = parts.scheduler;
  const { request, known } = parts.input;
  const destination = new DestinationKey(send, request.destination.keyId);
  const [blobs, requests] = [blobsAtATime(request), requestsAtATime(request)];
  return {
    ...parts,
    slots: new Semaphore(blobs),
    underWay: requests > blobs ? new Semaphore(requests) : null,
    // A file that takes long to open, over a network, counts meanwhile: fewer would leave KMS without work.
    ahead: new Ahead(4 * blobs),
    replies: new ReplyHashes(),
    destination,
    newBlobs: new NewBlobChecks({ request, destination, known, earlier: parts.earlier }),
    rights: new VerificationRights({ send, destination, request }),
  };
}

/** Bytes of a file, as far as they are known before it is read. */
function sizeOf({ bytes, path, archive, blobs }: RunFile): number {
  if (bytes !== null) return bytes.length;
  try {
    if (path !== null && archive === undefined) return statSync(path).size;
  } catch {
    // A member of an archive has no size of its own on the disk; a file that is gone is found out when it is read.
  }
  return blobs.reduce((sum, blob) => sum + blob.bytes, 0);
}

const NONE: ReadonlyMap<number, PendingBlob> = new Map();
