export { answer, toFault, unknownRequest } from './dispatch.ts';
export { router, strippedEvent } from './router.ts';
export type { Engine, EngineOptions } from './types.ts';
