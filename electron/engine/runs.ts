import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { RunItem, RunRequest, RunRoute, RunSummary } from '#shared/model/run.ts';
import type { Lesson } from '../clusters/index.ts';
import { type PlanFile, type ResolvedOutput, type Run, startRun } from '../rotation/index.ts';
import type { Connection } from './connection.ts';
import type { TwoStep } from './two-steps.ts';
import type { Workspace } from './workspace.ts';

/** Ended runs kept in memory. */
const KEEP = 50;

export interface RunsParts {
  readonly workspace: Workspace;
  readonly connection: Connection;
  /** Opens the way 'decrypt-encrypt' to a destination key. */
  readonly twoStep: (destinationKeyId: string) => Promise<TwoStep>;
  readonly progress: (summary: RunSummary) => void;
  readonly learn: (lessons: readonly Lesson[]) => void;
  /** A run has begun; whoever writes down what is done waits for its end. */
  readonly started: (run: Run, request: RunRequest) => void;
}

/** The runs of this start, newest last, and the output folders a person named. */
export class Runs {
  #runs = new Map<string, Run>();
  #folders = new Map<string, string>();
  #next = 1;
  readonly #parts: RunsParts;
  /** Two-step children that are ending. */
  readonly #ending = new Set<Promise<void>>();

  constructor(parts: RunsParts) {
    this.#parts = parts;
  }

  /** Registers a folder; the token is all the page can name it by. */
  async addFolder(path: string): Promise<{ token: string; path: string }> {
    const absolute = resolve(path);
    const info = await stat(absolute).catch(() => null);
    if (info !== null && !info.isDirectory())
      throw new FaultError(
        fault('NotAFolder', `${absolute} is not a folder.`, '', 'Name a folder to write the new files into.'),
      );
    const known = [...this.#folders].find(([, folder]) => folder === absolute);
    const token = known?.[0] ?? `f${this.#next++}`;
    this.#folders.set(token, absolute);
    return { token, path: absolute };
  }

  folders(): { token: string; path: string }[] {
    return [...this.#folders].map(([token, path]) => ({ token, path }));
  }

  async start(request: RunRequest): Promise<string> {
    const { workspace, connection, progress, started } = this.#parts;
    const { files, origins } = workspace.plan(request.blobIds);
    const { blobIds: _, output, ...rest } = request;
    const resolved = this.#output(output, origins);
    const twoStep =
      request.route === 'decrypt-encrypt' ? await this.#parts.twoStep(request.destination.keyId) : null;
    const id = `r${this.#next++}`;
    const run = startRun(
      {
        id,
        request: rest,
        output: resolved,
        files,
        kms: twoStep?.kms ?? connection.kms(),
        connection: twoStep?.described ?? connection.describe(),
      },
      progress,
    );
    if (twoStep !== null) this.#endWith(run, twoStep);
    this.#runs.set(id, run);
    started(run, request);
    for (const old of [...this.#runs.keys()].slice(0, -KEEP))
      if (this.#runs.get(old)?.summary().status !== 'running') this.#runs.delete(old);
    if (!request.dryRun) void run.done.then(() => this.#ended(run, resolved, files));
    return id;
  }

  /** The child ends with the work. */
  #endWith(run: Run, { kms }: TwoStep): void {
    const ending = run.done.then(() => kms.close());
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }

  /** Keeps what KMS said of the key materials; reads replaced files again. */
  async #ended(run: Run, output: ResolvedOutput, files: readonly PlanFile[]): Promise<void> {
    if (output.mode === 'in-place')
      await this.#parts.workspace.refresh(files.flatMap((file) => (file.path === null ? [] : [file.path])));
    const lessons = lessonsOf(run.items(), run.summary().route);
    if (lessons.length > 0) this.#parts.learn(lessons);
  }

  /** Throws FaultError `RunGone`. */
  get(runId: string): Run {
    const run = this.#runs.get(runId);
    if (run === undefined)
      throw new FaultError(
        fault('RunGone', 'That run is no longer kept.', 'Runs are kept until Rewrap is closed.', ''),
      );
    return run;
  }

  list(): RunSummary[] {
    return [...this.#runs.values()].map((run) => run.summary()).reverse();
  }

  /** Stops what runs and waits for it: files are then wholly old or wholly new. */
  async close(): Promise<void> {
    for (const run of this.#runs.values()) run.cancel();
    await Promise.all([...this.#runs.values()].map((run) => run.done));
    await Promise.all(this.#ending);
  }

  #output(output: RunRequest['output'], origins: ReadonlySet<string>): ResolvedOutput {
    if (output.mode === 'download') return { mode: 'keep' };
    if (output.mode === 'folder') {
      const folder = this.#folders.get(output.folderToken);
      if (folder === undefined)
        throw new FaultError(
          fault(
            'FolderUnknown',
            'That output folder was not named on this host.',
            '',
            'Choose the folder again.',
          ),
        );
      return { mode: 'folder', folder };
    }
    if (origins.has('upload') || origins.has('paste'))
      throw new FaultError(
        fault(
          'NothingToReplace',
          'Some of these blobs have no file on this host to replace.',
          'They were pasted, or uploaded as a copy.',
          'Choose a folder or a download for the output, or leave them out.',
        ),
      );
    return { mode: 'in-place', backup: output.backup };
  }
}

/** One lesson for each fingerprint and key that replies of KMS named. */
function lessonsOf(items: readonly RunItem[], route: RunRoute): Lesson[] {
  const at = new Date().toISOString();
  const lessons = new Map<string, Lesson>();
  const add = (
    fingerprint: string | null,
    keyArn: string | null,
    keyMaterialId: string | null,
    evidence: string,
  ) => {
    if (fingerprint === null || keyArn === null) return;
    lessons.set(`${fingerprint} ${keyArn}`, { fingerprint, keyArn, by: 'kms', evidence, keyMaterialId, at });
  };
  for (const item of items) {
    const reply = (operation: string, requestId: string | null) =>
      `reply of ${operation}, request ${requestId ?? 'unknown'}`;
    const [from, to] =
      route === 'reencrypt'
        ? [reply('ReEncrypt', item.requestId), reply('ReEncrypt', item.requestId)]
        : [reply('Decrypt', item.decryptRequestId), reply('Encrypt', item.requestId)];
    add(item.fingerprintBefore, item.sourceKeyArn, item.sourceKeyMaterialId, from);
    add(item.fingerprintAfter, item.destinationKeyArn, item.destinationKeyMaterialId, to);
  }
  return [...lessons.values()];
}
