import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { RunItem, RunRequest, RunSummary } from '#shared/model/run.ts';
import type { Disk } from '../../core/intake/index.ts';
import type { KeyMaterialStore, KeyObservation } from '../../core/key-material/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import {
  type BlobPair,
  type Claim,
  type ConnectionFailurePolicy,
  type FileStanding,
  type ItemsQuery,
  type Job,
  type JobFile,
  type NamedMaterial,
  type PlanFile,
  type RecordPage,
  type RecordQuery,
  type ResolvedOutput,
  type Run,
  type RunApproval,
  type RunInput,
  RunManager,
  type RunTerms,
  refuseLive,
  type Send,
  type SharedWork,
  type UndoResult,
  withDone,
} from '../../core/rotation/index.ts';
import type { Connection, TwoStep } from '../connection/index.ts';
import { notHere } from '../faults.ts';
import type { AskedRun, HistoryRecorder } from '../history/index.ts';
import type { Workspace } from '../workspace/index.ts';
import { BlobResults } from './blob-results.ts';
import { FirstFiles } from './first-files.ts';
import { asListed, commandJob } from './jobs.ts';
import { OutputFolders } from './output-folders.ts';
import type { Proven, RunApprovals } from './run-approvals.ts';
import { knownKeys, namedMaterials, observationsOf, observationsOfRefusals } from './run-keys.ts';
import { TwoStepRuns } from './two-step-runs.ts';

const base64 = (bytes: Uint8Array | null | undefined): string | null =>
  bytes == null ? null : Buffer.from(bytes).toString('base64');

/** Items read at a time. */
const ITEMS = 500;

/** What a run is to do. */
interface RunSpec {
  readonly terms: RunTerms;
  readonly output: ResolvedOutput;
  readonly files: readonly PlanFile[];
  /** What it is part of: the id of a {@link Job}. */
  readonly job?: string | null;
  /** Name of a plan file that the page brought. */
  readonly foreignPlan?: string;
}

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
  /** What other processes do of the same files; absent: none does. */
  readonly shared?: SharedWork;
  /** Number of the first output folder's token; 1 if absent. */
  readonly firstNumber?: number;
}

/** Of a run under way: it can be gone on with. */
const HELD: ReadonlySet<RunSummary['status']> = new Set(['paused', 'pausing', 'waiting']);

