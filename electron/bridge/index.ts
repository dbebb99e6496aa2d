export { toFault } from '../services/faults.ts';
export type { EngineOptions } from '../services/services.ts';
export { answer, answerUnparsed, unknownRequest } from './dispatch.ts';
export { KeptMessages } from './kept-messages.ts';
export { router, strippedEvent } from './router.ts';
export type { Engine } from './types.ts';
