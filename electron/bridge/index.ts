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
} from '../services/approvals/approver.ts';
export type { EngineOptions } from '../services/options.ts';
export { toFault } from '../services/to-fault.ts';
export { answer, answerUnparsed, unknownRequest } from './dispatch.ts';
export { KeptMessages } from './kept-messages.ts';
export { router, strippedEvent } from './router.ts';
export type { Engine } from './types.ts';
