import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { PlannedFile, PlanTerms } from '#shared/model/plan.ts';
import { INSIDE, memberName, memberPath } from '../../core/intake/index.ts';
import type { PlanFile, PlanFiles, PlanTotals, ResolvedOutput, RunTerms } from '../../core/rotation/index.ts';
import { PlanHash, type Runs } from '../runs/index.ts';
import type { Workspace } from '../workspace/index.ts';
import type { PlanSource } from './plan-source.ts';

/** Files of these blobs as a plan has them, by absolute path; pasted text has none. Throws FaultError `BlobGone`. */
export async function plannedFiles(workspace: Workspace, blobIds: readonly string[]): Promise<PlannedFile[]> {
  const { files } = await workspace.plan(blobIds);
  return files.flatMap(({ path, sha256, blobs }) =>
    path === null
      ? []
      : [
          {
            path,
            sha256,
            blobs: blobs.map(({ blobId, place, sha256: hash, bytes, fingerprint }) => {
              const { found } = workspace.get(blobId);
              return {
                place,
                sha256: hash,
                bytes,
                fingerprint,
                encoding: found.encoding.name,
                kind: found.identification.kind,
              };
            }),
          },
        ],
  );
}

/** The deepest folder that holds all of these absolute paths; null where there is none. */
export function commonFolder(paths: readonly string[]): string | null {
  const [first, ...rest] = paths;
  if (first === undefined) return null;
  let folder = dirname(first);
  for (const path of rest)
    while (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      const above = dirname(folder);
      if (above === folder) return null;
      folder = above;
    }
  return folder;
}

/** A path below the plan's root by its way from there, with "/"; any other by its absolute one. */
export function below(root: string, path: string): string {
  const [file, inside] = apart(path);
  const way = relative(root, file);
  return way.startsWith('..') || isAbsolute(way) ? path : way.split(sep).join('/') + inside;
}

/** A path of the disk, and what it names in an archive there, which is no path to be resolved; '' for nothing. */
function apart(path: string): [file: string, inside: string] {
  const at = path.indexOf(INSIDE);
  return at === -1 ? [path, ''] : [path.slice(0, at), path.slice(at)];
}

/** Absolute path of a plan's file; null where it is relative and no folder is given. */
export function placeOf(file: string, root: string | null): string | null {
  if (isAbsolute(file)) return file;
  if (root === null) return null;
  const [path, inside] = apart(file);
  return join(resolve(root), path) + inside;
}

/** A plan's file as a run takes it. `blobId`: how each of its blobs is called. */
export function runFile(file: PlannedFile, path: string, blobId: (index: number) => string): PlanFile {
  const bare = isAbsolute(file.path) ? file.path.replace(/^(?:[A-Za-z]:)?[\\/]+/, '') : file.path;
  const [archive = '', ...names] = memberName(path) === null ? [bare] : bare.split(INSIDE);
  return {
    path,
    bytes: null,
    display: file.path,
    relative: names.length === 0 ? archive : memberPath(archive, names),
    sha256: file.sha256,
    blobs: file.blobs.map(({ place, sha256, bytes, fingerprint }, b) => ({
      blobId: blobId(b),
      place,
      sha256,
      bytes,
      fingerprint,
    })),
  };
}

/** Where a plan's new files go. */
export const outputOf = ({ output }: PlanTerms): ResolvedOutput =>
  output.mode === 'folder' ? { mode: 'folder', folder: resolve(output.folder) } : output;

/** What a plan leaves to the one who runs it. */
interface RunChoices {
  readonly dryRun?: boolean;
  readonly evenIfThere?: boolean | undefined;
  readonly grantTokens?: readonly string[] | undefined;
  readonly processes?: number | undefined;
}

/** What a plan asks a run for. */
export function termsOf(
  plan: PlanTerms,
  { dryRun = false, grantTokens = [], evenIfThere = plan.evenIfThere }: RunChoices = {},
): RunTerms {
  const { source, destination, verify, onFailure, pace, mode } = plan;
  return {
    source,
    destination,
    verify,
    onFailure,
    pace,
    grantTokens: [...grantTokens],
    method: 'reencrypt',
    dryRun,
    mode,
    // A change of context sends each blob, whatever key material it is under.
    evenIfThere: evenIfThere ?? mode === 'change-context',
    ...(plan.allowPossiblePlaintext === true ? { allowPossiblePlaintext: true } : {}),
    ...(plan.emulatorBlobs === true ? { emulatorBlobs: true } : {}),
  };
}

/**
 * Does what is left of what a plan says: {@link Runs.beginJob}. Files need not be in the list; each is read when its turn
 * comes, and left alone when it is not what the plan says. Throws FaultError `NoPlan`, `PlanRootNeeded`, and those of
 * `Runs.beginJob`.
 */
export async function runPlan(
  runs: Runs,
  plan: PlanSource,
  root: string | null,
  choices: RunChoices,
): Promise<string> {
  const { terms } = plan;
  const { id, totals } = await measured(plan, root);
  return runs.starts.beginJob(
    { id, lasts: true },
    { terms: termsOf(terms, choices), output: outputOf(terms), files: filesToRun(plan, root, totals) },
    choices.processes,
  );
}

/** The files of a plan as a run takes them, read anew each time. */
const filesToRun = (plan: PlanSource, root: string | null, totals: PlanTotals): PlanFiles => ({
  totals,
  async *lots() {
    let f = 0;
    for await (const lot of plan.files()) {
      yield lot.map((file) => {
        const number = f++;
        return runFile(file, placeNow(file, plan, root), (b) => `${number}.${b}`);
      });
    }
  },
});

/** Goes through a plan once: its id as a job, and how large it is. */
async function measured(plan: PlanSource, root: string | null): Promise<{ id: string; totals: PlanTotals }> {
  const hash = new PlanHash(plan.terms);
  let [files, blobs, bytes] = [0, 0, 0];
  for await (const lot of plan.files())
    for (const file of lot) {
      placeNow(file, plan, root);
      hash.add(file);
      files++;
      blobs += file.blobs.length;
      for (const blob of file.blobs) bytes += blob.bytes;
    }
  return { id: hash.id(), totals: { files, blobs, bytes, done: 0 } };
}

function placeNow(file: PlannedFile, { terms }: PlanSource, root: string | null): string {
  const path = placeOf(file.path, root ?? terms.root);
  if (path !== null) return path;
  throw new FaultError(
    fault(
      'PlanRootNeeded',
      'The plan names its files by relative paths, and no folder that they start from.',
      'Its files were uploaded to where it was made.',
      'Give the folder with --root.',
    ),
  );
}
