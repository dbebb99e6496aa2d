/** What is protected by which key, what is wrong, what was done, and proof of it. */

export { type Audit, facetMembers, finishAudit, suppressionMembers } from './audit.ts';
export { type AuditSnapshot, columnsOf, makeSnapshot } from './audit-snapshot.ts';
export type { Columns } from './columns.ts';
export { type Counted, countAudit } from './count.ts';
export { deletionImpact } from './deletion.ts';
export { deletionGate, evidencedHistory } from './deletion-gate.ts';
export { FAIL_ON } from './evaluate-rules.ts';
export type { FoundFinding } from './finish.ts';
export type { KmsCaller } from './key-findings.ts';
export { type GrantSeen, guardsDeletion, leavesToIam, outsideGrantees, outsidePrincipals } from './policy.ts';
export { auditReport } from './report/audit-report.ts';
export { deletionReport, type PlaceInFile } from './report/deletion-report.ts';
export { historyReport, historyText } from './report/history-report.ts';
export type { FileNaming, Report, ReportHeader } from './report/report.ts';
export { type RunFacts, runReport } from './report/run-report.ts';
export { writeReport } from './report/write-report.ts';
export { type AuditRules, matches, readRules, rulesSchema } from './rules.ts';
export type { KeyLookup } from './subjects.ts';
export { Suppressions } from './suppressions.ts';
export { type PlannedDeletions, plannedDeletions } from './terraform-plan.ts';
export { askedKey, type Evidenced, isListed, type TouchedRow, touchedBy } from './touched-blobs.ts';
export { needsKms, unanswered } from './unanswered.ts';
