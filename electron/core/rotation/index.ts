export type { FileStanding, Job, JobFile } from './job.ts';
export { COUNTED_AS, namesOtherKey, wasSeen } from './journal/figures.ts';
export { type Claim, refuseLive } from './journal/locks.ts';
export type { KeySeen } from './journal/rows.ts';
export { outputMode, type ResolvedOutput } from './output-mode.ts';
export { sourceOf } from './plan-files.ts';
export type { RecordPage, RecordQuery } from './record-search.ts';
export { changesMaterialAlone, shownCurrent } from './run/checks/destination-key.ts';
export { checkPermissions, type SourceKey } from './run/checks/permissions.ts';
export { blobRef } from './run/open-file.ts';
export type { BlobPair } from './run/results.ts';
export type { UndoResult } from './run/undo.ts';
export { RunManager } from './run-manager.ts';
export type { Send } from './scheduler/request-scheduler.ts';
export { mayPass } from './scheduler/retry.ts';
export { Attempt } from './shards/attempt.ts';
export { attemptsIn } from './shards/checkpoint.ts';
export { SharedRate } from './shards/shared-rate.ts';
export type { SharedWork } from './shards/shared-work.ts';
export type {
  BlobRef,
  ConnectionFailurePolicy,
  ItemsQuery,
  KnownKeys,
  NamedMaterial,
  PlanFile,
  PlanFiles,
  PlanTotals,
  Run,
  RunApproval,
  RunInput,
  RunTerms,
} from './types.ts';
export { byProcesses, storedTerms } from './types.ts';
export type { RunWorkers } from './workers/worker-pool.ts';
