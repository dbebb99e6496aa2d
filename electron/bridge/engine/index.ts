export { dataDir } from '../../services/settings/index.ts';
export { NO_CAPABILITIES } from '../types.ts';
export { type EngineDeath, type StartEngine, startEngine } from './client.ts';
export { createEngine } from './create-engine.ts';
export { quietLibraries } from './quiet-libraries.ts';
