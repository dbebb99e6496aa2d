import type { History } from '../../audit/index.ts';
import type { EngineOptions } from '../../bridge/index.ts';
import type { LearnedKeys } from '../../clusters/index.ts';
import type { Approvals } from '../approvals.ts';
import type { AuditRoom } from '../audit.ts';
import type { Blobs } from '../blobs.ts';
import type { Connection } from '../connection.ts';
import type { MfaDesk } from '../mfa.ts';
import type { OtherRegions } from '../other-regions.ts';
import type { PlanDesk } from '../plan-desk.ts';
import type { Practice } from '../practice.ts';
import type { Reports } from '../reports.ts';
import type { Runs } from '../runs.ts';
import type { SettingsFile } from '../settings.ts';
import type { SignIn } from '../sign-in.ts';
import type { TwoStep } from '../two-steps.ts';
import type { Witness } from '../witness.ts';
import type { Workspace } from '../workspace.ts';

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
