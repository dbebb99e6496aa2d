import { FaultError } from '#shared/model/fault.ts';
import { saysPlan } from '../plans/plan-file.ts';
import type { PlanOrigin, PlanService } from '../plans/plan-service.ts';
import type { IntakeResult } from './ingest.ts';
import type { Workspace } from './workspace.ts';

/**
 * Takes in what a person named. A plan file among it is opened instead; one that cannot be is an skipped file. (A plan in a
 * folder is a file like any other: it holds no ciphertext.)
 */
export async function takeNamed(
  { workspace, plans }: { readonly workspace: Workspace; readonly plans: PlanService },
  paths: readonly string[],
  origin: PlanOrigin,
): Promise<IntakeResult & { plans: number }> {
  const planPaths = paths.filter(saysPlan);
  const others = paths.filter((path) => !planPaths.includes(path));
  const result: IntakeResult =
    others.length > 0 || planPaths.length === 0
      ? await workspace.addPaths(others, origin === 'upload' ? 'upload' : 'path')
      : { sources: 0, blobs: 0, skippedFiles: [], moreSkipped: 0 };
  let opened = 0;
  for (const path of planPaths) {
    try {
      plans.openFile(path, origin);
      opened += 1;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      const { message, detail } = error.fault;
      const file = path.split(/[\\/]/).at(-1) ?? path;
      result.skippedFiles.push({ file, code: 'bad-plan', message: `${message} ${detail}`.trim() });
    }
  }
  return { ...result, plans: opened };
}
