import type { KeyMaterialStore } from '../core/key-material/index.ts';
import type { Approvals } from './approvals/approvals.ts';
import type { AuditService } from './audit/audit-service.ts';
import type { Reports } from './audit/reports.ts';
import type { Connection } from './connection/connection.ts';
import type { MfaPrompts } from './connection/mfa-prompts.ts';
import type { OtherRegions } from './connection/other-regions.ts';
import type { Practice } from './connection/practice.ts';
import type { SignIn } from './connection/sign-in.ts';
import type { TwoStep } from './connection/two-step.ts';
import type { History } from './history/history.ts';
import type { HistoryRecorder } from './history/history-recorder.ts';
import type { EngineOptions } from './options.ts';
import type { PlanService } from './plans/plan-service.ts';
import type { Runs } from './runs/runs.ts';
import type { SettingsFile } from './settings/settings.ts';
import type { Blobs } from './workspace/blobs.ts';
import type { Workspace } from './workspace/workspace.ts';

/** The services that handlers call. */
export interface Services {
  readonly options: EngineOptions;
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly learned: KeyMaterialStore;
  readonly connection: Connection;
  /** Where the destination key lives when it needs another principal or Region; most often nothing is chosen. */
  readonly destination: Connection;
  readonly regions: OtherRegions;
  readonly signIn: SignIn;
  readonly mfa: MfaPrompts;
  readonly practice: Practice;
  readonly runs: Runs;
  readonly plans: PlanService;
  /** The way of a run that decrypts here and encrypts there; its child is the caller's to close. */
  readonly twoStep: (destinationKeyId: string) => Promise<TwoStep>;
  readonly settings: SettingsFile;
  readonly approvals: Approvals;
  readonly audit: AuditService;
  readonly history: History;
  readonly reports: Reports;
  readonly recorder: HistoryRecorder;
}
