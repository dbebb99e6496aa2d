export { type ChildPort, openPort } from './child/port.ts';
export { channelTo, childEnvironment, forkChild } from './fork.ts';
export type { ChildChannel, ChildStarter } from './messages.ts';
/** The child's bundle, beside the engine's. */
export const TWO_STEP_CHILD = 'two-step-child.cjs';
export { TwoStepKms } from './two-step-kms.ts';
