import { dirname, resolve } from 'node:path';
import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { PlannedFile, RunPlan } from '#shared/model/plan.ts';
import type { PlanCheck } from '#shared/model/plan-view.ts';
import { type Rule, ruleOf } from '#shared/model/rule.ts';
import { type RealFolders, realFolder } from '../../core/intake/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import { changesMaterialAlone, shownCurrent } from '../../core/rotation/index.ts';
import type { Connection } from '../connection/index.ts';
import { notHere } from '../faults.ts';
import { planJob } from '../runs/index.ts';
import type { PathOrigin, PlanOpener } from '../workspace/index.ts';
import { commandOf } from './command.ts';
import { type Standing, standings, summed } from './plan-check.ts';
import { readPlanFile, saysPlan } from './plan-file.ts';
import { openPlan } from './plan-source.ts';
import { comparisonOf, keyOf, type OpenPlan, planEntry, touchesOf, viewOf } from './plan-view.ts';
import { type PlanSources, writePlan, writeShards } from './plan-writing.ts';
import { outputOf, placeOf, plannedFiles, runFile, runPlan, termsOf } from './plans.ts';
import { type Choosable, chosenBlobs } from './rule-choice.ts';

const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\//;

interface Opened extends OpenPlan {
  readonly origin: PathOrigin;
  /** Real path of the folder of each absolute path of the plan, as it was when the plan was opened. */
  readonly folders: Promise<RealFolders>;
}

interface PlanServiceParts extends Choosable, PlanSources {
  readonly connection: Pick<Connection, 'kms' | 'state'>;
  readonly opened: (planId: string) => void;
  /** Number of the first plan's id; 1 if absent. */
  readonly firstNumber?: number;
}

/** Plans as values: written from what was chosen, opened from files, looked at, compared, run. */
export class PlanService implements PlanOpener {
  readonly #open = new Map<string, Opened>();
  #next: number;
  readonly #parts: PlanServiceParts;

  constructor(parts: PlanServiceParts) {
    this.#parts = parts;
    this.#next = parts.firstNumber ?? 1;
  }

