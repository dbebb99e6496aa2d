export { CAN_NOTHING } from './can-nothing.ts';
export { startEngine } from './client.ts';
export { dataDir } from './data-dir.ts';
export { createEngine } from './local.ts';
export { quietLibraries } from './quiet.ts';
