export type { AccessKeys, KmsAccess, KmsWay, RemoteFailure } from './access.ts';
export { endpointProblem, type ProfileUses, profileUses } from './config/profile-uses.ts';
export { listProfiles } from './config/profiles.ts';
export { watchProfiles } from './config/shared-config.ts';
export { partitionOf } from './config/where.ts';
export { connect } from './connect.ts';
export { connectionNotes } from './credentials/notes.ts';
export { forgetSessions } from './credentials/open-session.ts';
export { KmsFaultError } from './failure.ts';
export { RemoteKms, RemoteKmsError } from './remote-kms.ts';
export { type SsoSignedIn, type SsoSignInOptions, ssoSignIn } from './sso/sign-in.ts';
export type {
  AskMfa,
  ConnectOptions,
  DryRunOutput,
  Kms,
  KmsConnection,
  KmsRequests,
  ListKeysOptions,
  PracticeAccess,
  ReEncryptInput,
  ReEncryptOutput,
  RightsInput,
  Sending,
} from './types.ts';
export { NotSent, unlessHeld } from './types.ts';
export { limitWords, type Waiting } from './waiting.ts';
