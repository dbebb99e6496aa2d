export { changesMaterialAlone, shownCurrent } from './as-asked.ts';
export { type Again, RunBook } from './book.ts';
export { type StandsAt, type Wanted, withDone } from './done-before.ts';
export type { Job } from './job.ts';
export type { AskedTerms, KeySeen } from './journal/rows.ts';
export type { Send } from './line.ts';
export { checkPermissions, type PermissionInput, type SourceKey } from './permissions.ts';
export { planBlob } from './plan-blob.ts';
export { resumeRun, startRun } from './run.ts';
export { type Claim, refuseLive } from './run-locks.ts';
export type { RunHooks } from './run-parts.ts';
export type {
  DoneBefore,
  ItemsQuery,
  KnownKeys,
  NamedMaterial,
  Patience,
  PlanBlob,
  PlanFile,
  ResolvedOutput,
  Run,
  RunApproval,
  RunInput,
  RunTerms,
} from './types.ts';
export type { Undone } from './undo.ts';
