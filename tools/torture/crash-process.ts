import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { type Disk, type PutBackFs, scan, walk } from '../../electron/core/intake/index.ts';
import type { Kms } from '../../electron/core/kms/index.ts';
import {
  blobRef,
  type PlanFile,
  type ResolvedOutput,
  RunManager,
  type RunWorkers,
} from '../../electron/core/rotation/index.ts';

/** What one Rewrap is to do. */
export interface Task {
  readonly home: string;
  readonly folder: string;
  /** 'retry': a new run of what the last one left. */
  readonly what: 'start' | 'resume' | 'retry' | 'undo';
  readonly output: ResolvedOutput;
  readonly algorithm: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_256';
  readonly newKey: string;
  /** By so many processes; absent: one. */
  readonly processes?: number;
}

interface Environment {
  readonly kms: Kms;
  /** File system calls with faults; or where files are put back, by the real ones. */
  readonly disk: { readonly fs: PutBackFs } | { readonly disk: Disk };
  /** A step of the journal has been taken. */
  readonly step: (name: string) => void;
  /** The run is held back for a fault: says whether it goes on now; otherwise it is left for another process. */
  readonly held?: (fault: Fault) => Promise<boolean>;
  /** How processes that do files of a run are started. */
  readonly workers?: RunWorkers;
  /** Gets what has the runs, before anything is done. */
  readonly begun?: (manager: RunManager) => void;
  /** Is called while a run goes on. */
  readonly progress?: (summary: RunSummary) => void;
}

/**
 * Does the task with the real engine, in this process, to its end. Returns all runs newest first. Throws what the engine
 * refuses it with.
 */
export async function runTask(task: Task, environment: Environment): Promise<readonly RunSummary[]> {
  let holding = false;
  const manager = new RunManager(
    task.home,
    (summary) => {
      environment.progress?.(summary);
      const { status, fault, id } = summary;
      if (holding || fault === null || (status !== 'paused' && status !== 'pausing')) return;
      holding = true;
      void (environment.held?.(fault) ?? Promise.resolve(true)).then((goesOn) => {
        holding = false;
        if (goesOn) manager.live(id)?.goOn();
        else manager.live(id)?.suspend();
      });
    },
    {
      ...environment.disk,
      workers: environment.workers,
      step: environment.step,
      sleep: () => new Promise((resolve) => setTimeout(resolve, 2)),
    },
  );
  environment.begun?.(manager);
  try {
    await work(manager, task, environment.kms);
    return await manager.list();
  } finally {
    await manager.close();
  }
}

async function work(manager: RunManager, task: Task, kms: Kms): Promise<void> {
  const over = { kms, failurePolicy: 'wait', target: 'torture', connection: 'torture' } as const;
  if (task.what === 'start') {
    const run = await manager.start({
      ...over,
      request: {
        source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
        destination: { keyId: task.newKey, algorithm: task.algorithm, context: { mode: 'same' } },
        grantTokens: [],
        method: 'reencrypt',
        verify: true,
        dryRun: false,
        pace: { concurrency: 4, perSecond: null, ...(task.processes ? { processes: task.processes } : {}) },
      },
      output: task.output,
      files: await planOf(task.folder),
    });
    await run.done;
  } else if (task.what === 'resume') {
    for (const { id, status } of await manager.list())
      if (status === 'unfinished') await (await manager.resume(id, over)).done;
  } else if (task.what === 'retry') {
    for (const { id, retry } of await manager.list()) {
      if (retry === null) continue;
      const { row, files } = await manager.again(id);
      await (await manager.start({ ...over, request: row.request, output: row.output, files })).done;
      break;
    }
  } else {
    for (const { id, undo, status } of await manager.list())
      if (undo !== null || status === 'unfinished') await manager.undo(id);
  }
}

/** Every blob of every file of a folder. */
async function planOf(folder: string): Promise<PlanFile[]> {
  const files: PlanFile[] = [];
  for await (const met of walk([folder])) {
    if (met.type !== 'file') continue;
    const { path, relative } = met;
    const bytes = readFileSync(path);
    files.push({
      path,
      bytes: null,
      display: relative,
      relative,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      blobs: scan(bytes, path).blobs.map((found, i) => blobRef(`${relative}#${i}`, found)),
    });
  }
  return files;
}
