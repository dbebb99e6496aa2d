export type { AccessKeys, KmsAccess, RemoteFailure } from './access.ts';
export { connect } from './connect.ts';
export { forgetSessions } from './credentials.ts';
export { KmsFaultError } from './failure.ts';
export { endpointProblem, type ProfileUses, profileUses } from './profile-uses.ts';
export { listProfiles } from './profiles.ts';
export { type SsoSignedIn, type SsoSignInOptions, ssoSignIn } from './sso/sign-in.ts';
export type {
  AskMfa,
  ConnectOptions,
  DryRunOutput,
  Kms,
  KmsConnection,
  ListKeysOptions,
  PracticeAccess,
  ReEncryptInput,
  ReEncryptOutput,
  RightsInput,
  Sending,
} from './types.ts';
export { NotSent, unlessHeld } from './types.ts';
export { limitWords, type Waiting } from './waiting.ts';
export { watchProfiles } from './watch-profiles.ts';
export { isLoopback, partitionOf } from './where.ts';
