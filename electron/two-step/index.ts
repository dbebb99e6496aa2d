export type { ChildChannel, ChildStarter } from './channel.ts';
export { forkChild } from './fork.ts';
export { TwoStepKms, type TwoStepParts } from './two-step-kms.ts';
