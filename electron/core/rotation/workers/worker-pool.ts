import { explainOwn } from '#shared/kms/errors.ts';
import type { KmsAccess, KmsConnection, KmsRequests } from '../../kms/index.ts';
import { onAbort } from '../../limits/on-abort.ts';
import type { ChildStarter } from '../../two-step/index.ts';
import type { PendingBlob } from '../journal/rows.ts';
import type { FileWorkers } from '../run/run-files.ts';
import { blobsAtATime } from '../scheduler/adaptive-limiter.ts';
import type { RunFile, RunInput } from '../types.ts';
import type { WorkerOpening } from './messages.ts';
import { WorkerProcess, type WorkerShared } from './worker-process.ts';

/** How often the process that has a file may die before the file is left as it is. */
const DEATHS = 3;
/** How many processes may end one after the other without having served, before no more are started. */
const STILLBORN = 3;

/** How this host starts the processes of a run. */
export interface RunWorkers {
  readonly start: ChildStarter;
  /** At most: the cores of this machine. */
  readonly most: number;
}

interface WorkerPoolParts {
  readonly start: ChildStarter;
  readonly processes: number;
  readonly context: WorkerShared['context'];
  readonly dataDir: string;
  readonly earlier: WorkerOpening['earlier'];
  /** Whether the run is held back now. */
  readonly held: () => boolean;
  /** Aborted when the run stops. */
  readonly halted: AbortSignal;
  /** A process died, and another one takes its place. */
  readonly died: () => void;
}

/** By how many processes a run is done, from what was asked for: one where it is none that others can do. */
export function processesOf(
  { request, output, kms, shared }: Pick<RunInput, 'request' | 'output' | 'kms' | 'shared'>,
  workers: RunWorkers | undefined,
): number {
  const asked = request.pace?.processes ?? 1;
  const fits =
    request.method === 'reencrypt' &&
    !request.dryRun &&
    output.mode !== 'keep' &&
    shared === undefined &&
    hasAccess(kms);
  return fits && workers !== undefined ? Math.max(1, Math.min(asked, workers.most)) : 1;
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
  /** By the first 48 bits of a new blob's hash: the item that was given it. */
  readonly #made = new Map<number, number>();
  readonly #unhalt: () => void;
  #access: { readonly kms: KmsRequests; readonly access: KmsAccess } | null = null;
  #stillborn = 0;
  #heldBack = false;
  #closing = false;

  constructor(parts: WorkerPoolParts) {
    this.#parts = parts;
    this.#shared = {
      context: parts.context,
      opening: () => this.#opening(),
      access: (kms) => this.#accessOf(kms),
      isFirst: (sha256, item) => this.#isFirst(sha256, item),
    };
    this.#unhalt = onAbort(parts.halted, () => {
      const fault = parts.context.halted();
      if (fault !== null) for (const one of this.#running) one.halt(fault);
    });
  }

  async rotate(file: RunFile, prior: ReadonlyMap<number, PendingBlob>): Promise<'done' | 'again'> {
    const { context } = this.#parts;
    const { dryRun } = context.input.request;
    const { inPlace } = context.output;
    const attributes = {
      has: inPlace && (await context.attributes.has(file)),
      refusal: inPlace ? await context.attributes.refusal(file, dryRun) : null,
    };
    if (context.halted() !== null) return 'done';
    if (!this.#mayStart()) return 'again';
    const how = await this.#next().rotate(file, prior, attributes);
    if (how !== 'died') return how;
    const deaths = (this.#deaths.get(file.index) ?? 0) + 1;
    this.#deaths.set(file.index, deaths);
    // Processes that never served say nothing of the file.
    if (deaths < DEATHS || this.#stillborn > 0) return 'again';
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
    if (this.#stillborn < STILLBORN) return true;
    if (this.#heldBack && !this.#parts.held()) {
      this.#stillborn = 0;
      this.#heldBack = false;
      return true;
    }
    if (!this.#heldBack) this.#parts.context.holdFor(explainOwn('RunProcessesUnavailable'));
    this.#heldBack = true;
    return false;
  }

  /** The process with the fewest files; another one while there are fewer than there may be, and none is idle. */
  #next(): WorkerProcess {
    let least: WorkerProcess | null = null;
    for (const one of this.#running)
      if (!one.gone && (least === null || one.files < least.files)) least = one;
    if (least !== null && (least.files === 0 || this.#running.size >= this.#parts.processes)) return least;
    const begun = new WorkerProcess(this.#parts.start(), this.#shared);
    this.#running.add(begun);
    void begun.ended.then(({ served }) => {
      this.#running.delete(begun);
      if (this.#closing) return;
      this.#stillborn = served ? 0 : this.#stillborn + 1;
      this.#parts.died();
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

  /** Each worker sees its own new blobs alone. An item may bring what it was given before its process died. */
  #isFirst(sha256: string, item: number): boolean {
    const print = Number.parseInt(sha256.slice(0, 12), 16);
    const before = this.#made.get(print);
    if (before === undefined) this.#made.set(print, item);
    return before === undefined || before === item;
  }
}
