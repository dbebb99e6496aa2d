export type { Job } from './job.ts';
export type { AskedTerms, KeySeen } from './journal/rows.ts';
export { type Claim, refuseLive } from './journal/run-locks.ts';
export type { UndoResult } from './journal/undo.ts';
export { changesMaterialAlone, shownCurrent } from './run/as-asked.ts';
export { type FileStanding, type JobFile, withDone } from './run/done-before.ts';
export type { BlobPair } from './run/pairs.ts';
export { checkPermissions, type PermissionInput, type SourceKey } from './run/permissions.ts';
export { planBlob } from './run/plan-blob.ts';
export { resumeRun, startRun } from './run/run.ts';
export type { RunHooks } from './run/run-parts.ts';
export { type Again, RunManager } from './run-manager.ts';
export type { Send } from './scheduler/request-scheduler.ts';
export { passes } from './scheduler/retry.ts';
export type {
  ConnectionFailurePolicy,
  DoneBefore,
  ItemsQuery,
  KnownKeys,
  NamedMaterial,
  PlanBlob,
  PlanFile,
  ResolvedOutput,
  Run,
  RunApproval,
  RunInput,
  RunTerms,
} from './types.ts';
