export type { Engine, EngineOptions } from './types.ts';
