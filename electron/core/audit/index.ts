/** What is protected by which key, what is wrong, what was done, and proof of it. */

export { facetMembers, finishAudit, suppressionMembers } from './audit.ts';
export { countAudit } from './count.ts';
export { deletionImpact } from './deletion/deletion.ts';
export { deletionGate, evidencedHistory } from './deletion/deletion-gate.ts';
export { plannedDeletions } from './deletion/terraform-plan.ts';
export { askedKey, type BlobProof, isListed, touchedBy } from './deletion/touched-blobs.ts';
export { guardsDeletion, leavesToIam, outsideGrantees, outsidePrincipals } from './findings/policy.ts';
export { needsKms, unanswered } from './findings/unanswered.ts';
export { makeSnapshot, snapshotInSteps } from './list/audit-snapshot.ts';
export type { Columns } from './list/columns.ts';
export type {
  Audit,
  AuditSnapshot,
  Counted,
  Evidenced,
  FoundFinding,
  KeyLookup,
  KmsCaller,
} from './model.ts';
export { auditReport } from './report/audit-report.ts';
export { deletionReport, type PlaceInFile } from './report/deletion-report.ts';
export { historyReport, historyText } from './report/history-report.ts';
export type { FileNaming, Report, ReportHeader } from './report/report.ts';
export { runReport } from './report/run-report.ts';
export { writeReport } from './report/write-report.ts';
export { FAIL_ON } from './rules/evaluate-rules.ts';
export { explainRules } from './rules/explain.ts';
export { type AuditRules, matches, readRules, rulesSchema } from './rules/rules.ts';
export { Suppressions } from './rules/suppressions.ts';
