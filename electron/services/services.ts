import type { LearnedKeys } from '../core/key-material/index.ts';
import type { Approvals } from './approvals/approvals.ts';
import type { AuditRoom } from './audit/audit-service.ts';
import type { Reports } from './audit/reports.ts';
import type { Connection } from './connection/connection.ts';
import type { MfaDesk } from './connection/mfa-prompts.ts';
import type { OtherRegions } from './connection/other-regions.ts';
import type { Practice } from './connection/practice.ts';
import type { SignIn } from './connection/sign-in.ts';
import type { TwoStep } from './connection/two-step.ts';
import type { History } from './history/history.ts';
import type { Witness } from './history/history-recorder.ts';
import type { EngineOptions } from './options.ts';
import type { PlanDesk } from './plans/plan-service.ts';
import type { Runs } from './runs/runs.ts';
import type { SettingsFile } from './settings/settings.ts';
import type { Blobs } from './workspace/blobs.ts';
import type { Workspace } from './workspace/workspace.ts';

/** The services that handlers call. */
export interface Rooms {
  readonly options: EngineOptions;
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly learned: LearnedKeys;
  readonly connection: Connection;
  /** Where the destination key lives when it needs another principal or Region; most often nothing is chosen. */
  readonly destination: Connection;
  readonly regions: OtherRegions;
  readonly signIn: SignIn;
  readonly mfa: MfaDesk;
  readonly practice: Practice;
  readonly runs: Runs;
  readonly plans: PlanDesk;
  /** The way of a run that decrypts here and encrypts there; its child is the caller's to close. */
  readonly twoStep: (destinationKeyId: string) => Promise<TwoStep>;
  readonly settings: SettingsFile;
  readonly approvals: Approvals;
  readonly audit: AuditRoom;
  readonly history: History;
  readonly reports: Reports;
  readonly witness: Witness;
}
