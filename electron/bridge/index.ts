export { toFault } from '../services/faults.ts';
export type { EngineOptions } from '../services/services.ts';
export { answer, answerUnparsed, router, strippedEvent, unknownRequest } from './dispatch.ts';
export { KeptMessages } from './kept-messages.ts';
export type { Engine } from './types.ts';