  readonly requests: PageHandlers['plans'] = {
    select: async ({ rules, emulatorBlobs }) => {
      const { blobIds, notes } = await chosenBlobs(this.#parts, rules, emulatorBlobs);
      return { blobIds, notes: [...notes] };
    },
    save: () => notHere('hand out files'),
    shard: () => notHere('hand out files'),
    command: async ({ request }) => ({
      text: await commandOf(this.#parts, request, this.#parts.connection.state.choice),
    }),
    open: () => notHere('open a file dialog'),
    list: async () => ({ plans: [...this.#open.values()].map(planEntry).toReversed() }),
    view: async ({ planId }) => viewOf(this.#get(planId)),
    check: ({ planId }) => this.check(planId),
    compare: async ({ a, b }) => comparisonOf(this.#get(a).plan, this.#get(b).plan),
    run: async ({ planId, dryRun }) => ({ runId: await this.run(planId, dryRun) }),
    close: async ({ planId }) => {
      this.#open.delete(planId);
      return {};
    },
  };

  readonly hostRequests: HostHandlers['plans'] = {
    openFile: async ({ path }) => ({ planId: this.openFile(path, 'picked') }),
    write: (draft) => writePlan(this.#parts, this.#toWrite(draft)),
    writeShards: ({ draft, parent }) =>
      writeShards(this.#parts, this.#toWrite(draft), { shards: draft.shards, parent }),
    plannedFiles: async ({ blobIds }) => ({ files: await plannedFiles(this.#parts.workspace, blobIds) }),
    runPlan: async ({ path, root, ...choices }) => ({
      runId: await runPlan(this.#parts.runs, await openPlan(path), root, choices),
    }),
  };

  isPlan(path: string): boolean {
    return saysPlan(path);
  }

  /** Opens a plan file; its id. Throws FaultError `NoPlan`. */
  openFile(path: string, origin: PathOrigin): string {
    const { name, plan } = readPlanFile(path);
    const planId = `p${this.#next++}`;
    this.#open.set(planId, { planId, name, origin, plan, folders: foldersOf(plan) });
    this.#parts.opened(planId);
    return planId;
  }

  async check(planId: string): Promise<PlanCheck> {
    const opened = this.#get(planId);
    const { plan } = opened;
    const all = await this.#standings(opened);
    const read = plan.rules.map(ruleOf);
    const rules = read.filter((rule) => rule !== null);
    return {
      checkedAt: new Date().toISOString(),
      ...summed(all),
      // A rule that does not read would be left out, and the others choose more than was meant.
      chosenSince:
        rules.length === 0 || rules.length < read.length ? null : await this.#chosenSince(plan, rules),
      runs: touchesOf(all.map((one) => ({ blobs: sendable(one, plan).length }))),
      refused: this.#refusedOutput(opened),
    };
  }

  /** Starts a run of the blobs that are as planned. Throws FaultError `PlanEmpty`, and those of `Runs.beginJob`. */
  async run(planId: string, dryRun: boolean): Promise<string> {
    const opened = this.#get(planId);
    const { plan } = opened;
    const refused = this.#refusedOutput(opened);
    if (refused !== null) throw new FaultError(fault('PlanOutputNotHere', refused, '', 'Make a plan here.'));
    const folders = await opened.folders;
    const files = (await this.#standings(opened)).flatMap((one) => {
      const { file, path } = one;
      const kept = sendable(one, plan);
      if (path === null || kept.length === 0) return [];
      const blobs = kept.flatMap((index) => file.blobs[index] ?? []);
      const listed = this.#parts.workspace.at(path);
      const ids = new Map(listed?.blobs.map(({ id, found }) => [found.place, id]));
      return [
        {
          ...runFile(
            { ...file, blobs },
            path,
            (b) => ids.get(blobs[b]?.place ?? '') ?? `${planId}:${path}:${b}`,
          ),
          folder: folders.get(dirname(path)) ?? null,
        },
      ];
    });
    if (files.length === 0) throw new FaultError(EMPTY);
    const output = outputOf(plan);
    return this.#parts.runs.starts.beginJob(await planJob(plan), {
      terms: termsOf(plan, { dryRun }),
      output,
      files,
      ...(opened.origin === 'picked' ? {} : { foreignPlan: opened.name }),
    });
  }

  async #standings({ plan, origin }: Opened): Promise<Standing[]> {
    const { workspace } = this.#parts;
    const byRelative = plan.root === null ? workspace.list.byRelative() : null;
    const place = (file: PlannedFile): string | null => {
      const path = placeOf(file.path, plan.root) ?? byRelative?.get(file.path)?.path ?? null;
      if (path === null || origin !== 'upload') return path;
      return workspace.at(path) === null ? null : path;
    };
    // As a run judges: what is not known to be as asked is sent.
    const judged = changesMaterialAlone(termsOf(plan));
    const key = judged ? await this.#described(plan.destination.keyId) : null;
    const current =
      key === null || key.currentKeyMaterialId === null
        ? null
        : { keyArn: key.arn, keyMaterialId: key.currentKeyMaterialId };
    const named = this.#parts.runs.namedMaterials();
    const there = (fingerprint: string): boolean => shownCurrent(named(fingerprint), current) !== null;
    const wanted = plan.files.map((file) => ({ ...runFile(file, '', String), path: place(file) }));
    const found = await this.#parts.runs.fileStandings(await planJob(plan), wanted, outputOf(plan));
    return standings(plan.files, { place, there, before: (index) => found[index] ?? null });
  }

  #toWrite<Draft>(draft: Draft) {
    return { ...draft, arnOf: (keyId: string) => this.#arn(keyId) };
  }

  /** The ARN of a key, however it is spelt; the spelling itself where KMS cannot say. */
  async #arn(keyId: string): Promise<string> {
    return KEY_ARN.test(keyId) ? keyId : ((await this.#described(keyId))?.arn ?? keyId);
  }

  async #described(keyId: string): Promise<KeyInfo | null> {
    try {
      return await this.#parts.connection.kms().describeKey(keyId);
    } catch {
      // Not connected, or not permitted.
      return null;
    }
  }

  /** Null where only KMS or a rules file can say, and was not asked. */
  async #chosenSince(plan: RunPlan, rules: readonly Rule[]): Promise<number | null> {
    const { workspace } = this.#parts;
    const planned = new Set(
      plan.files.flatMap(({ path, blobs }) =>
        blobs.map(({ place }) => keyOf({ path: placeOf(path, plan.root) ?? path, place })),
      ),
    );
    let more = 0;
    const chosen = await chosenBlobs(this.#parts, rules, plan.emulatorBlobs).catch((error: unknown) => {
      if (error instanceof FaultError) return null;
      throw error;
    });
    if (chosen === null) return null;
    for (const id of chosen.blobIds) {
      const { source, found } = workspace.get(id);
      const names = [source.key, source.relative].filter((path) => path !== null);
      if (!names.some((path) => planned.has(keyOf({ path, place: found.place })))) more += 1;
    }
    return more;
  }

  /** A page that uploads a plan must not name a folder of this machine that its host was not started with. */
  #refusedOutput({ plan, origin }: Opened): string | null {
    const { output } = plan;
    if (origin !== 'upload' || output.mode !== 'folder') return null;
    const folder = resolve(output.folder);
    return this.#parts.runs.folders.list().some(({ path }) => path === folder)
      ? null
      : 'The plan writes into a folder that this host was not started with (rewrap serve --out DIR).';
  }

  #get(planId: string): Opened {
    const opened = this.#open.get(planId);
    if (opened !== undefined) return opened;
    throw new FaultError(fault('PlanGone', 'That plan is no longer open.', '', 'Open its file again.'));
  }
}

/** Where the folders of a plan lead, with turns for others: there may be a hundred thousand. */
async function foldersOf({ files, root }: RunPlan): Promise<RealFolders> {
  const folders: RealFolders = new Map();
  const turns = new Turns();
  for (const file of files) {
    const path = placeOf(file.path, root);
    if (path !== null) realFolder(path, folders);
    if (turns.over) await turns.give();
  }
  return folders;
}

/** Indexes of a file's blobs that a run would send. */
function sendable({ states }: Standing, plan: RunPlan): number[] {
  const { evenIfThere } = termsOf(plan);
  return states.flatMap((state, index) =>
    state === 'ready' || (state === 'there' && evenIfThere === true) ? [index] : [],
  );
}

const EMPTY = fault(
  'PlanEmpty',
  'Nothing of this plan is left to run.',
  'No blob of it is as it was when the plan was made and still to be re-encrypted.',
  'Choose the blobs again and make a new plan.',
);
