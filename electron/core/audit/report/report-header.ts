import type { AuditSummary } from '#shared/model/audit.ts';
import type { HistoryHead } from '#shared/model/history.ts';

/**
 * What a report states of itself. The same list, rules and answers of KMS give the same bytes but for these members;
 * the history's head is among them so that a later check can see whether its end was cut off since.
 */
export interface Stated {
  /** ISO 8601. */
  readonly at: string;
  readonly version: string;
  readonly history: HistoryHead;
  /** "practice KMS · us-east-1 · 111122223333"; null without a connection. */
  readonly connection: string | null;
  /** Absolute paths of the files and folders that were asked for; empty where a report is of something else. */
  readonly paths: readonly string[];
}

/** How far was looked, in the files and at KMS. */
export type Asked = Pick<AuditSummary, 'gaps' | 'notAsked' | 'coverage'>;
