import { FaultError, fault } from '#shared/model/fault.ts';
import { modeOf, planText, type RunPlan } from '#shared/model/plan.ts';
import { type Rule, ruleText } from '#shared/model/rule.ts';
import type { RunRequest } from '#shared/model/run.ts';
import type { KeyMaterialStore } from '../../core/key-material/index.ts';
import type { Runs } from '../runs/index.ts';
import type { Workspace } from '../workspace/index.ts';
import { below, commonFolder, plannedFiles } from './plans.ts';

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

/**
 * Writes down what a request would do. `arnOf`: the ARN of a key that is spelt in any way. Throws FaultError `PlanNeedsOutput`, `PlanNeedsFiles`,
 * `PlanNotTwoStep`.
 */
export async function writePlan(
  { workspace, learned, runs }: PlanSources,
  request: PlannedRequest,
  rules: readonly Rule[],
  arnOf: (keyId: string) => Promise<string>,
): Promise<WrittenPlan> {
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
  const name = `rewrap-plan-${now.slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-')}.json`;
  return { name, bytes: new TextEncoder().encode(planText(plan)), leftOut };
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
