export {
  Approvals,
  type ApprovalsParts,
  CHANGED,
  type Proposal,
} from './approvals.ts';
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
} from './approver.ts';
