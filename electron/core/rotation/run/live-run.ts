import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { explainOwn, faultOf } from '#shared/kms/errors.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeOf } from '#shared/run-outcome.ts';
import { type Disk, diskHere, type PutBackFs } from '../../intake/index.ts';
import type { Kms } from '../../kms/index.ts';
import { missedOf, underOldKey } from '../journal/figures.ts';
import type { Journal, RunName } from '../journal/journal.ts';
import { itemOf } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import { undoTouches } from '../journal/summary.ts';
import { outputMode } from '../output-mode.ts';
import { AdaptiveLimiter, requestsAtATime } from '../scheduler/adaptive-limiter.ts';
import { RequestScheduler } from '../scheduler/request-scheduler.ts';
import type { RetryOptions } from '../scheduler/retry.ts';
import { byProcesses, type ItemsQuery, type KnownMaterial, type Run, type RunInput } from '../types.ts';
import { processesOf, type RunWorkers, WorkerPool } from '../workers/worker-pool.ts';
import type { FileQueue } from './file-queue.ts';
import { ItemTracker } from './item-tracker.ts';
import { CompletionRate, RunProgress } from './progress.ts';
import { RunFiles, type RunFilesParts } from './run-files.ts';

/** For tests: a disk that fails, waits that take no time, a step at which the process dies. */
export interface RunHooks {
  readonly fs?: PutBackFs;
  readonly sleep?: RetryOptions['sleep'];
  readonly random?: () => number;
  readonly step?: (name: string) => void;
  /** Bytes of files that are worked on at a time. */
  readonly bytesInFlight?: number;
}

/** What a run works with. */
export interface RunParts {
  readonly journal: Journal;
  readonly limiter?: AdaptiveLimiter;
  readonly onProgress: (summary: RunSummary) => void;
  readonly hooks?: RunHooks;
  /** Where files are put back; a test's file system comes before it. */
  readonly disk: Disk;
  /** How this host starts processes that do files of a run; absent: it starts none. */
  readonly workers?: RunWorkers;
}

/** How a run begins: anew, or where it was cut off. */
interface RunStart {
  /** Whether an earlier part of it may have kept new blobs. */
  readonly resumed: boolean;
  /** Key material of new blobs that an earlier part of it accepted. */
  readonly earlier: () => Promise<readonly KnownMaterial[]>;
  /** Counts its size before anything is done, so that it is known at once. */
  readonly counted: (tracker: ItemTracker) => void;
  /** The files that are to be done. Rejects with FaultError. */
  readonly prepare: (tracker: ItemTracker, step: (name: string) => void) => Promise<FileQueue>;
}

/** A run under way in this process, or one that ended in it. */
export class LiveRun implements Run {
  readonly id: string;
  readonly done: Promise<void>;
  readonly #input: Omit<RunInput, 'files'>;
  readonly #record: RunRecord;
  readonly #owner: string;
  readonly #forget: (owner: string) => void;
  readonly #tracker: ItemTracker;
  readonly #scheduler: RequestScheduler;
  readonly #hooks: RunHooks;
  readonly #disk: Disk;
  readonly #progress: RunProgress;
  readonly #limiter: AdaptiveLimiter;
  readonly #rate = new CompletionRate(Date.now);
  readonly #startedAt: string;
  readonly #halt = new AbortController();
  readonly #workers: RunWorkers | null;
  /** Processes that do the files; 1: this one. */
  readonly #processes: number;
  readonly #dataDir: string;
  #pool: WorkerPool | null = null;
  #died = 0;
  #followed = 0;
  readonly #kept: { relative: string; bytes: Uint8Array }[] = [];
  #kms: Kms;
  #status: 'running' | 'cancelling' | 'suspending' | 'over' = 'running';
  #end:
    | (Pick<RunSummary, 'status' | 'retry' | 'undo' | 'missed'> & {
        readonly at: string;
        readonly underOldKey: number | null;
      })
    | null = null;
  #stopped: Fault | null = null;

