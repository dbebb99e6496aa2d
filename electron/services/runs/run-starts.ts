import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { RunRequest, RunSummary } from '#shared/model/run.ts';
import type { KeyMaterialStore } from '../../core/key-material/index.ts';
import {
  byProcesses,
  type Claim,
  type ConnectionFailurePolicy,
  type ItemsQuery,
  type Job,
  type PlanFile,
  type PlanFiles,
  type ResolvedOutput,
  type Run,
  type RunApproval,
  type RunInput,
  type RunManager,
  type RunTerms,
  refuseLive,
  type SharedWork,
  sourceOf,
} from '../../core/rotation/index.ts';
import type { Connection } from '../connection/index.ts';
import type { AskedRun, HistoryRecorder } from '../history/index.ts';
import type { Workspace } from '../workspace/index.ts';
import { FirstFiles } from './first-files.ts';
import { asListed, commandJob } from './jobs.ts';
import type { OutputFolders } from './output-folders.ts';
import type { Proven, RunApprovals } from './run-approvals.ts';
import { knownKeys, namedMaterials } from './run-keys.ts';
import type { TwoStepRuns } from './two-step-runs.ts';

/** What a run is to do. */
interface RunSpec {
  readonly terms: RunTerms;
  readonly output: ResolvedOutput;
  readonly files: readonly PlanFile[] | PlanFiles;
  /** What it is part of: the id of a {@link Job}. */
  readonly job?: string | null;
  /** Name of a plan file that the page brought. */
  readonly foreignPlan?: string;
  /** {@link RunInput.processes}. */
  readonly processes?: number | undefined;
}

interface GoOn {
  readonly failedToo: boolean;
  readonly foreignPlan?: string | undefined;
  readonly grantTokens?: readonly string[];
  readonly processes?: number | undefined;
}

/** Of a run under way: it can be gone on with. */
const HELD: ReadonlySet<RunSummary['status']> = new Set(['paused', 'pausing', 'waiting']);

interface RunStartsParts {
  readonly manager: RunManager;
  readonly workspace: Workspace;
  readonly connection: Connection;
  readonly learned: KeyMaterialStore;
  readonly approvals: RunApprovals;
  readonly follows: boolean;
  readonly failurePolicy: ConnectionFailurePolicy;
  readonly recorder: Pick<HistoryRecorder, 'run' | 'abandoned'>;
  readonly shared?: SharedWork;
  readonly folders: OutputFolders;
  readonly twoSteps: TwoStepRuns;
  /** Runs of this start. */
  readonly mine: ReadonlySet<string>;
  /** A run of this start has begun. */
  readonly begun: (runId: string) => void;
  /** Does what follows on a run once it has ended. */
  readonly watch: (run: Run, dryRun: boolean) => void;
}

/** How runs begin, go on and end before their time: each is approved first, and over the connection that was looked at. */
export class RunStarts {
  readonly #parts: RunStartsParts;
  readonly #firstFiles: FirstFiles;

