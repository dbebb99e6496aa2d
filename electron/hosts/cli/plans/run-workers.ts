import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunSummary } from '#shared/model/run.ts';
import { dataDir } from '../../../bridge/engine/index.ts';
import { mergeRuns, openPlan, planHash, readShards, shardPlan } from '../../../services/plans/index.ts';
import { BAD_INPUT, type EndingSignal, KEPT_FOR_LATER, runExitCode } from '../exit-code.ts';
import { connectionArgv } from '../options.ts';
import { ProgressLine, progressLine, progressLines } from '../output/progress.ts';
import { safe } from '../output/text.ts';
import { waitLimit } from '../process.ts';
import { stoppedBySignals } from '../signals.ts';
import type { RunShardFlags } from './run-shard.ts';
import { printMerged } from './runs-merge.ts';

interface RunWorkersFlags extends RunShardFlags {
  workers: number;
}

/** What a run makes is short-lived: more room for it takes seventy MiB in each process, and saves nothing. */
const YOUNG = '--max-semi-space-size=4';
/** How often one worker may die of a signal that was not sent from here, before its shard is left for the next command. */
const RESTARTS = 3;

/**
 * `rewrap run PLAN --workers N`: the plan in shards, each done by a process of this machine. The same command again goes
 * on with the same shards, however many workers it names.
 */
export async function runWorkers(path: string, flags: RunWorkersFlags): Promise<number> {
  const source = await openPlan(path);
  const folder = join(dataDir(), 'workers', (await planHash(source)).slice(0, 32));
  // A folder without what is written last was cut off, and nothing of it was run.
  if (!existsSync(join(folder, 'shards.json'))) {
    rmSync(folder, { recursive: true, force: true });
    await shardPlan(source, flags.workers, null, folder);
  }
  const { count, blobs } = readShards(folder);
  const lines = flags.progress === 'jsonl' ? progressLines(process.stderr) : null;
  const line = lines ?? progressLine(process.stderr);
  const pool = new WorkerPool(folder, count, blobs, flags, line.show);
  await stoppedBySignals((signal) => pool.stop(signal), pool.done);
  line.clear();
  const merged = await mergeRuns(folder, join(folder, 'state'));
  try {
    const unwell = printMerged(merged, flags.json === true);
    const refused = pool.codes.includes(BAD_INPUT) && unwell.left > 0;
    const code = refused
      ? BAD_INPUT
      : runExitCode({ ...unwell, signal: pool.stopped, fault: merged.run.fault, unreadable: false });
    if (code === KEPT_FOR_LATER)
      console.error('rewrap: the run keeps its place: the same command continues it');
    lines?.end(code);
    return code;
  } finally {
    merged.close();
  }
}

/** The words of the command that does one shard as the command for all was asked to. `waitMs`: its `--timeout`. */
export function workerWords(
  folder: string,
  index: number,
  flags: Omit<RunWorkersFlags, 'workers'>,
  waitMs: number | undefined,
): string[] {
  const { root, evenIfThere, grantToken = [] } = flags;
  return [
    ...['run', folder, '--index', String(index), '--progress', 'jsonl'],
    ...(root === undefined ? [] : ['--root', resolve(root)]),
    ...(evenIfThere ? ['--even-if-there'] : []),
    // With "=", a value may begin with a dash.
    ...grantToken.map((token) => `--grant-token=${token}`),
    ...(waitMs === undefined ? [] : [`--timeout=${waitMs / 1000}`]),
    ...connectionArgv(flags),
  ];
}

/** Processes that do the shards of one plan, so many at a time. */
class WorkerPool {
  readonly done: Promise<void>;
  readonly codes: (number | null)[] = [];
  stopped: EndingSignal | null = null;
  readonly #folder: string;
  readonly #flags: RunWorkersFlags;
  readonly #show: (run: RunSummary) => void;
  readonly #left: number[];
  readonly #running = new Set<ChildProcess>();
  readonly #latest = new Map<number, Extract<ProgressLine, { type: 'progress' }>>();
  readonly #blobs: number;

