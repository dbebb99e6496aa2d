export type { Connection } from './connection.ts';
export { Connections } from './connections.ts';
export type { OtherRegions } from './other-regions.ts';
export { noChild, type TwoStep } from './two-step.ts';
