import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { Disk } from '../../core/intake/index.ts';
import type { KeyMaterialStore, KeyObservation } from '../../core/key-material/index.ts';
import {
  type ConnectionFailurePolicy,
  type FileStanding,
  type Job,
  type JobFile,
  type NamedMaterial,
  type ResolvedOutput,
  type Run,
  RunManager,
  type RunTerms,
  type RunWorkers,
  type Send,
  type SharedWork,
  type UndoResult,
} from '../../core/rotation/index.ts';
import type { Connection, TwoStep } from '../connection/index.ts';
import { notHere } from '../faults.ts';
import type { HistoryRecorder } from '../history/index.ts';
import type { Workspace } from '../workspace/index.ts';
import { AfterRuns } from './after-runs.ts';
import { BlobResults } from './blob-results.ts';
import { OutputFolders } from './output-folders.ts';
import type { RunApprovals } from './run-approvals.ts';
import { RunItems } from './run-items.ts';
import { namedMaterials } from './run-keys.ts';
import { RunStarts } from './run-starts.ts';
import { TwoStepRuns } from './two-step-runs.ts';

const base64 = (bytes: Uint8Array | null | undefined): string | null =>
  bytes == null ? null : Buffer.from(bytes).toString('base64');

interface RunsParts {
  readonly dataDir: string;
  readonly workspace: Workspace;
  readonly connection: Connection;
  /** Where the destination key lives, where that is chosen apart. */
  readonly destination: Connection;
  readonly learned: KeyMaterialStore;
  /** Opens the way 'decrypt-encrypt' to a destination key. */
  readonly twoStep: (destinationKeyId: string) => Promise<TwoStep>;
  /** Asks a person for what needs an approval. */
  readonly approvals: RunApprovals;
  /** Whether the list is looked at after a run: files that it replaced are then read again. */
  readonly follows: boolean;
  /** How far runs wait for a network that is gone and for new credentials: whether a person is there to see it. */
  readonly failurePolicy: ConnectionFailurePolicy;
  readonly progress: (summary: RunSummary) => void;
  readonly learn: (observations: readonly KeyObservation[]) => void;
  /** Writes down what is done. */
  readonly recorder: Pick<HistoryRecorder, 'run' | 'left' | 'abandoned' | 'undone'>;
  /** Where files are put back. */
  readonly disk: Disk;
  /** How processes that do files of a run are started; undefined: none is. */
  readonly workers: RunWorkers | undefined;
  /** What other processes do of the same files; absent: none does. */
  readonly shared?: SharedWork;
  /** Number of the first output folder's token; 1 if absent. */
  readonly firstNumber?: number;
}

/** The runs of this data folder. */
export class Runs {
  readonly #manager: RunManager;
  readonly folders: OutputFolders;
  /** Runs of this start: their blob ids are those of the workspace. */
  readonly #mine = new Set<string>();
  readonly items: RunItems;
  readonly #results: BlobResults;
  readonly #twoSteps: TwoStepRuns;
  readonly #parts: RunsParts;
  readonly #afterRuns: AfterRuns;
  readonly starts: RunStarts;

