export { answer, answerUnparsed, toFault, unknownRequest } from './dispatch.ts';
export { KeptMessages } from './kept-messages.ts';
export { router, strippedEvent } from './router.ts';
export type { Engine, EngineOptions } from './types.ts';
