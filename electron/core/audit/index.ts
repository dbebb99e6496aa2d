/** What is protected by which key, what is wrong, what was done, and proof of it. */

export { type Audit, facetMembers, finishAudit, suppressionMembers } from './audit.ts';
export { type AuditSnapshot, columnsOf, makeSnapshot } from './audit-snapshot.ts';
export type { Columns } from './columns.ts';
export { type Counted, countAudit } from './count.ts';
export { deletionImpact, isListed, type TouchedRow, touchedBy } from './deletion.ts';
export { FORBID } from './evaluate-rules.ts';
export type { Found } from './finish.ts';
export type { Caller } from './key-findings.ts';
export { type GrantSeen, leavesToIam, outsideGrantees, outsidePrincipals } from './policy.ts';
export { auditCsv } from './report/audit-csv.ts';
export { auditHtml } from './report/audit-html.ts';
export { auditJson } from './report/audit-json.ts';
export { auditSarif, type ByteRangeOf } from './report/audit-sarif.ts';
export { filesByKey } from './report/by-key.ts';
export {
  deletionCsv,
  deletionHtml,
  deletionJson,
  deletionSarif,
} from './report/deletion-report.ts';
export { historyCsv, historyHtml, historyJson } from './report/history-report.ts';
export type { Asked, Stated } from './report/report-header.ts';
export { type RunFacts, runCsv, runHtml, runJson, runSarif } from './report/run-report.ts';
export { auditText, deletionText, historyText } from './report/text.ts';
export { type Rules, readRules, rulesSchema } from './rules.ts';
export type { KeyLookup } from './subjects.ts';
export { Suppressions } from './suppressions.ts';
export { needsKms, unanswered } from './unanswered.ts';
