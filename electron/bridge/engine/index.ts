export { dataDir } from '../../services/settings/data-dir.ts';
export { CAN_NOTHING } from '../no-capabilities.ts';
export { type EngineDeath, type StartEngine, startEngine } from './client.ts';
export { createEngine } from './create-engine.ts';
export { quietLibraries } from './quiet-libraries.ts';
