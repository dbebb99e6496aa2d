// createEngine is not here: the main process starts the engine in its thread, and loads none of it.

export { dataDir } from '../../services/settings/index.ts';
export { NO_CAPABILITIES } from '../types.ts';
export { type EngineDeath, type StartEngine, startEngine } from './client.ts';
export { quietLibraries } from './quiet-libraries.ts';
