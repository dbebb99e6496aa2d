export { connect } from './connect.ts';
export { forgetSessions } from './credentials.ts';
export { listProfiles } from './profiles.ts';
export type { SsoCode } from './sso/device-flow.ts';
export { type SsoSignedIn, type SsoSignInOptions, ssoSignIn } from './sso/sign-in.ts';
export type {
  AskMfa,
  ConnectOptions,
  DryRunOutput,
  KeyDetail,
  KeyDetailList,
  KeyLastUse,
  KeyPage,
  KeyRotation,
  KeyRotationEntry,
  KeyTag,
  Kms,
  KmsConnection,
  ListKeysOptions,
  MultiRegionKey,
  PracticeAccess,
  ReEncryptInput,
  ReEncryptOutput,
  RightsInput,
} from './types.ts';
export { watchProfiles } from './watch-profiles.ts';
export { partitionOf } from './where.ts';
