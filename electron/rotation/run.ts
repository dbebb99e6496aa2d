import { setTimeout as wait } from 'node:timers/promises';
import { explainOwn } from '#shared/kms/errors.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { type Disk, diskHere, type NewBlob, type PutBackFs } from '../intake/index.ts';
import type { Kms } from '../kms/index.ts';
import { Attributes } from './attributes.ts';
import type { PriorBlob } from './blob-step.ts';
import { Capacity } from './capacity.ts';
import { Destination } from './destination.ts';
import { faultOf } from './faults.ts';
import { rotateFile } from './file-step.ts';
import { Governor } from './governor.ts';
import { itemOf } from './journal/items.ts';
import type { Journal } from './journal/journal.ts';
import { Ledger } from './ledger.ts';
import { Line } from './line.ts';
import { numbered, prepareNew } from './prepare.ts';
import { priorOf, saidOf } from './prior.ts';
import { Progress } from './progress.ts';
import { Rate } from './rate.ts';
import { recover } from './recover.ts';
import { Replies } from './replies.ts';
import type { RetryOptions } from './retry.ts';
import type { RunContext } from './run-context.ts';
import { Slots } from './slots.ts';
import { outputName, touchesOf } from './summary.ts';
import { openRow, targetsOf } from './targets.ts';
import type { ItemsQuery, Run, RunFile, RunInput } from './types.ts';

/** Requests to KMS at a time, when the request does not say. */
export const DEFAULT_CONCURRENCY = 16;
/** Files that are open at a time, at least. */
const OPEN_FILES = 8;

/** For tests: a disk that fails, waits that take no time, a step at which the process dies. */
export interface RunHooks {
  readonly fs?: PutBackFs;
  readonly sleep?: RetryOptions['sleep'];
  readonly random?: () => number;
  readonly step?: (name: string) => void;
}

export interface RunParts {
  readonly journal: Journal;
  readonly governor?: Governor;
  readonly onProgress: (summary: RunSummary) => void;
  readonly hooks?: RunHooks;
  /** Where files are put back; a test's file system comes before it. */
  readonly disk: Disk;
}

/**
 * Starts a run and returns at once. Nothing of it rejects later: what goes wrong is the fault of an item, or of the
 * summary when it stopped the whole run. `onProgress` is called at most ten times a second, and once at the end.
 * Throws FaultError `FilesInUse` or `JournalFailed`, and nothing has begun.
 */
export function startRun(input: RunInput, parts: RunParts): Run {
  const { journal } = parts;
  const { files: planned, ...terms } = input;
  const { request, output, connection, target } = terms;
  const files = numbered(planned);
  const no = journal.begin(
    {
      dryRun: request.dryRun,
      request,
      output,
      connection,
      target,
      total: files.reduce((sum, file) => sum + file.blobs.length, 0),
      bytes: files.reduce((sum, file) => sum + file.blobs.reduce((s, blob) => s + blob.bytes, 0), 0),
    },
    targetsOf(planned, output, request.dryRun),
  );
  return new LiveRun(no, new Date().toISOString(), terms, parts, async (ledger, step) => {
    ledger.begin(files);
    await prepareNew(journal, no, files);
    step('prepared');
    return files;
  });
}

/**
 * Goes on with a run that was cut off: first says of each file whether it is old or new, from its hash.
 * Throws FaultError `RunGone`, `RunNotOpen`, `RunElsewhere`, `FilesInUse` or `JournalFailed`.
 */
export function resumeRun(
  no: number,
  input: Pick<RunInput, 'kms' | 'patience' | 'alreadyThere'>,
  parts: RunParts,
): Run {
  const { journal } = parts;
  const row = openRow(journal, no);
  const { request, output, connection, target, startedAt } = row;
  journal.takeOver(no, 'open', targetsOf(journal.files(no), output, row.dryRun));
  return new LiveRun(
    no,
    startedAt,
    { ...input, request, output, connection, target },
    parts,
    async (ledger, step) => {
      const files = await recover(journal, no, output, parts.hooks?.fs);
      step('recovered');
      ledger.recall();
      return files;
    },
  );
}

class LiveRun implements Run {
  readonly id: string;
  readonly done: Promise<void>;
  readonly #no: number;
  readonly #input: Omit<RunInput, 'files'>;
  readonly #journal: Journal;
  readonly #ledger: Ledger;
  readonly #line: Line;
  readonly #hooks: RunHooks;
  readonly #disk: Disk;
  readonly #progress: Progress;
  readonly #governor: Governor;
  readonly #rate = new Rate(Date.now);
  readonly #startedAt: string;
  readonly #halt = new AbortController();
  readonly #kept: { relative: string; bytes: Uint8Array }[] = [];
  /** Files that are not complete: what is kept of their blobs is worth keeping. */
  readonly #incomplete = new Map<number, RunFile>();
  #kms: Kms;
  #status: 'running' | 'cancelling' | 'suspending' | 'over' = 'running';
  #end: (Pick<RunSummary, 'status' | 'retry' | 'undo'> & { readonly at: string }) | null = null;
  #stopped: Fault | null = null;

