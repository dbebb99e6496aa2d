export { connect } from './connect.ts';
export { listProfiles } from './profiles.ts';
export type { DryRunOutput, Kms, PracticeAccess, ReEncryptInput, ReEncryptOutput } from './types.ts';
