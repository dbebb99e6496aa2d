import { isAbsolute, join, resolve } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { PlannedFile, RunPlan } from '#shared/model/plan.ts';
import type { PlanFile } from '../rotation/index.ts';
import type { Runs } from './runs.ts';
import type { Workspace } from './workspace.ts';

/** Files of these blobs as a plan has them, by absolute path; pasted text has none. Throws FaultError `BlobGone`. */
export function plannedFiles(workspace: Workspace, blobIds: readonly string[]): PlannedFile[] {
  return workspace.plan(blobIds).files.flatMap(({ path, sha256, blobs }) =>
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

/**
 * Starts what a plan says. Files need not be in the list; each is read when its turn comes, and left alone when it is
 * not what the plan says. Throws FaultError `PlanRootNeeded`, and those of `Runs.begin`.
 */
export function runPlan(runs: Runs, plan: RunPlan, root: string | null, dryRun: boolean): string {
  const from = root ?? plan.root;
  const files = plan.files.map((file, f): PlanFile => {
    if (from === null && !isAbsolute(file.path))
      throw new FaultError(
        fault(
          'PlanRootNeeded',
          'The plan names its files by relative paths, and no folder that they start from.',
          'It was made in a window, which does not name folders.',
          'Give the folder with --root.',
        ),
      );
    return {
      path: isAbsolute(file.path) ? file.path : join(resolve(from ?? '.'), file.path),
      bytes: null,
      display: file.path,
      relative: isAbsolute(file.path) ? file.path.replace(/^(?:[A-Za-z]:)?[\\/]+/, '') : file.path,
      sha256: file.sha256,
      blobs: file.blobs.map(({ place, sha256, bytes, fingerprint }, b) => ({
        blobId: `${f}.${b}`,
        place,
        sha256,
        bytes,
        fingerprint,
      })),
    };
  });
  const { source, destination, verify, onFailure, pace, output, mode } = plan;
  return runs.begin(
    {
      source,
      destination,
      verify,
      onFailure,
      pace,
      grantTokens: [],
      route: 'reencrypt',
      dryRun,
      // A refresh is asked for because the key is the same: only its current material counts as there.
      evenIfThere: mode === 'change-context',
    },
    output.mode === 'folder' ? { mode: 'folder', folder: resolve(output.folder) } : output,
    files,
  );
}
