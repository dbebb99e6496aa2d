export {
  type Allowed,
  type ApprovalAnswer,
  type ApprovalKind,
  type ApprovalQuestion,
  type ApprovedBy,
  type Approver,
  NOTHING_ALLOWED,
  nobodyToAsk,
  notAllowed,
  plainLine,
  typedByPerson,
} from '../services/approvals/approver.ts';
export { answer, answerUnparsed, toFault, unknownRequest } from './dispatch.ts';
export { KeptMessages } from './kept-messages.ts';
export { router, strippedEvent } from './router.ts';
export type { Engine, EngineOptions } from './types.ts';
