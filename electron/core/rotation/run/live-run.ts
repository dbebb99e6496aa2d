import { setTimeout as wait } from 'node:timers/promises';
import { explainOwn } from '#shared/kms/errors.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeOf } from '#shared/run-outcome.ts';
import { type Disk, diskHere } from '../../intake/index.ts';
import type { Kms } from '../../kms/index.ts';
import { itemOf } from '../journal/items.ts';
import type { Journal, RunName } from '../journal/journal.ts';
import { outputName, touchesOf } from '../journal/summary.ts';
import { AdaptiveLimiter } from '../scheduler/adaptive-limiter.ts';
import { RequestScheduler } from '../scheduler/request-scheduler.ts';
import type { ItemsQuery, KnownMaterial, Run, RunFile, RunInput } from '../types.ts';
import { CompletionRate } from './completion-rate.ts';
import { faultOf } from './faults.ts';
import { ItemTracker, retryOf, underOldKey } from './item-tracker.ts';
import { Progress } from './progress.ts';
import { RunFiles, type Shared } from './run-files.ts';
import { DEFAULT_CONCURRENCY, type RunHooks, type RunParts } from './run-parts.ts';

/** How a run begins. */
export interface Beginning {
  /** Key material of new blobs that an earlier part of it accepted. */
  readonly earlier: () => Promise<readonly KnownMaterial[]>;
  /** What is counted of it before anything is done: whoever starts it sees its size at once. */
  readonly counted: (tracker: ItemTracker) => void;
  /** The files that are to be done. Rejects with FaultError. */
  readonly prepare: (tracker: ItemTracker, step: (name: string) => void) => Promise<RunFile[]>;
}

