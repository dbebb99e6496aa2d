export {
  type Allowed,
  type ApprovalAnswer,
  type ApprovalKind,
  type ApprovalQuestion,
  type ApprovedBy,
  type Approver,
  NOTHING_ALLOWED,
  noApprover,
  notAllowed,
  plainLine,
  typedByPerson,
} from '../services/approvals/index.ts';
export { toFault } from '../services/faults.ts';
export type { EngineOptions } from '../services/services.ts';
export { answer, answerUnparsed, unknownRequest } from './dispatch.ts';
export { KeptMessages } from './kept-messages.ts';
export { router, strippedEvent } from './router.ts';
export type { Engine } from './types.ts';