  constructor(parts: RunStartsParts) {
    this.#parts = parts;
    this.#firstFiles = new FirstFiles(async (runId) => {
      const { files, finishedAt } = await parts.manager.summary(runId);
      return files.done > 0 || finishedAt === null;
    });
  }

  /** Throws FaultError: `BlobGone`, `NotConnected`, `FilesInUse`, `FolderUnknown`, `NothingToReplace`, `JournalFailed`. */
  async start(request: RunRequest): Promise<string> {
    const { files, origins } = await this.#parts.workspace.plan(request.blobIds);
    const { blobIds, output, beforeRunOf, ...asked } = request;
    // A page cannot have a run that writes be called a check before another one.
    const isCheck = asked.dryRun && beforeRunOf !== undefined && beforeRunOf >= blobIds.length;
    const terms = isCheck ? { ...asked, beforeRunOf } : asked;
    return this.#begin({ terms, output: this.#parts.folders.resolve(output, origins), files });
  }

  /** The same of what a command names by its paths: goes on with what is left of it. Throws as {@link beginJob} too. */
  async startCommand(request: RunRequest, paths: readonly string[]): Promise<string> {
    const { files, origins } = await this.#parts.workspace.plan(request.blobIds);
    const { blobIds: _, output: chosen, ...terms } = request;
    const output = this.#parts.folders.resolve(chosen, origins);
    return this.beginJob(commandJob(paths, terms, output), { terms, output, files });
  }

  /**
   * Does what is left of a job: goes on with a run of it that was cut off, where that does all of it; else that one is
   * closed as it stands, and a new run has every file, with what earlier ones did of them. A dry run changes no run.
   * `processes`: how many do it now, named by a person; absent: as it says itself, or as it was begun. Throws FaultError `OtherConnection`,
   * and as `RunManager.job`, `RunManager.start`.
   */
  async beginJob(job: Job, spec: RunSpec, processes?: number): Promise<string> {
    const asked =
      processes === undefined ? spec : { ...spec, terms: byProcesses(spec.terms, processes), processes };
    const { terms, output } = asked;
    if (terms.dryRun) {
      const files = await this.#parts.manager.jobFiles(job, asked.files, output);
      return this.#begin({ ...asked, files });
    }
    const { files, open, resume: last } = await this.#parts.manager.job(job, asked.files, output);
    const sends = ({ evenIfThere = false }: Pick<RunTerms, 'evenIfThere'>) => evenIfThere;
    const resume =
      last !== null && sends(this.#parts.manager.asked(last.id).request) === sends(terms) ? last : null;
    if (resume !== null)
      await this.#goOn(resume.id, {
        failedToo: true,
        foreignPlan: asked.foreignPlan,
        grantTokens: terms.grantTokens,
        processes,
      });
    for (const { id } of open) if (id !== resume?.id) await this.cancel(id);
    return resume?.id ?? this.#begin({ ...asked, files, job: job.id });
  }

  /** `before`: what was approved of the run that this one tries again. */
  async #begin(
    {
      terms: request,
      output: chosen,
      files: planned,
      job = null,
      foreignPlan = undefined,
      processes,
    }: RunSpec,
    before: RunApproval | null = null,
  ): Promise<string> {
    const files = sourceOf(planned);
    const { totals } = files;
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
          count: async () => ({ blobs: totals.blobs, files: totals.files }),
          foreignPlan: foreignPlan ?? null,
          afterFirst,
        },
        before,
      );
      const input = { request, output, files, job, approval: proven.approval, holdsAfterFirst, processes };
      const run =
        request.method === 'reencrypt'
          ? await this.#parts.manager.start({ ...input, ...this.#over(proven) })
          : await this.#overTwoSteps(request, proven, (over, connection) =>
              this.#parts.manager.start({ ...input, connection, ...over }),
            );
      return this.#kept(run, request, output).id;
    });
  }

  /**
   * Goes on with a run that is paused, or that was cut off. Throws as `RunApprovals.prove` and `RunManager.resume`.
   */
  async resume(runId: string, grantTokens: readonly string[] = []): Promise<void> {
    const live = this.#parts.manager.live(runId);
    if (live !== null && live.summary().finishedAt === null) {
      if (!HELD.has(live.summary().status)) refuseLive(live);
      if (live.atFirstFile) {
        const endpoints = this.#firstFiles.endpointsOf(runId);
        await this.#parts.approvals.proveContinue(() => this.#parts.manager.summary(runId), endpoints);
        this.#firstFiles.confirm(endpoints);
      }
      const twoStep = this.#parts.twoSteps.kmsOf(runId);
      if (twoStep !== null) {
        live.renew(twoStep);
        live.goOn();
        return;
      }
      const same = this.#parts.connection.target() === this.#parts.manager.target(runId);
      // Held back for its own connection, it can only go on over the same one; else it still has it.
      if (!same && live.summary().fault !== null) this.#parts.manager.refuseConnection(runId);
      if (same) live.renew(this.#parts.connection.kms());
      live.goOn();
      return;
    }
    await this.#goOn(runId, { failedToo: false, grantTokens });
  }

  /** `failedToo`: with what failed, too. `grantTokens`: in place of those of the run, where some are given. */
  async #goOn(runId: string, { failedToo, foreignPlan, grantTokens = [], processes }: GoOn): Promise<void> {
    await this.#claimed(runId, 'resumed', async (claim) => {
      const how = { failedToo, claim, processes };
      const { request, output, approval } = this.#parts.manager.asked(runId);
      // Over another connection it is not gone on with: nothing is asked for that.
      if (request.method === 'reencrypt' && this.#over().target !== this.#parts.manager.target(runId))
        this.#parts.manager.refuseConnection(runId);
      const count = async () => {
        const { counts, files } = await this.#parts.manager.summary(runId);
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
          this.#parts.manager.setApproval(runId, proven.approval);
        if (grantTokens.length > 0) this.#parts.manager.setGrantTokens(runId, grantTokens);
        const resumed =
          request.method === 'decrypt-encrypt'
            ? await this.#overTwoSteps(request, proven, (over) =>
                this.#parts.manager.resume(runId, { ...over, holdsAfterFirst }, how),
              )
            : await this.#parts.manager.resume(runId, { ...this.#over(proven), holdsAfterFirst }, how);
        this.#parts.recorder.run(resumed, this.asked(runId));
        this.#parts.watch(resumed, false);
        return runId;
      });
    });
  }

  /**
   * A new run for what failed or was not reached. `grantTokens`: given again, since those of the run are deleted. Throws
   * FaultError `GrantTokensNeeded` where it had some and none are said, and as `RunApprovals.prove` and `RunManager.again`. */
  async retry(runId: string, grantTokens?: readonly string[]): Promise<string> {
    return this.#claimed(runId, 'tried again', async () => {
      const { row, files } = await this.#parts.manager.again(runId);
      const { tokensDeleted = 0, ...terms } = row.request;
      if (tokensDeleted > 0 && grantTokens === undefined)
        throw new FaultError(explainOwn('GrantTokensNeeded'));
      const now = this.#parts.mine.has(runId) ? await asListed(this.#parts.workspace, files) : files;
      const again = { ...terms, grantTokens: [...(grantTokens ?? terms.grantTokens)] };
      return this.#begin({ terms: again, output: row.output, files: now, job: row.job }, row.approval);
    });
  }

  /** Endpoints for which the run is held back after its first file. */
  #wary(terms: RunTerms, output: ResolvedOutput): string[] {
    return this.#parts.follows ? this.#parts.approvals.waryEndpoints(terms, output) : [];
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
      namedMaterials: namedMaterials(this.#parts.learned),
      known: knownKeys(this.#parts.learned),
      ...(shared === undefined ? {} : { shared }),
    };
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
    return this.#parts.twoSteps.begin(destination.keyId, ({ kms, target, described }) => {
      proven.check();
      const { failurePolicy, learned } = this.#parts;
      return begin({ kms, target, failurePolicy, known: knownKeys(learned) }, described);
    });
  }

  #kept(run: Run, terms: RunTerms, output: ResolvedOutput): Run {
    this.#parts.begun(run.id);
    this.#parts.recorder.run(run, { terms, output: output.mode, again: false });
    this.#parts.watch(run, terms.dryRun);
    return run;
  }

  /** Throws FaultError `RunGone`, `RunBusy` or `RunElsewhere` where something else is done with the run. */
  async #claimed<T>(runId: string, use: Claim['use'], work: (claim: Claim) => Promise<T>): Promise<T> {
    const claim = this.#parts.manager.claim(runId, use);
    try {
      return await work(claim);
    } finally {
      this.#parts.manager.release(claim);
    }
  }

  /** Stops a run; one that was cut off before is closed as it stands. */
  async cancel(runId: string): Promise<void> {
    const live = this.#parts.manager.live(runId);
    if (live !== null) return live.cancel();
    await this.#parts.manager.abandon(runId);
    const items = (query: ItemsQuery) => this.#parts.manager.recorded.items(runId, query).items;
    await this.#parts.recorder.abandoned(await this.#parts.manager.summary(runId), items, this.asked(runId));
  }

  /** Of a run of an earlier start: its blobs have other names by now. */
  asked(runId: string): AskedRun {
    const { request, output } = this.#parts.manager.asked(runId);
    return { terms: request, output: output.mode, again: true };
  }
}
