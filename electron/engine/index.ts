export { CAN_NOTHING } from './can-nothing.ts';
export { type EngineDeath, type StartEngine, startEngine } from './client.ts';
export { dataDir } from './data-dir.ts';
export { createEngine } from './local.ts';
export { quietLibraries } from './quiet.ts';
