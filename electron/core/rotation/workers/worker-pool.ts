import { explainOwn } from '#shared/kms/errors.ts';
import type { ChildStarter } from '../../children/index.ts';
import type { KmsAccess, KmsConnection, KmsRequests } from '../../kms/index.ts';
import { onAbort } from '../../limits/on-abort.ts';
import { Semaphore } from '../../limits/semaphore.ts';
import type { PendingBlob } from '../journal/rows.ts';
import { ReplyHashes } from '../run/checks/reply-hashes.ts';
import type { FileWorkers } from '../run/run-files.ts';
import { blobsAtATime } from '../scheduler/adaptive-limiter.ts';
import type { RunFile, RunInput } from '../types.ts';
import type { FileAttributes, WorkerOpening } from './messages.ts';
import { WorkerProcess, type WorkerShared } from './worker-process.ts';

/** How often a process may die that has a file among others; then the file is done alone, and left as it is if that dies too. */
const DEATHS = 2;
/** How many files in a row may each end a process alone, before no more are tried: it is not the files then. */
const ALONE = 3;
/** How many processes may end one after the other without having served, before no more are started. */
const STILLBORN = 3;

/** How this host starts the processes of a run. */
export interface RunWorkers {
  readonly start: ChildStarter;
  /** At most, where no person names the number for this start: a plan file or a record may come from a larger machine. */
  readonly most: number;
  /** For tests: how often they are asked whether they hang, milliseconds. */
  readonly pulse?: number;
}

interface WorkerPoolParts {
  readonly start: ChildStarter;
  readonly pulse: number | undefined;
  readonly processes: number;
  readonly context: WorkerShared['context'];
  readonly dataDir: string;
  readonly earlier: WorkerOpening['earlier'];
  /** Whether the run is held back now. */
  readonly held: () => boolean;
  /** Aborted when the run stops. */
  readonly halted: AbortSignal;
  /** The owner of this id, which was a process of the run, is dead. */
  readonly forget: (owner: string) => void;
  /** A process that served died, while the run goes on. */
  readonly died: () => void;
  /** Another one serves in the place of one that died. */
  readonly followed: () => void;
}

/** By how many processes a run is done: as many as a person named, or as its terms say up to the most; one where it is none that others can do. */
export function processesOf(
  {
    request,
    output,
    kms,
    shared,
    processes,
  }: Pick<RunInput, 'request' | 'output' | 'kms' | 'shared' | 'processes'>,
  workers: RunWorkers | undefined,
): number {
  const fits =
    request.method === 'reencrypt' &&
    !request.dryRun &&
    output.mode !== 'keep' &&
    shared === undefined &&
    hasAccess(kms);
  if (!fits || workers === undefined) return 1;
  return processes ?? Math.max(1, Math.min(request.pace?.processes ?? 1, workers.most));
}

/** Whether another process can send requests for it. */
const hasAccess = (kms: KmsRequests): kms is KmsConnection => 'access' in kms;

/**
 * Processes that do the files of one run. The run stays one: its journal, its scheduler and its tracker are those of this
 * process, which lets each request leave and names each step of a file before it is taken. A process that dies is
 * followed by another; what became of its files is read from the disk.
 */
export class WorkerPool implements FileWorkers {
  readonly #parts: WorkerPoolParts;
  readonly #shared: WorkerShared;
  readonly #running = new Set<WorkerProcess>();
  /** By file: how many processes died that had it. */
  readonly #deaths = new Map<number, number>();
  readonly #replies = new ReplyHashes();
  readonly #unhalt: () => void;
  #access: { readonly kms: KmsRequests; readonly access: KmsAccess } | null = null;
  /** Files done one at a time by a process that has no other, so that its death speaks of that file. */
  readonly #suspects = new Semaphore(1);
  #alone: WorkerProcess | null = null;
  #diedAlone = 0;
  #stillborn = 0;
  /** Processes that died, in the place of which none was started. */
  #missing = 0;
  #heldBack = false;
  #closing = false;

