export { type ChildPort, openPort } from './child/port.ts';
export { TwoStepKms } from './two-step-kms.ts';
