export { Approvals, CHANGED, type Proposal } from './approvals.ts';
export {
  type Allowed,
  type ApprovalAnswer,
  type ApprovalKind,
  type ApprovalQuestion,
  type Approver,
  NOTHING_ALLOWED,
  noApprover,
  notAllowed,
  typedByPerson,
} from './approver.ts';