  constructor(parts: RunsParts) {
    this.#parts = parts;
    this.#twoSteps = new TwoStepRuns(parts.twoStep);
    this.folders = new OutputFolders(
      (runId, blobId) => this.#manager.recorded.resultPath(runId, blobId),
      parts.firstNumber,
    );
    this.#manager = new RunManager(parts.dataDir, (summary) => parts.progress(summary), {
      disk: parts.disk,
      workers: parts.workers,
    });
    this.items = new RunItems(this.#manager, this.#mine);
    this.#afterRuns = new AfterRuns(this.#manager, parts);
    this.#results = new BlobResults({
      summary: (runId) => this.#manager.summary(runId),
      items: (runId) => this.items.all(runId),
      list: parts.workspace,
      isAhead: (runId) => this.#afterRuns.isAhead(runId),
    });
    this.starts = new RunStarts({
      ...parts,
      manager: this.#manager,
      folders: this.folders,
      twoSteps: this.#twoSteps,
      mine: this.#mine,
      begun: (runId) => {
        this.#mine.add(runId);
        this.#results.add(runId);
      },
      watch: (run, dryRun) => this.#afterRuns.watch(run, dryRun),
    });
  }

  readonly requests: Omit<PageHandlers['runs'], 'compare' | 'stopCompare'> = {
    start: async (request) => ({ runId: await this.starts.start(request) }),
    get: async ({ runId }) => this.summary(runId),
    list: async () => ({ runs: await this.#manager.list() }),
    items: async ({ runId, ...query }) => this.items.page(runId, query),
    // The ids of blobs of an earlier start name nothing here.
    item: async ({ runId, blobId }) => ({
      item: this.#mine.has(runId) ? this.#manager.recorded.item(runId, blobId) : null,
    }),
    results: ({ offset, limit }) => this.#results.page(offset, limit),
    record: async ({ runId, ...query }) => this.items.record(runId, query),
    change: async ({ runId, blobId }) => {
      const pair = await this.#manager.recorded.change(runId, blobId);
      return { before: base64(pair?.before), after: base64(pair?.after) };
    },
    cancel: async ({ runId }) => {
      await this.starts.cancel(runId);
      return {};
    },
    pause: async ({ runId }) => {
      this.#underWay(runId).pause();
      return {};
    },
    resume: async ({ runId, grantTokens }) => {
      await this.starts.resume(runId, grantTokens);
      return {};
    },
    retry: async ({ runId, grantTokens }) => ({ runId: await this.starts.retry(runId, grantTokens) }),
    undo: ({ runId }) => this.undo(runId),
    resultText: async ({ runId, blobId }) => {
      const text = await this.#manager.recorded.resultText(runId, blobId);
      if (text === null)
        throw new FaultError(
          fault(
            'NoResult',
            'There is no new ciphertext for this blob.',
            'It was not re-encrypted in this run.',
            '',
          ),
        );
      return { text };
    },
    download: () => notHere('hand out downloads'),
  };

  readonly hostRequests: HostHandlers['runs'] = {
    named: async ({ prefix }) => ({ runId: this.#manager.named(prefix) }),
    startCommand: async ({ request, paths }) => ({ runId: await this.starts.startCommand(request, paths) }),
    suspend: ({ runId }) => this.#manager.suspend(runId),
    kept: async ({ runId }) => {
      this.#manager.asked(runId);
      const files = this.#manager.live(runId)?.kept() ?? [];
      return { files: files.map(({ relative, bytes }) => ({ relative, bytes: new Uint8Array(bytes) })) };
    },
  };

  /** How the files of a job stand after its runs. */
  fileStandings(
    job: Job,
    files: readonly JobFile[],
    output: ResolvedOutput,
  ): Promise<(FileStanding | null)[]> {
    return this.#manager.fileStandings(job, files, output);
  }

  async undo(runId: string): Promise<UndoResult> {
    await this.#parts.approvals.proveUndo(() => this.#manager.summary(runId));
    const undone = await this.#manager.undo(runId);
    this.#parts.recorder.undone(runId, undone);
    if (this.#parts.follows) await this.#parts.workspace.refresh(this.#manager.recorded.paths(runId));
    return undone;
  }

  /** Records what became of runs that a process was killed before it could record. */
  async recordInterruptedRuns(): Promise<void> {
    for (const run of await this.#manager.interrupted())
      await this.#parts.recorder.left(
        run,
        (query) => this.#manager.recorded.items(run.id, query).items,
        this.starts.asked(run.id),
      );
  }

  /** The connection is there: runs that waited for it go on. */
  connected(): void {
    const target = this.#parts.connection.target();
    if (target !== null) this.#manager.renew(target, this.#parts.connection.kms());
    for (const runId of this.#twoSteps.ids()) {
      const kms = this.#twoSteps.kmsOf(runId);
      if (kms !== null) this.#manager.live(runId)?.renew(kms);
    }
  }

  /** Sends questions that belong to no run; see `RunManager.sender`. */
  sender(over: Pick<TwoStep, 'kms' | 'target'> | null = null): Send {
    const { connection } = this.#parts;
    return over === null
      ? this.#manager.sender(connection.target() ?? '', () => connection.kms())
      : this.#manager.sender(over.target, () => over.kms);
  }

  summary(runId: string): Promise<RunSummary> {
    return this.#manager.summary(runId);
  }

  /** What a run was asked for, and what it ran against. Throws FaultError `RunGone`; `OtherConnection` by `refuse`. */
  over(runId: string): { readonly terms: RunTerms; readonly target: string; readonly refuse: () => never } {
    return {
      terms: this.#manager.asked(runId).request,
      target: this.#manager.target(runId),
      refuse: () => this.#manager.refuseConnection(runId),
    };
  }

  /** Stops what runs, to be gone on with at the next start; files are then wholly old or wholly new. */
  async stop(): Promise<void> {
    await this.#manager.stop();
    await this.#twoSteps.ended();
  }

  /** Call after {@link stop}, when the journal is not read any more but by what follows on runs that have ended. */
  async close(): Promise<void> {
    await this.#afterRuns.settled();
    await this.#manager.close();
  }

  /** What replies of KMS named key materials as: {@link namedMaterials}. */
  namedMaterials(): (fingerprint: string) => readonly NamedMaterial[] {
    return namedMaterials(this.#parts.learned);
  }

  /** True while a run of this engine is under way. */
  busy(): boolean {
    return this.#manager.underWay().length > 0;
  }

  #underWay(runId: string): Run {
    const run = this.#manager.live(runId);
    if (run === null) {
      this.#manager.asked(runId);
      throw new FaultError(
        fault('RunNotOpen', 'That run is not under way here.', '', 'Look at its state in Runs.'),
      );
    }
    return run;
  }
}