  constructor(
    folder: string,
    count: number,
    blobs: number,
    flags: RunWorkersFlags,
    show: (run: RunSummary) => void,
  ) {
    this.#folder = folder;
    this.#flags = flags;
    this.#show = show;
    this.#blobs = blobs;
    this.#left = Array.from({ length: count }, (_, index) => index);
    const workers = Array.from({ length: Math.min(flags.workers, count) }, () => this.#work());
    this.done = Promise.all(workers).then(() => undefined);
  }

  /** Every worker stops, and none is started any more; {@link done} resolves when all have. */
  stop(signal: EndingSignal): void {
    this.stopped ??= signal;
    for (const child of this.#running) child.kill(signal);
  }

  async #work(): Promise<void> {
    for (let index = this.#left.shift(); index !== undefined; index = this.#left.shift()) {
      if (this.stopped !== null) return;
      let ended = await this.#run(index);
      for (let again = 0; ended === null && this.stopped === null && again < RESTARTS; again++) {
        console.error(`rewrap: the worker of shard ${index} died; another one goes on with it`);
        ended = await this.#run(index);
      }
      this.codes.push(ended);
    }
  }

  /** The exit code of one process; null where a signal ended it. */
  #run(index: number): Promise<number | null> {
    const child = spawn(
      process.execPath,
      [
        ...process.execArgv,
        YOUNG,
        process.argv[1] ?? '',
        ...workerWords(this.#folder, index, this.#flags, waitLimit().waitMs),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#running.add(child);
    if (child.stderr !== null)
      createInterface({ input: child.stderr }).on('line', (text) => this.#heard(index, text));
    return new Promise((done) => {
      child.once('error', () => done(BAD_INPUT));
      child.once('close', (code) => {
        this.#running.delete(child);
        done(code);
      });
    });
  }

  #heard(index: number, text: string): void {
    const line = lineOf(text);
    if (line === null) console.error(safe(text));
    else if (line.type === 'progress') {
      this.#latest.set(index, line);
      this.#show(this.#together(line));
    }
  }

  /** All shards as the progress of one run. */
  #together(latest: Extract<ProgressLine, { type: 'progress' }>): RunSummary {
    const all = [...this.#latest.values()];
    const sum = (of: (line: (typeof all)[number]) => number): number =>
      all.reduce((total, line) => total + of(line), 0);
    const counts = { ...latest.counts };
    for (const name of Object.keys(counts) as (keyof typeof counts)[])
      counts[name] = sum((line) => line.counts[name]);
    // Shards that have not begun wait.
    counts.waiting += this.#blobs - counts.total;
    counts.total = this.#blobs;
    const rate = sum((line) => (line.status === 'running' ? line.rate : 0));
    return {
      id: 'workers',
      method: 'reencrypt',
      dryRun: false,
      status: this.stopped === null ? 'running' : 'cancelling',
      startedAt: '',
      finishedAt: null,
      counts,
      outcome: {
        reencrypted: counts.succeeded,
        already: counts.already,
        notReencrypted: 0,
        underOldKey: null,
      },
      rate,
      secondsLeft: rate > 0 ? (counts.waiting + counts.running) / rate : null,
      destinationKeyId: '',
      connection: '',
      downloads: 0,
      fault: null,
      output: 'in-place',
      files: { total: sum((line) => line.files.total), done: sum((line) => line.files.done) },
      bytes: { total: sum((line) => line.bytes.total), done: sum((line) => line.bytes.done) },
      perKey: [],
      undo: null,
      resume: null,
      retry: null,
      elsewhere: null,
    };
  }
}

function lineOf(text: string): ProgressLine | null {
  if (!text.startsWith('{"type":')) return null;
  try {
    return ProgressLine.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
