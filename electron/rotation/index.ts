export { startRun } from './run.ts';
export type { PlanFile, ResolvedOutput, Run, RunInput } from './types.ts';
