/** What is protected by which key, what is wrong, what was done, and proof of it. */
export {
  type Audit,
  type Counted,
  countAudit,
  type Found,
  facetMembers,
  finishAudit,
  suppressionMembers,
} from './audit.ts';
export { sha256 } from './canonical.ts';
export { deletionImpact, touchedBy } from './deletion.ts';
export { History, historyEvent } from './history.ts';
export type { Caller } from './key-findings.ts';
export { openPrincipals } from './policy.ts';
export { auditCsv, auditHtml, auditJson, auditSarif, type ByteRangeOf } from './report/audit-report.ts';
export { historyCsv, historyHtml, historyJson } from './report/history-report.ts';
export { type RunFacts, runCsv, runHtml, runJson, runSarif } from './report/run-report.ts';
export type { Stated } from './report/stated.ts';
export { auditText, deletionText, historyText } from './report/text.ts';
export { type Rules, readRules, rulesSchema } from './rules.ts';
export type { KeyBook } from './subjects.ts';
export { Suppressions } from './suppressions.ts';
