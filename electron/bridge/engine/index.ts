// createEngine is not here: the main process starts the engine in its thread, and loads none of it.

export { dataDir } from '../../core/storage/data-folder.ts';
export { NO_CAPABILITIES } from '../types.ts';
export type { ChildStarters } from './child-relay.ts';
export { beginEngine, type EngineDeath, type StartEngine, startEngine } from './client.ts';