  constructor(
    no: number,
    startedAt: string,
    input: Omit<RunInput, 'files'>,
    parts: RunParts,
    prepare: (ledger: Ledger, step: (name: string) => void) => Promise<RunFile[]>,
  ) {
    const { journal, hooks = {}, onProgress } = parts;
    const { pace } = input.request;
    const concurrency = pace?.concurrency ?? DEFAULT_CONCURRENCY;
    this.id = idOf(no);
    this.#no = no;
    this.#startedAt = startedAt;
    this.#input = input;
    this.#kms = input.kms;
    this.#journal = journal;
    this.#hooks = hooks;
    this.#disk = parts.disk;
    this.#progress = new Progress(() => onProgress(this.summary()));
    this.#ledger = new Ledger(journal, no, (finished) => {
      if (finished > 0) this.#rate.add(finished);
      this.#progress.touch();
    });
    const governor =
      parts.governor ?? new Governor(concurrency, hooks.sleep === undefined ? {} : { sleep: hooks.sleep });
    governor.allow(concurrency);
    this.#governor = governor;
    this.#line = new Line({
      governor,
      perSecond: pace?.perSecond ?? null,
      patience: input.request.dryRun ? 'end' : (input.patience ?? 'end'),
      retry: {
        halted: this.#halt.signal,
        sleep: hooks.sleep ?? ((ms, signal) => wait(ms, undefined, { signal })),
        random: hooks.random ?? Math.random,
      },
      changed: () => this.#progress.touch(),
    });
    this.done = this.#run(prepare);
  }

  summary(): RunSummary {
    const said = this.#ledger.summary();
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
      rate,
      slowedTo: status === 'running' ? this.#governor.rate : null,
      secondsLeft: left === 0 ? 0 : rate === 0 || status !== 'running' ? null : left / rate,
      destinationKeyId: request.destination.keyId,
      connection,
      downloads: this.#kept.length,
      fault: this.#stopped ?? this.#line.fault,
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

  pause(): void {
    if (this.#status === 'running') this.#line.pause();
  }

  goOn(): void {
    if (this.#status === 'running') this.#line.goOn();
  }

  renew(kms: Kms): void {
    this.#kms = kms;
    if (this.#status === 'running') this.#line.renewed();
  }

  cancel(): void {
    this.#finishEarly('cancelling');
  }

  suspend(): void {
    this.#finishEarly('suspending');
  }

  #finishEarly(how: 'cancelling' | 'suspending'): void {
    if (this.#status !== 'running') return;
    this.#status = how;
    this.#halt.abort();
    this.#line.stop();
    this.#progress.touch();
  }

  #statusNow(): RunSummary['status'] {
    if (this.#status === 'cancelling' || this.#status === 'suspending') return 'cancelling';
    const { hold } = this.#line;
    if (hold === 'network') return 'waiting';
    if (hold === null) return 'running';
    return this.#line.underWay > 0 ? 'pausing' : 'paused';
  }

  async #run(prepare: (ledger: Ledger, step: (name: string) => void) => Promise<RunFile[]>): Promise<void> {
    // The caller has its Run before the first report.
    await Promise.resolve();
    let begun = false;
    try {
      const files = await prepare(this.#ledger, (name) => this.#hooks.step?.(name));
      begun = true;
      const { source } = this.#input.request;
      if (source.context.mode === 'same' || source.context.mode === 'changed')
        this.#stop(explainOwn('ContextChoiceInvalid'));
      if (source.keyId === null && !takesEncryptionContext(source.algorithm))
        this.#stop(explainOwn('SourceKeyNeeded'));
      await this.#allFiles(files);
    } catch (error) {
      this.#stop(faultOf(error));
    }
    this.#ended(begun);
  }

  #context(files: readonly RunFile[]): RunContext {
    const { request } = this.#input;
    const { keyId, algorithm } = request.destination;
    return {
      no: this.#no,
      input: this.#input,
      ledger: this.#ledger,
      journal: this.#journal,
      line: this.#line,
      slots: new Slots(this.#input.request.pace?.concurrency ?? DEFAULT_CONCURRENCY),
      replies: this.#replies,
      capacity: new Capacity(this.#kms, keyId, algorithm),
      destination: new Destination(this.#kms, keyId),
      attributes: new Attributes(files),
      disk: this.#hooks.fs === undefined ? this.#disk : diskHere(this.#hooks.fs),
      fs: this.#hooks.fs ?? null,
      kms: () => this.#kms,
      halted: () => this.#haltedFault(),
      stop: (fault) => this.#stop(fault),
      journalFailed: (fault) => {
        if (this.#input.patience === 'wait') this.#line.holdFor(fault);
        else this.#stop(fault);
      },
      keepBlob: (item, next, verified) => this.#keepBlob(item, next, verified),
      keep: (relative, bytes) => this.#kept.push({ relative, bytes }),
      step: (name) => this.#hooks.step?.(name),
    };
  }

  /** New blobs of a file with one are not worth keeping: the file is replaced in the same breath. */
  #keepBlob(item: number, next: NewBlob, verified: boolean): void {
    this.#hooks.step?.(verified ? 'verified' : 'reencrypted');
    const file = this.#fileOf.get(item);
    if (file === undefined || this.#input.output.mode === 'keep') return;
    this.#ledger.save(item);
    this.#journal.setPending(this.#no, file, item, next.bytes, saidOf(next, verified), () =>
      this.#incomplete.has(file),
    );
  }

  readonly #replies = new Replies();
  readonly #fileOf = new Map<number, number>();

  /** Twice as many files as requests are open, so that disk and network work at the same time. */
  async #allFiles(files: readonly RunFile[]): Promise<void> {
    const context = this.#context(files);
    const queue = files.values();
    const again: RunFile[] = [];
    const worker = async (): Promise<void> => {
      for (;;) {
        const file = again.pop() ?? queue.next().value;
        if (file === undefined || context.halted() !== null) return;
        this.#opened(file);
        const prior = await this.#prior(file);
        const how = await rotateFile(context, file, prior);
        this.#closed(file);
        if (how === 'done') continue;
        again.push(file);
        await this.#line.opened();
      }
    };
    const open = Math.max(OPEN_FILES, 2 * (this.#input.request.pace?.concurrency ?? DEFAULT_CONCURRENCY));
    await Promise.all(Array.from({ length: Math.min(open, files.length) }, worker));
  }

  #opened(file: RunFile): void {
    this.#incomplete.set(file.index, file);
    if (file.blobs.length > 1 && !this.#input.request.dryRun)
      for (const { item } of file.blobs) this.#fileOf.set(item, file.index);
  }

  #closed(file: RunFile): void {
    this.#incomplete.delete(file.index);
    for (const { item } of file.blobs) this.#fileOf.delete(item);
  }

  async #prior(file: RunFile): Promise<ReadonlyMap<number, PriorBlob>> {
    if (file.blobs.length < 2 || this.#input.request.dryRun) return NONE;
    return priorOf(this.#journal.pending(this.#no, file.index));
  }

  #stop(fault: Fault): void {
    this.#stopped ??= fault;
    this.#halt.abort();
    this.#line.stop();
  }

  /** What blobs that were not reached are told. */
  #haltedFault(): Fault | null {
    if (this.#stopped !== null)
      return explainOwn('RunStopped', { detail: this.#stopped.message, remedy: this.#stopped.remedy });
    return this.#halt.signal.aborted ? explainOwn('Cancelled') : null;
  }

  #ended(begun: boolean): void {
    const suspended = this.#status === 'suspending' && this.#stopped === null;
    this.#status = 'over';
    const at = new Date().toISOString();
    try {
      if (suspended) {
        this.#journal.flush();
      } else {
        const missed = this.#haltedFault() ?? explainOwn('Internal');
        if (begun) this.#journal.skipRest(this.#no, missed);
        this.#journal.flush();
        const { missed: notReached, failed } = this.#journal.retryable(this.#no);
        const status = this.#stopped !== null ? 'failed' : notReached > 0 ? 'cancelled' : 'finished';
        this.#journal.setRun(this.#no, 'ended', { status, fault: this.#stopped, finishedAt: at });
        this.#journal.flush();
        this.#ledger.recall();
        const again = failed + notReached > 0 && !this.#input.request.dryRun;
        const undo = touchesOf(this.#journal, this.#no);
        this.#end = { status, at, retry: again ? { failed, missed: notReached } : null, undo };
        this.#hooks.step?.('ended');
      }
    } catch (error) {
      // The journal cannot be written: the run is found unfinished at the next start, with the state of each file.
      this.#stopped ??= faultOf(error);
      this.#end = { status: 'failed', at, retry: null, undo: null };
    }
    this.#progress.end(suspended);
  }
}

const NONE: ReadonlyMap<number, PriorBlob> = new Map();

/** Names of runs: "r12" is number 12 of the journal. */
export const idOf = (no: number): string => `r${no}`;
export const noOf = (id: string): number => (/^r\d{1,15}$/.test(id) ? Number(id.slice(1)) : -1);