/** The runs of this data folder. */
export class Runs {
  readonly #manager: RunManager;
  readonly folders: OutputFolders;
  /** Runs of this start: their blob ids are those of the workspace. */
  readonly #mine = new Set<string>();
  readonly #results = new BlobResults({
    summary: (runId) => this.#manager.summary(runId),
    items: (runId) => this.allItems(runId),
  });
  readonly #twoSteps: TwoStepRuns;
  readonly #parts: RunsParts;
  /** What follows on runs that have ended: it reads the journal. */
  readonly #ending = new Set<Promise<void>>();
  readonly #firstFiles = new FirstFiles(async (runId) => {
    const { files, finishedAt } = await this.#manager.summary(runId);
    return files.done > 0 || finishedAt === null;
  });

  constructor(parts: RunsParts) {
    this.#parts = parts;
    this.#twoSteps = new TwoStepRuns(parts.twoStep);
    this.folders = new OutputFolders(
      (runId, blobId) => this.#manager.resultPath(runId, blobId),
      parts.firstNumber,
    );
    this.#manager = new RunManager(parts.dataDir, (summary) => parts.progress(summary), { disk: parts.disk });
  }

  readonly requests: Omit<PageHandlers['runs'], 'compare' | 'stopCompare'> = {
    start: async (request) => ({ runId: await this.start(request) }),
    get: async ({ runId }) => this.summary(runId),
    list: async () => ({ runs: await this.#manager.list() }),
    items: async ({ runId, ...query }) => this.items(runId, query),
    // The ids of blobs of an earlier start name nothing here.
    item: async ({ runId, blobId }) => ({
      item: this.#mine.has(runId) ? this.#manager.item(runId, blobId) : null,
    }),
    results: ({ offset, limit }) => this.#results.page(offset, limit),
    record: async ({ runId, ...query }) => this.record(runId, query),
    change: async ({ runId, ...query }) => {
      const pair = await this.#manager.change(runId, query);
      return { before: base64(pair?.before), after: base64(pair?.after) };
    },
    cancel: async ({ runId }) => {
      await this.cancel(runId);
      return {};
    },
    pause: async ({ runId }) => {
      this.#underWay(runId).pause();
      return {};
    },
    resume: async ({ runId }) => {
      await this.resume(runId);
      return {};
    },
    retry: async ({ runId, grantTokens }) => ({ runId: await this.retry(runId, grantTokens) }),
    undo: ({ runId }) => this.undo(runId),
    resultText: async ({ runId, blobId }) => {
      const text = await this.#manager.resultText(runId, blobId);
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
    startCommand: async ({ request, paths }) => ({ runId: await this.startCommand(request, paths) }),
    suspend: ({ runId }) => this.#manager.suspend(runId),
    kept: async ({ runId }) => {
      this.#manager.asked(runId);
      const files = this.#manager.live(runId)?.kept() ?? [];
      return { files: files.map(({ relative, bytes }) => ({ relative, bytes: new Uint8Array(bytes) })) };
    },
  };

  /** Throws FaultError: `BlobGone`, `NotConnected`, `FilesInUse`, `FolderUnknown`, `NothingToReplace`, `JournalFailed`. */
  async start(request: RunRequest): Promise<string> {
    const { files, origins } = await this.#parts.workspace.plan(request.blobIds);
    const { blobIds: _, output, ...terms } = request;
    return this.#begin({ terms, output: this.folders.resolve(output, origins), files });
  }

  /** The same of what a command names by its paths: goes on with what is left of it. Throws as {@link beginJob} too. */
  async startCommand(request: RunRequest, paths: readonly string[]): Promise<string> {
    const { files, origins } = await this.#parts.workspace.plan(request.blobIds);
    const { blobIds: _, output: chosen, ...terms } = request;
    const output = this.folders.resolve(chosen, origins);
    return this.beginJob(commandJob(paths, terms, output), { terms, output, files });
  }

  /**
   * Does what is left of a job: goes on with a run of it that was cut off, where that does all of it; else that one is
   * closed as it stands, and a new run has every file, with what earlier ones did of them. A dry run changes no run.
   * Throws FaultError `OtherConnection`, and as `RunManager.job`, `RunManager.start`.
   */
  async beginJob(job: Job, asked: RunSpec): Promise<string> {
    const { terms, output } = asked;
    if (terms.dryRun) {
      const found = await this.#manager.fileStandings(job, asked.files, output);
      const files = asked.files.map((file, i) => withDone(file, found[i] ?? null));
      return this.#begin({ ...asked, files });
    }
    const { files, open, resume: last } = await this.#manager.job(job, asked.files, output);
    const sends = ({ evenIfThere = false }: Pick<RunTerms, 'evenIfThere'>) => evenIfThere;
    const resume =
      last !== null && sends(this.#manager.asked(last.id).request) === sends(terms) ? last : null;
    if (resume !== null) await this.#goOn(resume.id, true, asked.foreignPlan);
    for (const { id } of open) if (id !== resume?.id) await this.cancel(id);
    return resume?.id ?? this.#begin({ ...asked, files, job: job.id });
  }

  /** How the files of a job stand after its runs. */
  fileStandings(
    job: Job,
    files: readonly JobFile[],
    output: ResolvedOutput,
  ): Promise<(FileStanding | null)[]> {
    return this.#manager.fileStandings(job, files, output);
  }

  /** `before`: what was approved of the run that this one tries again. */
  async #begin(
    { terms: request, output: chosen, files, job = null, foreignPlan = undefined }: RunSpec,
    before: RunApproval | null = null,
  ): Promise<string> {
    const wary = this.#wary(request, chosen);
    const holdsAfterFirst = wary.length > 0;
    const output: ResolvedOutput =
      holdsAfterFirst && chosen.mode === 'in-place' ? { ...chosen, backup: true } : chosen;
    return this.#firstFiles.begin(wary, async (afterFirst) => {
      const proven = await this.#parts.approvals.prove(
        {
          terms: request,
          output,
          files,
          count: async () => ({
            blobs: files.reduce((sum, file) => sum + file.blobs.length, 0),
            files: files.length,
          }),
          foreignPlan: foreignPlan ?? null,
          afterFirst,
        },
        before,
      );
      const input = { request, output, files, job, approval: proven.approval, holdsAfterFirst };
      const run =
        request.method === 'reencrypt'
          ? await this.#manager.start({ ...input, ...this.#over(proven) })
          : await this.#overTwoSteps(request, proven, (over, connection) =>
              this.#manager.start({ ...input, connection, ...over }),
            );
      return this.#kept(run, request, output).id;
    });
  }

  /** Endpoints for which the run is held back after its first file. */
  #wary(terms: RunTerms, output: ResolvedOutput): string[] {
    return this.#parts.follows ? this.#parts.approvals.waryEndpoints(terms, output) : [];
  }

  /** A run with a child of its own, over the connections that were looked at. */
  #overTwoSteps(
    { destination }: RunTerms,
    proven: Proven,
    begin: (
      over: Pick<RunInput, 'kms' | 'target' | 'failurePolicy' | 'known'>,
      described: string,
    ) => Promise<Run>,
  ): Promise<Run> {
    return this.#twoSteps.begin(destination.keyId, ({ kms, target, described }) => {
      proven.check();
      const { failurePolicy, learned } = this.#parts;
      return begin({ kms, target, failurePolicy, known: knownKeys(learned) }, described);
    });
  }

  #kept(run: Run, terms: RunTerms, output: ResolvedOutput): Run {
    this.#mine.add(run.id);
    this.#results.add(run.id);
    this.#parts.recorder.run(run, { terms, output: output.mode, again: false });
    this.#watch(run, terms.dryRun);
    return run;
  }

  /**
   * Goes on with a run that is paused, or that was cut off. Throws as `RunApprovals.prove` and `RunManager.resume`.
   */
  async resume(runId: string): Promise<void> {
    const live = this.#manager.live(runId);
    if (live !== null && live.summary().finishedAt === null) {
      if (!HELD.has(live.summary().status)) refuseLive(live);
      if (live.atFirstFile) {
        const endpoints = this.#firstFiles.endpointsOf(runId);
        await this.#parts.approvals.proveContinue(() => this.#manager.summary(runId), endpoints);
        this.#firstFiles.confirm(endpoints);
      }
      const twoStep = this.#twoSteps.kmsOf(runId);
      if (twoStep !== null) {
        live.renew(twoStep);
        live.goOn();
        return;
      }
      const same = this.#parts.connection.target() === this.#manager.target(runId);
      // Held back for its own connection, it can only go on over the same one; else it still has it.
      if (!same && live.summary().fault !== null) this.#manager.refuseConnection(runId);
      if (same) live.renew(this.#parts.connection.kms());
      live.goOn();
      return;
    }
    await this.#goOn(runId, false);
  }

  /** `failedToo`: with what failed, too. */
  async #goOn(runId: string, failedToo: boolean, foreignPlan?: string): Promise<void> {
    await this.#claimed(runId, 'resumed', async (claim) => {
      const how = { failedToo, claim };
      const { request, output, approval } = this.#manager.asked(runId);
      // Over another connection it is not gone on with: nothing is asked for that.
      if (request.method === 'reencrypt' && this.#over().target !== this.#manager.target(runId))
        this.#manager.refuseConnection(runId);
      const count = async () => {
        const { counts, files } = await this.#manager.summary(runId);
        return { blobs: counts.total, files: files.total };
      };
      const wary = this.#wary(request, output);
      const holdsAfterFirst = wary.length > 0;
      await this.#firstFiles.begin(wary, async (afterFirst) => {
        const proven = await this.#parts.approvals.prove(
          { terms: request, output, count, foreignPlan: foreignPlan ?? null, afterFirst, runId },
          approval,
        );
        if (proven.approval !== null && proven.approval !== approval)
          this.#manager.setApproval(runId, proven.approval);
        const resumed =
          request.method === 'decrypt-encrypt'
            ? await this.#overTwoSteps(request, proven, (over) =>
                this.#manager.resume(runId, { ...over, holdsAfterFirst }, how),
              )
            : await this.#manager.resume(runId, { ...this.#over(proven), holdsAfterFirst }, how);
        this.#parts.recorder.run(resumed, this.#asked(runId));
        this.#watch(resumed, false);
        return runId;
      });
    });
  }

  /** Throws FaultError `RunGone`, `RunBusy` or `RunElsewhere` where something else is done with the run. */
  async #claimed<T>(runId: string, use: Claim['use'], work: (claim: Claim) => Promise<T>): Promise<T> {
    const claim = this.#manager.claim(runId, use);
    try {
      return await work(claim);
    } finally {
      this.#manager.release(claim);
    }
  }

  /**
   * A new run for what failed or was not reached. `grantTokens`: given again, since those of the run are deleted. Throws
   * FaultError `GrantTokensNeeded` where it had some and none are said, and as `RunApprovals.prove` and `RunManager.again`. */
  async retry(runId: string, grantTokens?: readonly string[]): Promise<string> {
    return this.#claimed(runId, 'tried again', async () => {
      const { row, files } = await this.#manager.again(runId);
      const { tokensDeleted = 0, ...terms } = row.request;
      if (tokensDeleted > 0 && grantTokens === undefined)
        throw new FaultError(explainOwn('GrantTokensNeeded'));
      const now = this.#mine.has(runId) ? await asListed(this.#parts.workspace, files) : files;
      const again = { ...terms, grantTokens: [...(grantTokens ?? terms.grantTokens)] };
      return this.#begin({ terms: again, output: row.output, files: now, job: row.job }, row.approval);
    });
  }

  async undo(runId: string): Promise<UndoResult> {
    await this.#parts.approvals.proveUndo(() => this.#manager.summary(runId));
    const undone = await this.#manager.undo(runId);
    this.#parts.recorder.undone(runId, undone);
    if (this.#parts.follows) await this.#parts.workspace.refresh(this.#manager.paths(runId));
    return undone;
  }

  /** Stops a run; one that was cut off before is closed as it stands. */
  async cancel(runId: string): Promise<void> {
    const live = this.#manager.live(runId);
    if (live !== null) return live.cancel();
    await this.#manager.abandon(runId);
    const items = (query: ItemsQuery) => this.#manager.items(runId, query).items;
    await this.#parts.recorder.abandoned(await this.#manager.summary(runId), items, this.#asked(runId));
  }

  /** Records what became of runs that a process was killed before it could record. */
  async recordInterruptedRuns(): Promise<void> {
    for (const run of await this.#manager.interrupted())
      await this.#parts.recorder.left(
        run,
        (query) => this.#manager.items(run.id, query).items,
        this.#asked(run.id),
      );
  }

  /** Of a run of an earlier start: its blobs have other names by now. */
  #asked(runId: string): AskedRun {
    const { request, output } = this.#manager.asked(runId);
    return { terms: request, output: output.mode, again: true };
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

  /** Blobs of runs of an earlier start have names of their own: the workspace's mean something else now. */
  items(runId: string, query: ItemsQuery): { total: number; items: RunItem[] } {
    const { total, items } = this.#manager.items(runId, query);
    return { total, items: this.#named(runId, query.offset, items) };
  }

  /** Blobs of a run that match, those that failed first. Throws FaultError `RunGone`. */
  async record(runId: string, query: RecordQuery): Promise<RecordPage> {
    const page = await this.#manager.record(runId, query);
    return { ...page, items: this.#named(runId, query.offset, page.items) };
  }

  /** `offset`: place of the first of these in what was asked for. */
  #named(runId: string, offset: number, items: RunItem[]): RunItem[] {
    if (this.#mine.has(runId)) return items;
    return items.map((item, i) => ({ ...item, blobId: `${runId}#${offset + i}` }));
  }

  /** Numbers of the items of which old and new blob can be compared. Throws FaultError `RunGone`. */
  comparable(runId: string): Promise<number[]> {
    return this.#manager.comparable(runId);
  }

  /** Old and new ciphertext of these items. Throws FaultError `RunGone`. */
  pairs(runId: string, items: ReadonlySet<number>): AsyncGenerator<BlobPair> {
    return this.#manager.pairs(runId, items);
  }

  /** What a run was asked for, and what it ran against. Throws FaultError `RunGone`; `OtherConnection` by `refuse`. */
  over(runId: string): { readonly terms: RunTerms; readonly target: string; readonly refuse: () => never } {
    return {
      terms: this.#manager.asked(runId).request,
      target: this.#manager.target(runId),
      refuse: () => this.#manager.refuseConnection(runId),
    };
  }

  /** Every item of a run, some at a time, with turns for others. Throws FaultError `RunGone`. */
  async *allItems(runId: string): AsyncGenerator<RunItem[]> {
    const turns = new Turns();
    for (let offset = 0; ; offset += ITEMS) {
      const { items } = this.items(runId, { offset, limit: ITEMS, only: 'all' });
      yield items;
      if (items.length < ITEMS) return;
      if (turns.over) await turns.give();
    }
  }

  /** Stops what runs, to be gone on with at the next start; files are then wholly old or wholly new. */
  async stop(): Promise<void> {
    await this.#manager.stop();
    await this.#twoSteps.ended();
  }

  /** Call after {@link stop}, when the journal is not read any more but by what follows on runs that have ended. */
  async close(): Promise<void> {
    await Promise.all(this.#ending);
    await this.#manager.close();
  }

  /** The connection as it is now; `proven`: it must be the one that was looked at. */
  #over(proven?: Proven) {
    proven?.check();
    const { connection, failurePolicy, shared } = this.#parts;
    const kms = connection.kms();
    return {
      kms,
      connection: connection.describe(),
      target: connection.target() ?? proven?.target ?? '',
      failurePolicy,
      namedMaterials: this.namedMaterials(),
      known: knownKeys(this.#parts.learned),
      ...(shared === undefined ? {} : { shared }),
    };
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

  #watch(run: Run, dryRun: boolean): void {
    // A refusal names the key of a blob in a dry run, too.
    const ended = dryRun ? () => this.#learnFromRefusals(run.id) : () => this.#ended(run.id);
    const ending = run.done.then(ended).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Keeps what KMS said of the key materials; reads replaced files again. */
  async #ended(runId: string): Promise<void> {
    const { workspace, learn, follows } = this.#parts;
    if (this.#manager.closed) return;
    if (follows) await workspace.refresh(this.#manager.paths(runId));
    if (this.#manager.closed) return;
    const observations = observationsOf(
      await this.#manager.keysSeen(runId),
      this.#manager.asked(runId).request.method,
    );
    if (observations.length > 0) learn(observations);
    await this.#learnFromRefusals(runId);
  }

  async #learnFromRefusals(runId: string): Promise<void> {
    if (this.#manager.closed || this.#manager.asked(runId).request.method !== 'reencrypt') return;
    const observations = await observationsOfRefusals(this.#failedItems(runId));
    if (observations.length > 0 && !this.#manager.closed) this.#parts.learn(observations);
  }

  async *#failedItems(runId: string): AsyncGenerator<RunItem[]> {
    const turns = new Turns();
    for (let offset = 0; !this.#manager.closed; offset += ITEMS) {
      const { items } = this.#manager.items(runId, { offset, limit: ITEMS, only: 'failed' });
      yield items;
      if (items.length < ITEMS) return;
      if (turns.over) await turns.give();
    }
  }
}
