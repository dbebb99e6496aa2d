import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { type RunSummary, UNDER_WAY_LIMIT_MS } from '#shared/model/run.ts';
import { BRANCH_COPIES } from '../git-branch/index.ts';
import { type Disk, diskHere } from '../intake/index.ts';
import type { Kms } from '../kms/index.ts';
import {
  type FileStanding,
  fileStandings,
  type Job,
  type JobFile,
  type JobState,
  jobState,
  refuseBusy,
} from './job.ts';
import { Journal } from './journal/journal.ts';
import { type Claim, RunLocks, type RunUse } from './journal/locks.ts';
import type { RunRow } from './journal/rows.ts';
import type { RunRecord } from './journal/run-record.ts';
import type { ResolvedOutput } from './output-mode.ts';
import { RecordedItems } from './recorded-items.ts';
import type { RunHooks, RunParts } from './run/live-run.ts';
import { abandonRun, filesToRetry } from './run/recover.ts';
import { resumeRun, startRun } from './run/start.ts';
import { type UndoResult, undoRun } from './run/undo.ts';
import { RunSummaries } from './run-summaries.ts';
import { AdaptiveLimiter, DEFAULT_CONCURRENCY } from './scheduler/adaptive-limiter.ts';
import { RequestScheduler, type Send } from './scheduler/request-scheduler.ts';
import type { PlanFile, PlanFiles, Run, RunApproval, RunInput } from './types.ts';
import type { RunWorkers } from './workers/worker-pool.ts';

/** What a new run needs to try again what another left: what was asked for, and the files of the blobs that are left. */
interface RetryPlan {
  readonly row: RunRow;
  readonly files: readonly PlanFile[];
}

/** Every run of this data folder: those under way here, and the journal's record of all. */
export class RunManager {
  readonly #journal: Journal;
  readonly #live = new Map<string, Run>();
  readonly #summaries: RunSummaries;
  readonly recorded: RecordedItems;
  readonly #undoing = new Map<string, Promise<UndoResult>>();
  readonly #limiters = new Map<string, AdaptiveLimiter>();
  readonly #locks = new RunLocks();
  readonly #stopping = new AbortController();
  #closed = false;
  /** Settles when the last run that was asked for has begun, or was refused. */
  #beginning: Promise<unknown> = Promise.resolve();
  readonly #onProgress: (summary: RunSummary) => void;
  readonly #hooks: RunHooks;
  readonly #disk: Disk;
  readonly #workers: RunWorkers | undefined;