/** A run under way in this process, or one that ended in it. */
export class LiveRun implements Run {
  readonly id: string;
  readonly done: Promise<void>;
  readonly #no: number;
  readonly #input: Omit<RunInput, 'files'>;
  readonly #journal: Journal;
  readonly #tracker: ItemTracker;
  readonly #scheduler: RequestScheduler;
  readonly #hooks: RunHooks;
  readonly #disk: Disk;
  readonly #progress: Progress;
  readonly #limiter: AdaptiveLimiter;
  readonly #rate = new CompletionRate(Date.now);
  readonly #startedAt: string;
  readonly #halt = new AbortController();
  readonly #kept: { relative: string; bytes: Uint8Array }[] = [];
  #kms: Kms;
  #status: 'running' | 'cancelling' | 'suspending' | 'over' = 'running';
  #end:
    | (Pick<RunSummary, 'status' | 'retry' | 'undo'> & {
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
    { counted, prepare, earlier }: Beginning,
  ) {
    const { journal, hooks = {}, onProgress } = parts;
    const { pace } = input.request;
    const concurrency = pace?.concurrency ?? DEFAULT_CONCURRENCY;
    this.id = id;
    this.#no = no;
    this.#startedAt = startedAt;
    this.#input = input;
    this.#kms = input.kms;
    this.#journal = journal;
    this.#hooks = hooks;
    this.#disk = parts.disk;
    this.#progress = new Progress(() => onProgress(this.summary()));
    this.#tracker = new ItemTracker(journal, no, (finished) => {
      if (finished > 0) this.#rate.add(finished);
      this.#progress.touch();
    });
    const limiter =
      parts.limiter ??
      new AdaptiveLimiter(concurrency, hooks.sleep === undefined ? {} : { sleep: hooks.sleep });
    limiter.allow(concurrency);
    this.#limiter = limiter;
    this.#scheduler = new RequestScheduler({
      kms: () => this.#kms,
      limiter,
      perSecond: pace?.perSecond ?? null,
      failurePolicy: input.request.dryRun ? 'end' : (input.failurePolicy ?? 'end'),
      retry: {
        halted: this.#halt.signal,
        sleep: hooks.sleep ?? ((ms, signal) => wait(ms, undefined, { signal })),
        random: hooks.random ?? Math.random,
      },
      changed: () => this.#progress.touch(),
    });
    counted(this.#tracker);
    this.done = this.#run(prepare, earlier);
  }

  summary(): RunSummary {
    const said = this.#tracker.summary();
    const { request, output, connection } = this.#input;
    const status = this.#end?.status ?? this.#statusNow();
    const rate = this.#end === null ? this.#rate.perSecond() : 0;
    const left = said.counts.waiting + said.counts.running;
    return {
      id: this.id,
      route: request.route,
      dryRun: request.dryRun,
      status,
      startedAt: this.#startedAt,
      finishedAt: this.#end?.at ?? null,
      ...said,
      outcome: outcomeOf(said.counts, this.#end?.underOldKey ?? null),
      rate,
      slowedTo: status === 'running' ? this.#limiter.rate : null,
      secondsLeft: left === 0 ? 0 : rate === 0 || status !== 'running' ? null : left / rate,
      destinationKeyId: request.destination.keyId,
      connection,
      downloads: this.#kept.length,
      fault: this.#stopped ?? this.#scheduler.fault,
      output: outputName(output),
      undo: this.#end?.undo ?? null,
      resume: null,
      retry: this.#end?.retry ?? null,
      elsewhere: null,
    };
  }

  items(query: ItemsQuery = { offset: 0, limit: -1, only: 'all' }): readonly RunItem[] {
    this.#journal.flush();
    return this.#journal
      .itemRows(this.#no, query.only, query.offset, query.limit)
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
    if (this.#halt.signal.aborted) this.#scheduler.cut();
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

  async #run(prepare: Beginning['prepare'], earlier: Beginning['earlier']): Promise<void> {
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
      await new RunFiles({ ...this.#shared(), earlier }).rotate(files);
    } catch (error) {
      this.#stop(faultOf(error));
    }
    await this.#ended(begun);
  }

  #shared(): Omit<Shared, 'earlier'> {
    return {
      no: this.#no,
      input: this.#input,
      tracker: this.#tracker,
      journal: this.#journal,
      scheduler: this.#scheduler,
      disk: this.#hooks.fs === undefined ? this.#disk : diskHere(this.#hooks.fs),
      fs: this.#hooks.fs ?? null,
      kms: () => this.#kms,
      halted: () => this.#haltedFault(),
      stop: (fault) => this.#stop(fault),
      journalFailed: (fault) => {
        if (this.#input.failurePolicy === 'wait') this.#scheduler.holdFor(fault);
        else this.#stop(fault);
      },
      keep: (relative, bytes) => this.#kept.push({ relative, bytes }),
      step: (name) => this.#hooks.step?.(name),
    };
  }

  #stop(fault: Fault): void {
    this.#stopped ??= fault;
    this.#halt.abort();
    this.#scheduler.stop();
  }

  /** What blobs that were not reached are told. */
  #haltedFault(): Fault | null {
    if (this.#stopped !== null)
      return explainOwn('RunStopped', { detail: this.#stopped.message, remedy: this.#stopped.remedy });
    return this.#halt.signal.aborted ? explainOwn('Cancelled') : null;
  }

  async #ended(begun: boolean): Promise<void> {
    const suspended = this.#status === 'suspending' && this.#stopped === null;
    this.#status = 'over';
    const at = new Date().toISOString();
    try {
      if (suspended) {
        this.#journal.flush();
      } else {
        const missed = this.#haltedFault() ?? explainOwn('Internal');
        if (begun) await this.#journal.skipRest(this.#no, missed);
        this.#journal.flush();
        const figures = await this.#journal.figures(this.#no);
        await this.#journal.releaseFiles(this.#no);
        const { missed: notReached, failed } = retryOf(figures);
        const status = this.#stopped !== null ? 'failed' : notReached > 0 ? 'cancelled' : 'finished';
        this.#journal.setRun(this.#no, 'ended', { status, fault: this.#stopped, finishedAt: at });
        this.#journal.keepFigures({ no: this.#no, undoneAt: null, fault: this.#stopped }, figures);
        this.#journal.flush();
        this.#tracker.recall(figures);
        const again = failed + notReached > 0 && !this.#input.request.dryRun;
        const { output, request } = this.#input;
        const undo = touchesOf({ output, dryRun: request.dryRun, undoneAt: null }, figures);
        const retry = again ? { failed, missed: notReached } : null;
        this.#end = { status, at, retry, undo, underOldKey: request.dryRun ? null : underOldKey(figures) };
        this.#hooks.step?.('ended');
      }
    } catch (error) {
      // The journal cannot be written: the run is found unfinished at the next start, with the state of each file.
      this.#stopped ??= faultOf(error);
      this.#end = { status: 'failed', at, retry: null, undo: null, underOldKey: null };
    }
    this.#progress.end(suspended);
  }
}
