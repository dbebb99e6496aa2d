import { join } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import { modeOf, planText, type RunPlan } from '#shared/model/plan.ts';
import { type Rule, ruleText } from '#shared/model/rule.ts';
import type { RunRequest } from '#shared/model/run.ts';
import type { KeyMaterialStore } from '../../core/key-material/index.ts';
import type { Runs } from '../runs/index.ts';
import type { Workspace } from '../workspace/index.ts';
import { planInMemory } from './plan-source.ts';
import { below, commonFolder, plannedFiles } from './plans.ts';
import { shardPlan, shardsNotWritten } from './shard-plan.ts';

/** What a plan is written from. */
export interface PlanSources {
  readonly workspace: Workspace;
  readonly learned: KeyMaterialStore;
  readonly runs: Runs;
}

/** A plan is the same whether it is tried or run, and holds no grant token. */
type PlannedRequest = Omit<RunRequest, 'grantTokens' | 'dryRun'>;

/** A plan file to be saved. `leftOut`: blobs that have no file that a plan could name. */
interface WrittenPlan {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly leftOut: number;
}

/** What is to be written down. `arnOf`: the ARN of a key that is spelt in any way. */
interface ToWrite {
  readonly request: PlannedRequest;
  readonly rules: readonly Rule[];
  readonly arnOf: (keyId: string) => Promise<string>;
}

/** Writes down what a request would do. Throws FaultError `PlanNeedsOutput`, `PlanNeedsFiles`, `PlanNotTwoStep`. */
export async function writePlan(sources: PlanSources, wanted: ToWrite): Promise<WrittenPlan> {
  const { plan, leftOut } = await planOf(sources, wanted);
  const name = `rewrap-plan-${stamp(plan)}.json`;
  return { name, bytes: new TextEncoder().encode(planText(plan)), leftOut };
}

/**
 * Writes shards of what a request would do into a new folder below `parent`. Throws as {@link writePlan} and
 * {@link shardPlan}, and FaultError `ShardsNotWritten`.
 */
export async function writeShards(
  sources: PlanSources,
  wanted: ToWrite,
  { shards, parent }: { readonly shards: number; readonly parent: string },
): Promise<{ name: string; folder: string; leftOut: number }> {
  const { plan, leftOut } = await planOf(sources, wanted);
  const name = `rewrap-shards-${stamp(plan)}`;
  const folder = join(parent, name);
  try {
    await shardPlan(planInMemory(name, plan), shards, null, folder);
    return { name, folder, leftOut };
  } catch (error) {
    throw error instanceof FaultError ? error : shardsNotWritten(folder, error);
  }
}

/** The minute in which a plan was made, for names. */
const stamp = ({ createdAt }: RunPlan): string =>
  createdAt.slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-');

async function planOf(
  { workspace, learned, runs }: PlanSources,
  { request, rules, arnOf }: ToWrite,
): Promise<{ plan: RunPlan; leftOut: number }> {
  if (request.method !== 'reencrypt') throw new FaultError(TWO_STEP);
  const { files, origins } = await workspace.plan(request.blobIds);
  const here = files.flatMap(({ path }) => (path === null ? [] : [path]));
  if (here.length === 0) throw new FaultError(NO_FILES);
  const uploaded = new Map(files.map(({ path, relative }) => [path, relative]));
  // Where a page put its copy of a file means nothing to anybody else.
  const root = origins.has('upload')
    ? null
    : commonFolder(files.flatMap(({ path, archive }) => archive?.path ?? path ?? []));
  const named = (path: string): string =>
    workspace.at(path)?.origin === 'upload'
      ? (uploaded.get(path) ?? path).replaceAll('\\', '/')
      : root === null
        ? path
        : below(root, path);
  const now = new Date().toISOString();
  const { source, destination, verify, onFailure, pace, evenIfThere, allowPossiblePlaintext, emulatorBlobs } =
    request;
  const to = await arnOf(destination.keyId);
  const from = source.keyId === null ? null : await arnOf(source.keyId);
  const plan: RunPlan = {
    rewrapPlan: 1,
    createdAt: now,
    mode: modeOf(
      { ...source, keyId: from },
      { ...destination, keyId: to },
      keysOfBlobs(workspace, learned, request.blobIds),
    ),
    root,
    source,
    destination,
    output: plannedOutput(runs, request.output),
    verify,
    onFailure: onFailure ?? 'hold-back',
    pace: pace ?? { concurrency: null, perSecond: null },
    ...(evenIfThere === undefined ? {} : { evenIfThere }),
    ...(allowPossiblePlaintext === true ? { allowPossiblePlaintext } : {}),
    ...(emulatorBlobs === true ? { emulatorBlobs } : {}),
    rules: rules.map(ruleText),
    files: (await plannedFiles(workspace, request.blobIds)).map((file) => ({
      ...file,
      path: named(file.path),
    })),
  };
  const leftOut = files.reduce((sum, { path, blobs }) => sum + (path === null ? blobs.length : 0), 0);
  return { plan, leftOut };
}

function plannedOutput(runs: Runs, output: RunRequest['output']): RunPlan['output'] {
  if (output.mode === 'download') throw new FaultError(NO_OUTPUT);
  return output.mode === 'folder'
    ? { mode: 'folder', folder: runs.folders.path(output.folderToken) }
    : output;
}

/** ARNs of the keys of these blobs, as KMS or their containers say; null where one is not known. */
function keysOfBlobs(
  workspace: Workspace,
  learned: KeyMaterialStore,
  blobIds: readonly string[],
): string[] | null {
  const arns = new Set<string>();
  for (const blobId of blobIds) {
    const { found } = workspace.get(blobId);
    const fingerprint = found.identification.keyFingerprint;
    const said = fingerprint === null ? [] : learned.of(fingerprint);
    const arn = said.find(({ by }) => by === 'kms')?.keyArn ?? found.declared.keyArn;
    if (arn === null) return null;
    arns.add(arn);
  }
  return [...arns];
}

const NO_OUTPUT = fault(
  'PlanNeedsOutput',
  'A plan says where the new files go: in place, or into a folder.',
  'A download belongs to one window and cannot be planned.',
  'Choose another output, then save the plan.',
);
const NO_FILES = fault(
  'PlanNeedsFiles',
  'None of these blobs has a file that a plan could name.',
  'They were pasted.',
  'Choose blobs of files.',
);
const TWO_STEP = fault(
  'PlanNotTwoStep',
  'A run that decrypts here and encrypts there cannot be planned.',
  'It is agreed to for one run at a time.',
  'Run it from the sheet.',
);