  /**
   * `disk`: where files are put back, in this thread if not given. `workers`: how processes that do files of a run are
   * started; absent: none is. Throws when the journal cannot be opened.
   */
  constructor(
    dataDir: string,
    onProgress: (summary: RunSummary) => void,
    {
      disk = diskHere(),
      workers,
      ...hooks
    }: RunHooks & { readonly disk?: Disk; readonly workers?: RunWorkers | undefined } = {},
  ) {
    this.#journal = new Journal(dataDir);
    this.#summaries = new RunSummaries(this.#journal, this.#live, join(dataDir, BRANCH_COPIES));
    this.recorded = new RecordedItems(this.#journal, this.#live, (runId) => this.#row(runId));
    this.#onProgress = onProgress;
    this.#hooks = hooks;
    this.#disk = disk;
    this.#workers = workers;
  }

  /** Throws FaultError `FilesInUse` or `JournalFailed`. */
  start(input: RunInput): Promise<Run> {
    return this.#begin(() => startRun(input, this.#parts(input.target)));
  }

  /**
   * Takes a run for one use, until {@link release}: nothing else is done with it meanwhile, in this process or another.
   * Throws FaultError `RunGone`, `RunBusy` or `RunElsewhere`, which name what is done with it.
   */
  claim(runId: string, use: RunUse): Claim {
    const row = this.#row(runId);
    const claim = this.#locks.take(runId, use, this.live(runId));
    try {
      this.#journal.refuseElsewhere(row);
    } catch (error) {
      this.#locks.release(claim);
      throw error;
    }
    return claim;
  }

  release(claim: Claim): void {
    this.#locks.release(claim);
  }

  /**
   * Resumes a run that was cut off; `failedToo`: with what failed, too; `processes`: by so many, and not by as many as it was
   * begun with. Throws as `resumeRun`, `RunBusy` and `OtherConnection`.
   */
  async resume(
    runId: string,
    input: Pick<
      RunInput,
      'kms' | 'failurePolicy' | 'namedMaterials' | 'known' | 'holdsAfterFirst' | 'shared' | 'target'
    >,
    {
      failedToo = false,
      claim,
      processes,
    }: {
      readonly failedToo?: boolean;
      readonly claim?: Claim;
      readonly processes?: number | undefined;
    } = {},
  ): Promise<Run> {
    return this.#claimed(runId, 'resumed', claim, () =>
      this.#begin(() => {
        const row = this.#row(runId);
        if (row.target !== input.target) this.refuseConnection(runId);
        return resumeRun(row.no, input, this.#parts(input.target), failedToo, processes);
      }),
    );
  }

  /**
   * Sends questions that belong to no run: over the connection of each moment, at the rate that runs against the same
   * target have found. A failure that passes is tried again; one that only a person can fix is not waited for.
   */
  sender(target: string, kms: () => Kms): Send {
    const { sleep = pause, random = Math.random } = this.#hooks;
    return new RequestScheduler({
      kms,
      limiter: this.#parts(target).limiter,
      perSecond: () => null,
      failurePolicy: 'end',
      retry: { halted: new AbortController().signal, sleep, random },
      changed: () => {},
    }).send;
  }

  /** How the files of a job stand after its runs: {@link fileStandings}. */
  fileStandings(
    job: Job,
    files: readonly JobFile[],
    output: ResolvedOutput,
  ): Promise<(FileStanding | null)[]> {
    return fileStandings(this.#journal, job, files, output);
  }

  /** The files of a job as they are now: {@link jobState}. */
  async jobFiles(
    job: Job,
    files: readonly PlanFile[] | PlanFiles,
    output: ResolvedOutput,
  ): Promise<PlanFiles> {
    return (await jobState(this.#journal, job, files, output)).files;
  }

  /**
   * What of a job is left, and how to go on with it. Throws FaultError `RunElsewhere`, `FilesInUse` or `UndoUnfinished`
   * where a run of it is under way or being undone.
   */
  async job(job: Job, files: readonly PlanFile[] | PlanFiles, output: ResolvedOutput): Promise<JobState> {
    const state = await jobState(this.#journal, job, files, output);
    refuseBusy(this.#journal, state.open);
    for (const { id } of state.open)
      if (this.#live.get(id)?.summary().finishedAt === null)
        throw new FaultError(explainOwn('FilesInUse', { message: `Run ${id} does this already, here.` }));
    return state;
  }

  /** A run under way in this process; null for any other. */
  live(runId: string): Run | null {
    return this.#live.get(runId) ?? null;
  }

  /** Runs under way here. */
  underWay(): Run[] {
    return [...this.#live.values()].filter((run) => run.summary().finishedAt === null);
  }

  /** A connection to `target` is there (again): runs that waited for it go on. */
  renew(target: string, kms: Kms): void {
    for (const run of this.underWay()) if (this.#row(run.id).target === target) run.renew(kms);
  }

  /** Throws FaultError `RunGone`. */
  summary(runId: string): Promise<RunSummary> {
    return this.#summaries.get(runId);
  }

  /** Id of the one run that begins with a prefix. Throws FaultError `RunGone`, or `RunAmbiguous`, which names them. */
  named(prefix: string): string {
    return this.#journal.idOf(prefix);
  }

  /** Newest first. */
  list(): Promise<RunSummary[]> {
    return this.#summaries.list();
  }

  /** See {@link RunSummaries.interrupted}. */
  interrupted(): Promise<RunSummary[]> {
    return this.#summaries.interrupted();
  }

  /**
   * What a new run needs to try again what failed or was not reached. Throws FaultError
   * `RunGone`, `RunNotOpen` (it is still under way) or `NothingToRetry`.
   */
  async again(runId: string): Promise<RetryPlan> {
    const row = this.#row(runId);
    if (row.state !== 'ended') throw new FaultError(explainOwn('RunNotOpen'));
    return { row, files: await filesToRetry(this.#journal, row) };
  }

  /** Restores a run. Throws FaultErrors of `undoRun`, and `RunBusy`. */
  undo(runId: string): Promise<UndoResult> {
    return this.#claimed(runId, 'undone', undefined, () => this.#undo(runId));
  }

  async #undo(runId: string): Promise<UndoResult> {
    const { no } = this.#row(runId);
    // From here on it is what the journal says; one that still has files to hand out cannot be undone.
    if (this.#live.get(runId)?.kept().length === 0) this.#live.delete(runId);
    this.#summaries.undoing(runId, null);
    const progress = (summary: RunSummary): void => {
      this.#summaries.undoing(runId, summary);
      this.#onProgress(summary);
    };
    const { fs, step } = this.#hooks;
    const disk = fs === undefined ? this.#disk : diskHere(fs);
    const work = undoRun(this.#journal, no, progress, disk, fs, step, this.#stopping.signal);
    this.#undoing.set(runId, work);
    try {
      return await work;
    } finally {
      this.#undoing.delete(runId);
      this.#summaries.undone(runId);
      this.#onProgress(await this.summary(runId));
    }
  }

  /** Stops a run under way, leaving it to be gone on with; as it then is. Throws FaultError `RunGone`. */
  async suspend(runId: string): Promise<RunSummary> {
    const run = this.#live.get(runId);
    if (run !== undefined && run.summary().finishedAt === null) {
      run.suspend();
      const late = setTimeout(() => run.cut(), UNDER_WAY_LIMIT_MS);
      await run.done;
      clearTimeout(late);
      // From here on it is what the journal says.
      if (run.summary().finishedAt === null) this.#live.delete(runId);
    }
    return this.summary(runId);
  }

  /**
   * Closes a run that was cut off, as it stands: what is new stays, what is old stays. Throws FaultError `RunGone`,
   * `RunNotOpen`, `RunBusy`, `RunElsewhere` or `JournalFailed`.
   */
  abandon(runId: string): Promise<void> {
    return this.#claimed(runId, 'closed', undefined, () => this.#abandon(runId));
  }

  async #abandon(runId: string): Promise<void> {
    await abandonRun(this.#journal, this.#row(runId).no, this.#hooks.fs);
    this.#summaries.forget(runId);
    this.#onProgress(await this.summary(runId));
  }

  /** What the run ran against, for machines. Throws FaultError `RunGone`. */
  target(runId: string): string {
    return this.#row(runId).target;
  }

  /** Throws FaultError `OtherConnection`. */
  refuseConnection(runId: string): never {
    const { connection } = this.#row(runId);
    throw new FaultError(
      explainOwn('OtherConnection', { detail: `The run was started against ${connection}.` }),
    );
  }

  /** What a run was asked for. Throws FaultError `RunGone`. */
  asked(runId: string): Pick<RunRow, 'request' | 'output' | 'approval'> {
    return this.#row(runId);
  }

  /** Throws FaultError `RunGone`, `JournalFailed`. */
  setApproval(runId: string, approval: RunApproval): void {
    const record = this.#record(runId);
    record.setApproval(approval);
    record.flush();
  }

  /** Gives a run that was cut off grant tokens anew, before it is resumed. Throws FaultError `RunGone`, `JournalFailed`. */
  setGrantTokens(runId: string, tokens: readonly string[]): void {
    const record = this.#record(runId);
    record.setGrantTokens(tokens);
    record.flush();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Stops what runs, leaving it to be gone on with, and waits: files are then wholly old or wholly new. Nothing is sent any
   * more; requests under way get {@link UNDER_WAY_LIMIT_MS}, and then they are cut. What the journal has can still be read
   * until {@link close}.
   */
  async stop(): Promise<void> {
    await this.#beginning;
    this.#stopping.abort();
    for (const run of this.#live.values()) run.suspend();
    const late = setTimeout(() => {
      for (const run of this.#live.values()) run.cut();
    }, UNDER_WAY_LIMIT_MS);
    await Promise.all([...this.#live.values()].map((run) => run.done));
    clearTimeout(late);
    await Promise.allSettled(this.#undoing.values());
  }

  /** Stops, and closes the journal. */
  async close(): Promise<void> {
    await this.stop();
    this.#closed = true;
    this.#journal.close();
    this.#disk.close();
  }

  #parts(target: string): RunParts & { limiter: AdaptiveLimiter } {
    let limiter = this.#limiters.get(target);
    if (limiter === undefined) {
      const { sleep } = this.#hooks;
      limiter = new AdaptiveLimiter(DEFAULT_CONCURRENCY, sleep === undefined ? {} : { sleep });
      this.#limiters.set(target, limiter);
    }
    return {
      journal: this.#journal,
      limiter,
      onProgress: this.#onProgress,
      hooks: this.#hooks,
      disk: this.#disk,
      ...(this.#workers === undefined ? {} : { workers: this.#workers }),
    };
  }

  async #claimed<T>(
    runId: string,
    use: RunUse,
    given: Claim | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (given !== undefined && this.#locks.holds(given)) return work();
    const claim = this.claim(runId, use);
    try {
      return await work();
    } finally {
      this.#locks.release(claim);
    }
  }

  /** One after the other, so that of two runs that want the same files one gets them all. */
  #begin(start: () => Promise<Run>): Promise<Run> {
    const run = this.#beginning.then(start).then((one) => this.#keep(one));
    this.#beginning = run.catch(() => undefined);
    return run;
  }

  /** Ended runs are held while they have new files to hand out, and forgotten when fifty newer ones are there. */
  #keep(run: Run): Run {
    this.#live.set(run.id, run);
    for (const [id, old] of [...this.#live].slice(0, -50))
      if (old.summary().finishedAt !== null) this.#live.delete(id);
    return run;
  }

  #record(runId: string): RunRecord {
    return this.#journal.record(this.#row(runId).no);
  }

  #row(runId: string): RunRow {
    const row = this.#journal.runOf(runId);
    if (row === null) throw new FaultError(explainOwn('RunGone'));
    return row;
  }
}

const pause = (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal });
