import { setTimeout as wait } from 'node:timers/promises';
import { explainOwn } from '#shared/kms/errors.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import type { PutBackFs } from '../intake/index.ts';
import { Capacity } from './capacity.ts';
import { Destination } from './destination.ts';
import { faultOf } from './faults.ts';
import { rotateFile } from './file-step.ts';
import { isFinal, Ledger } from './ledger.ts';
import { Progress } from './progress.ts';
import { Rate } from './rate.ts';
import type { RetryOptions } from './retry.ts';
import type { RunContext } from './run-context.ts';
import { Slots } from './slots.ts';
import type { PlanFile, Run, RunInput } from './types.ts';

/** Requests to KMS at a time, when the input does not say. */
const DEFAULT_CONCURRENCY = 16;

/** For tests: a disk that fails, waits that take no time. */
export interface RunHooks {
  readonly fs?: PutBackFs;
  readonly sleep?: RetryOptions['sleep'];
  readonly random?: () => number;
}

/**
 * Starts a run and returns at once. Nothing of it rejects or throws: what goes wrong is the fault of an item, or of
 * the summary when it stopped the whole run. `onProgress` is called at most ten times a second, and once at the end.
 */
export function startRun(
  input: RunInput,
  onProgress: (summary: RunSummary) => void,
  hooks: RunHooks = {},
): Run {
  return new LiveRun(input, onProgress, hooks);
}

class LiveRun implements Run {
  readonly id: string;
  readonly done: Promise<void>;
  readonly #input: RunInput;
  readonly #ledger: Ledger;
  readonly #progress: Progress;
  readonly #rate = new Rate(Date.now);
  readonly #startedAt = new Date().toISOString();
  readonly #halt = new AbortController();
  readonly #kept: { relative: string; bytes: Uint8Array }[] = [];
  readonly #results = new Map<string, { path: string | null; text: string | null }>();
  #status: RunSummary['status'] = 'running';
  #finishedAt: string | null = null;
  #stopped: Fault | null = null;

  constructor(input: RunInput, onProgress: (summary: RunSummary) => void, hooks: RunHooks) {
    this.id = input.id;
    this.#input = input;
    this.#progress = new Progress(() => onProgress(this.summary()));
    this.#ledger = new Ledger(input.files, (finished) => {
      if (finished > 0) this.#rate.add(finished);
      this.#progress.touch();
    });
    this.done = this.#run(hooks);
  }

  summary(): RunSummary {
    const counts = this.#ledger.counts();
    const rate = this.#finishedAt === null ? this.#rate.perSecond() : 0;
    const left = counts.waiting + counts.running;
    return {
      id: this.id,
      route: this.#input.request.route,
      dryRun: this.#input.request.dryRun,
      status: this.#status,
      startedAt: this.#startedAt,
      finishedAt: this.#finishedAt,
      counts,
      rate,
      secondsLeft: left === 0 ? 0 : rate === 0 ? null : left / rate,
      destinationKeyId: this.#input.request.destination.keyId,
      connection: this.#input.connection,
      downloads: this.#kept.length,
      fault: this.#stopped,
    };
  }

  items(): readonly RunItem[] {
    return this.#ledger.items();
  }

  kept(): readonly { readonly relative: string; readonly bytes: Uint8Array }[] {
    return this.#kept;
  }

  resultText(blobId: string): string | null {
    return this.#results.get(blobId)?.text ?? null;
  }

  outputPath(blobId: string): string | null {
    return this.#results.get(blobId)?.path ?? null;
  }

  cancel(): void {
    if (this.#status !== 'running') return;
    this.#status = 'cancelling';
    this.#halt.abort();
    this.#progress.touch();
  }

  async #run(hooks: RunHooks): Promise<void> {
    // The caller has its Run before the first report.
    await Promise.resolve();
    try {
      const { source } = this.#input.request;
      if (source.context.mode === 'same' || source.context.mode === 'changed')
        this.#stop(explainOwn('ContextChoiceInvalid'));
      if (source.keyId === null && !takesEncryptionContext(source.algorithm))
        this.#stop(explainOwn('SourceKeyNeeded'));
      await this.#allFiles(this.#context(hooks));
    } catch (error) {
      this.#stop(faultOf(error));
    }
    this.#end();
  }

  #context(hooks: RunHooks): RunContext {
    const { kms, request, concurrency } = this.#input;
    const { keyId, algorithm } = request.destination;
    return {
      input: this.#input,
      ledger: this.#ledger,
      slots: new Slots(concurrency ?? DEFAULT_CONCURRENCY),
      retry: {
        halted: this.#halt.signal,
        sleep: hooks.sleep ?? ((ms, signal) => wait(ms, undefined, { signal })),
        random: hooks.random ?? Math.random,
      },
      capacity: new Capacity(kms, keyId, algorithm),
      destination: new Destination(kms, keyId),
      fs: hooks.fs ?? null,
      halted: () => this.#haltedFault(),
      stop: (fault) => this.#stop(fault),
      keep: (relative, bytes) => this.#kept.push({ relative, bytes }),
      result: (blobId, at) => this.#results.set(blobId, at),
    };
  }

  /** Twice as many files as requests are open, so that disk and network work at the same time. */
  async #allFiles(context: RunContext): Promise<void> {
    const queue = this.#input.files.values();
    const worker = async (): Promise<void> => {
      for (const file of queue as Iterable<PlanFile>) await rotateFile(context, file);
    };
    const open = 2 * Math.max(1, this.#input.concurrency ?? DEFAULT_CONCURRENCY);
    await Promise.all(Array.from({ length: Math.min(open, this.#input.files.length) }, worker));
  }

  #stop(fault: Fault): void {
    this.#stopped ??= fault;
    this.#halt.abort();
  }

  /** What blobs that were not reached are told. */
  #haltedFault(): Fault | null {
    if (this.#stopped !== null)
      return explainOwn('RunStopped', { detail: this.#stopped.message, remedy: this.#stopped.remedy });
    return this.#halt.signal.aborted ? explainOwn('Cancelled') : null;
  }

  #end(): void {
    const missed = this.#haltedFault() ?? explainOwn('Internal');
    for (const item of this.#ledger.items())
      if (!isFinal(item.state)) this.#ledger.set(item.blobId, { state: 'skipped', fault: missed });
    const cancelled = this.#ledger.items().some((item) => item.fault?.code === 'Cancelled');
    this.#finishedAt = new Date().toISOString();
    this.#status = this.#stopped !== null ? 'failed' : cancelled ? 'cancelled' : 'finished';
    this.#progress.end();
  }
}