  constructor(parts: WorkerPoolParts) {
    this.#parts = parts;
    this.#shared = {
      context: parts.context,
      pulse: parts.pulse,
      opening: () => this.#opening(),
      access: (kms) => this.#accessOf(kms),
      forget: parts.forget,
      // Each process sees its own new blobs alone. An item may bring what it was given before its process died.
      isFirst: (sha256, item) => this.#replies.firstOf(sha256, item) === item,
    };
    this.#unhalt = onAbort(parts.halted, () => {
      const fault = parts.context.halted();
      if (fault !== null) for (const one of this.#running) one.halt(fault);
    });
  }

  get processes(): number {
    return this.#parts.processes;
  }

  async rotate(
    file: RunFile,
    prior: ReadonlyMap<number, PendingBlob>,
    onDisk: () => void,
  ): Promise<'done' | 'again'> {
    const { context } = this.#parts;
    const { dryRun } = context.input.request;
    const { inPlace } = context.output;
    const attributes = {
      has: inPlace && (await context.attributes.has(file)),
      refusal: inPlace ? await context.attributes.refusal(file, dryRun) : null,
    };
    const alone = (this.#deaths.get(file.index) ?? 0) >= DEATHS;
    const work = () => this.#rotate(file, prior, attributes, alone, onDisk);
    return alone ? this.#suspects.run(work) : work();
  }

  async #rotate(
    file: RunFile,
    prior: ReadonlyMap<number, PendingBlob>,
    attributes: FileAttributes,
    alone: boolean,
    onDisk: () => void,
  ): Promise<'done' | 'again'> {
    const { context } = this.#parts;
    if (context.halted() !== null) return 'done';
    if (!this.#mayStart()) return 'again';
    const by = alone ? this.#nextAlone() : this.#next();
    const how = await by.rotate(file, prior, attributes, onDisk);
    if (how !== 'died') {
      if (alone && how === 'done') this.#diedAlone = 0;
      return how;
    }
    // Processes that never served say nothing of the file, and a run that was cut off is gone on with.
    if (!by.served || context.halted() !== null) return 'again';
    if (!alone) {
      this.#deaths.set(file.index, (this.#deaths.get(file.index) ?? 0) + 1);
      return 'again';
    }
    // Nor does one that ends as all do.
    if (++this.#diedAlone >= ALONE) return 'again';
    const fault = explainOwn('RunProcessEnded');
    for (const { item } of file.blobs) context.tracker.end(item, 'failed', fault);
    context.record.setFile(file.index, 'left', null, true);
    context.tracker.fileDone(file, false);
    return 'done';
  }

  /** Ends what is under way, of a run that was stopped: a process that hangs does not keep it from its end. */
  cut(): void {
    this.#closing = true;
    for (const one of this.#running) one.kill();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#unhalt();
    await Promise.all([...this.#running].map((one) => one.close()));
  }

  /** Where no process comes to serve, the run is held back; it is tried anew once a person goes on with it. */
  #mayStart(): boolean {
    if (this.#stillborn < STILLBORN && this.#diedAlone < ALONE) return true;
    if (this.#heldBack && !this.#parts.held()) {
      this.#stillborn = 0;
      this.#diedAlone = 0;
      this.#heldBack = false;
      return true;
    }
    const message =
      this.#stillborn < STILLBORN
        ? { message: 'Each process of the run ends before it has done a file.' }
        : {};
    if (!this.#heldBack) this.#parts.context.holdFor(explainOwn('RunProcessesUnavailable', message));
    this.#heldBack = true;
    return false;
  }

  /** The process with the fewest files; another one while there are fewer than there may be, and none is idle. */
  #next(): WorkerProcess {
    let least: WorkerProcess | null = null;
    for (const one of this.#running)
      if (!one.gone && one !== this.#alone && (least === null || one.files < least.files)) least = one;
    const among = this.#running.size - (this.#alone === null || this.#alone.gone ? 0 : 1);
    if (least !== null && (least.files === 0 || among >= this.#parts.processes)) return least;
    return this.#begin();
  }

  #nextAlone(): WorkerProcess {
    if (this.#alone === null || this.#alone.gone) this.#alone = this.#begin();
    return this.#alone;
  }

  #begin(): WorkerProcess {
    const follows = this.#missing > 0;
    if (follows) this.#missing--;
    const begun = new WorkerProcess(this.#parts.start(), this.#shared, {
      serves: () => {
        if (follows) this.#parts.followed();
      },
      ends: (served) => {
        // One that ends with the run, or because the run was halted, is not missed.
        const died = served && !this.#closing && this.#parts.context.halted() === null;
        if (died) this.#parts.died();
        if (died || (follows && !served)) this.#missing++;
      },
    });
    this.#running.add(begun);
    void begun.ended.then(() => {
      this.#running.delete(begun);
      if (this.#closing) return;
      this.#stillborn = begun.served ? 0 : this.#stillborn + 1;
    });
    return begun;
  }

  #opening(): WorkerOpening {
    const { context, dataDir, earlier, processes } = this.#parts;
    const { request, output, known, namedMaterials } = context.input;
    const concurrency = Math.ceil(blobsAtATime(request) / processes);
    return {
      type: 'open',
      dataDir,
      dataFolder: context.owner.slice(0, 8),
      // The rate is kept by the scheduler of the run.
      request: { ...request, pace: { concurrency, perSecond: null } },
      output,
      way: this.#accessOf(context.kms()).way,
      known: known?.all() ?? null,
      namesMaterials: namedMaterials !== undefined,
      earlier,
    };
  }

  #accessOf(kms: KmsRequests): KmsAccess {
    if (this.#access?.kms !== kms) {
      if (!hasAccess(kms)) throw new Error('A run with workers has a connection that says its access.');
      this.#access = { kms, access: kms.access() };
    }
    return this.#access.access;
  }
}