  constructor(
    { no, id }: RunName,
    startedAt: string,
    input: Omit<RunInput, 'files'>,
    parts: RunParts,
    { counted, prepare, earlier, resumed }: RunStart,
  ) {
    const { journal, hooks = {}, onProgress } = parts;
    this.#workers = parts.workers ?? null;
    this.#processes = processesOf(input, parts.workers);
    this.#dataDir = journal.dataDir;
    const request = byProcesses(input.request, this.#processes);
    const { pace } = request;
    const most = requestsAtATime(request);
    this.id = id;
    this.#startedAt = startedAt;
    this.#input = { ...input, request };
    this.#kms = input.kms;
    this.#record = journal.record(no);
    this.#owner = journal.owner.id;
    // What it proved its life by goes.
    this.#forget = (owner) => void journal.owner.isAlive(owner);
    this.#hooks = hooks;
    this.#disk = parts.disk;
    this.#progress = new RunProgress(() => onProgress(this.summary()));
    this.#tracker = new ItemTracker(this.#record, (finished) => {
      if (finished > 0) this.#rate.add(finished);
      this.#progress.touch();
    });
    const limiter =
      parts.limiter ?? new AdaptiveLimiter(most, hooks.sleep === undefined ? {} : { sleep: hooks.sleep });
    limiter.allow(most);
    this.#limiter = limiter;
    this.#scheduler = new RequestScheduler({
      kms: () => this.#kms,
      limiter,
      perSecond: input.shared?.perSecond ?? (() => pace?.perSecond ?? null),
      failurePolicy: request.dryRun ? 'end' : (input.failurePolicy ?? 'end'),
      retry: {
        halted: this.#halt.signal,
        sleep: hooks.sleep ?? ((ms, signal) => wait(ms, undefined, { signal })),
        random: hooks.random ?? Math.random,
      },
      changed: () => this.#progress.touch(),
    });
    counted(this.#tracker);
    this.done = this.#run(prepare, earlier, resumed);
  }

  summary(): RunSummary {
    const counted = this.#tracker.summary();
    const { request, output, connection } = this.#input;
    const status = this.#end?.status ?? this.#statusNow();
    const rate = this.#end === null ? this.#rate.perSecond() : 0;
    const left = counted.counts.waiting + counted.counts.running;
    return {
      id: this.id,
      method: request.method,
      dryRun: request.dryRun,
      status,
      startedAt: this.#startedAt,
      finishedAt: this.#end?.at ?? null,
      ...counted,
      outcome: outcomeOf(counted.counts, this.#end?.underOldKey ?? null),
      rate,
      retries: this.#scheduler.retries,
      slowedTo: status === 'running' ? this.#limiter.rate : null,
      secondsLeft: left === 0 ? 0 : rate === 0 || status !== 'running' ? null : left / rate,
      destinationKeyId: request.destination.keyId,
      connection,
      downloads: this.#kept.length,
      fault: this.#stopped ?? this.#scheduler.fault,
      output: outputMode(output).name,
      undo: this.#end?.undo ?? null,
      resume: null,
      ...(this.#end?.missed === undefined ? {} : { missed: this.#end.missed }),
      ...(request.beforeRunOf === undefined ? {} : { beforeRunOf: request.beforeRunOf }),
      retry: this.#end?.retry ?? null,
      elsewhere: null,
      ...(this.#processes === 1
        ? {}
        : { workers: { processes: this.#processes, died: this.#died, followed: this.#followed } }),
    };
  }

  items(query: ItemsQuery = { offset: 0, limit: -1, only: 'all' }): readonly RunItem[] {
    this.#record.flush();
    return this.#record
      .itemRows(query.only, query.offset, query.limit)
      .map((row) => itemOf(row, this.#input.output));
  }

  kept(): readonly { readonly relative: string; readonly bytes: Uint8Array }[] {
    return this.#kept;
  }

  get atFirstFile(): boolean {
    return this.#scheduler.atFirstFile;
  }

  pause(): void {
    if (this.#status === 'running') this.#scheduler.pause();
  }

  goOn(): void {
    if (this.#status === 'running') this.#scheduler.goOn();
  }

  renew(kms: Kms): void {
    this.#kms = kms;
    if (this.#status === 'running') this.#scheduler.renewed();
  }

  cancel(): void {
    this.#finishEarly('cancelling');
  }

  suspend(): void {
    this.#finishEarly('suspending');
  }

  cut(): void {
    if (!this.#halt.signal.aborted) return;
    this.#scheduler.cut();
    this.#pool?.cut();
  }

  #finishEarly(how: 'cancelling' | 'suspending'): void {
    if (this.#status !== 'running') return;
    this.#status = how;
    this.#halt.abort();
    this.#scheduler.stop();
    this.#progress.touch();
  }

  #statusNow(): RunSummary['status'] {
    if (this.#halt.signal.aborted) return 'cancelling';
    const { hold } = this.#scheduler;
    if (hold === 'network') return 'waiting';
    if (hold === null) return 'running';
    return this.#scheduler.underWay > 0 ? 'pausing' : 'paused';
  }

  async #run(prepare: RunStart['prepare'], earlier: RunStart['earlier'], resumed: boolean): Promise<void> {
    // The caller has its Run before the first report.
    await Promise.resolve();
    let begun = false;
    try {
      const files = await prepare(this.#tracker, (name) => this.#hooks.step?.(name));
      begun = true;
      const { source } = this.#input.request;
      if (source.context.mode === 'same' || source.context.mode === 'changed')
        this.#stop(explainOwn('ContextChoiceInvalid'));
      if (source.keyId === null && !takesEncryptionContext(source.algorithm))
        this.#stop(explainOwn('SourceKeyNeeded'));
      await this.#announce();
      await new RunFiles({
        ...this.#shared(),
        resumed,
        earlier,
        openWorkers: await this.#openWorkers(earlier),
      }).rotate(files);
    } catch (error) {
      this.#stop(faultOf(error));
    }
    this.#pool = null;
    await this.#ended(begun, resumed);
  }

  /** Others know what this process may leave behind, before it makes anything. */
  async #announce(): Promise<void> {
    const { shared, output } = this.#input;
    if (shared === undefined) return;
    const mode = outputMode(output);
    const folders = new Set<string>();
    for await (const page of this.#record.filePages())
      for (const file of page) {
        const target = file.state === 'intent' ? mode.target(file) : null;
        if (target !== null) folders.add(dirname(target));
      }
    await shared.begins(this.#owner, [...folders]);
  }

  async #openWorkers(earlier: RunStart['earlier']): Promise<RunFilesParts['openWorkers']> {
    const workers = this.#workers;
    if (workers === null || this.#processes === 1) return null;
    const accepted = await earlier();
    return (context) => {
      this.#pool = new WorkerPool({
        start: workers.start,
        pulse: workers.pulse,
        processes: this.#processes,
        context: { ...context, record: this.#record },
        dataDir: this.#dataDir,
        earlier: accepted,
        held: () => this.#scheduler.hold !== null,
        halted: this.#halt.signal,
        forget: (owner) => this.#forget(owner),
        died: () => {
          this.#died++;
          this.#progress.touch();
        },
        followed: () => {
          this.#followed++;
          this.#progress.touch();
        },
      });
      return this.#pool;
    };
  }

  #shared(): Omit<RunFilesParts, 'earlier' | 'resumed' | 'openWorkers'> {
    return {
      input: this.#input,
      output: outputMode(this.#input.output),
      tracker: this.#tracker,
      record: this.#record,
      owner: this.#owner,
      scheduler: this.#scheduler,
      disk: this.#hooks.fs === undefined ? this.#disk : diskHere(this.#hooks.fs),
      fs: this.#hooks.fs ?? null,
      kms: () => this.#kms,
      halted: () => this.#haltedFault(),
      stop: (fault) => this.#stop(fault),
      holdFor: (fault) => {
        if (this.#input.failurePolicy === 'wait') this.#scheduler.holdFor(fault);
        else this.#stop(fault);
      },
      keep: (relative, bytes) => this.#kept.push({ relative, bytes }),
      step: (name) => this.#hooks.step?.(name),
      bytesInFlight: this.#hooks.bytesInFlight,
    };
  }

  #stop(fault: Fault): void {
    this.#stopped ??= fault;
    this.#halt.abort();
    this.#scheduler.stop();
  }

  /** The fault of blobs that were not reached; null while the run goes on. */
  #haltedFault(): Fault | null {
    if (this.#stopped !== null)
      return explainOwn('RunStopped', { detail: this.#stopped.message, remedy: this.#stopped.remedy });
    return this.#halt.signal.aborted ? explainOwn('Cancelled') : null;
  }

  async #ended(begun: boolean, resumed: boolean): Promise<void> {
    let suspended = this.#status === 'suspending' && this.#stopped === null;
    this.#status = 'over';
    const at = new Date().toISOString();
    try {
      if (suspended) {
        this.#record.flush();
        // What was under way may have been the last: nothing is left to go on with then.
        const { waiting, running } = this.#tracker.summary().counts;
        suspended = !begun || waiting + running > 0;
      }
      if (!begun && this.#stopped !== null) {
        // The journal may have a part of the plan alone: no figure of it would be true, and nothing was sent.
        if (!resumed) this.#record.forsake();
        throw new FaultError(this.#stopped);
      }
      if (!suspended) {
        const missed = this.#haltedFault() ?? explainOwn('Internal');
        await this.#record.skipRest(missed);
        this.#record.flush();
        const figures = await this.#record.figures();
        await this.#record.releaseFiles();
        const { missed: notReached, failed } = figures.retry;
        const status = this.#stopped !== null ? 'failed' : notReached > 0 ? 'cancelled' : 'finished';
        this.#record.setState('ended', { status, fault: this.#stopped, finishedAt: at });
        this.#record.keepFigures({ undoneAt: null, fault: this.#stopped }, figures);
        this.#record.flush();
        this.#tracker.recall(figures);
        const again = failed + notReached > 0 && !this.#input.request.dryRun;
        const { output, request } = this.#input;
        const undo = undoTouches({ output, dryRun: request.dryRun, undoneAt: null }, figures);
        const retry = again ? { failed, missed: notReached } : null;
        const old = request.dryRun ? null : underOldKey(figures);
        this.#end = { status, at, retry, ...missedOf(figures), undo, underOldKey: old };
        this.#hooks.step?.('ended');
      }
    } catch (error) {
      // Where the journal cannot be written, the run is found unfinished at the next start, with the state of each file.
      this.#stopped ??= faultOf(error);
      this.#end = { status: 'failed', at, retry: null, undo: null, underOldKey: null };
    }
    this.#progress.end(suspended);
  }
}
