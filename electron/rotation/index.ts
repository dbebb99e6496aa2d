export { checkPermissions, type PermissionInput, type SourceKey } from './permissions.ts';
export { startRun } from './run.ts';
export type { PlanFile, ResolvedOutput, Run, RunInput } from './types.ts';
