import type { AuditSummary, ReportSubject } from '#shared/model/audit.ts';
import type { GitHistory } from '#shared/model/git-history.ts';
import type { HistoryHead } from '#shared/model/history.ts';

/**
 * What a report states of itself. The same list, rules and answers of KMS give the same bytes but for these members;
 * the history's head is among them so that a later check can see whether its end was cut off since.
 */
export interface ReportHeader {
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
export type Asked = Pick<AuditSummary, 'gaps' | 'notAsked' | 'coverage'> & {
  /** What stands in git history; null or absent where that was not asked for. */
  readonly gitHistory?: GitHistory | null;
};

/** What a file is called for the reader. */
export type FileNaming = (file: string) => string;

/** Members in their order; null is a place where others may have a turn. */
export type InTurns<T> = Iterable<T | null>;

/**
 * One report, written by five writers. Each subject (audit, deletion, history, run) says what it holds, each writer how
 * that is put down. Nothing is made before a writer asks for it, and long lists come one by one.
 */
export interface Report {
  readonly of: ReportSubject['of'];
  readonly title: string;
  /** For paper: HTML. */
  readonly sections: (header: ReportHeader) => Iterable<ReportSection>;
  /** For a terminal, a line each. */
  readonly lines: (named: FileNaming) => InTurns<string>;
  /** For spreadsheets: CSV. */
  readonly table: () => ReportTable;
  /** For programs: JSON. */
  readonly data: () => ReportData;
  /** For code scanning: SARIF; null where there is nothing to report there. */
  readonly results: (() => SarifResults) | null;
  /** A cryptographic bill of materials: CycloneDX; absent where there is none to make. */
  readonly bom?: (header: ReportHeader) => InTurns<string>;
}

export interface ReportTable {
  readonly head: readonly string[];
  readonly rows: InTurns<readonly (string | number | null)[]>;
}

export interface ReportData {
  /** What stands at the top, in order; a list that may be long is empty here. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The long lists in the order in which they stand, each member a text of JSON or several that make one. */
  readonly lists: Readonly<Record<string, InTurns<string | Iterable<string>>>>;
}

export interface ReportBar {
  readonly label: string;
  readonly count: number;
  /** Class of its colour in a stacked bar. */
  readonly tone?: ReportTone;
}
export type ReportTone = 'done' | 'soft' | 'attention' | 'danger' | 'info' | 'none';

/** A cell of a table; numbers are set as such. */
export type ReportCell = string | number;

/** A part of a section on paper. */
export type Block =
  | { readonly type: 'text'; readonly text: string; readonly strong?: boolean }
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'list'; readonly items: readonly string[] }
  /** Lines to write on, on paper. */
  | { readonly type: 'sign'; readonly lines: readonly string[] }
  | { readonly type: 'facts'; readonly facts: readonly (readonly [string, string])[] }
  /** Figures that are read before anything else. */
  | { readonly type: 'totals'; readonly totals: readonly (readonly [string, number, ReportTone?])[] }
  | {
      readonly type: 'bars';
      readonly title: string;
      readonly bars: readonly ReportBar[];
      readonly total: number;
      /** Values beyond the bars: how many, with how many blobs. */
      readonly rest: { readonly values: number; readonly blobs: number };
    }
  /** Charts beside each other where there is room. */
  | { readonly type: 'charts'; readonly charts: readonly Block[] }
  | { readonly type: 'stack'; readonly title: string; readonly bars: readonly ReportBar[] }
  | {
      readonly type: 'table';
      readonly title: string;
      readonly head: readonly string[];
      readonly rows: readonly (readonly ReportCell[])[];
    }
  | {
      readonly type: 'finding';
      readonly severity: string;
      readonly tone: ReportTone;
      readonly title: string;
      readonly blocks: readonly Block[];
    };

export interface ReportSection {
  readonly heading: string;
  readonly blocks: InTurns<Block>;
}

interface SarifRule {
  readonly id: string;
  readonly text: string;
  readonly help: string;
}

export interface SarifPlace {
  /** Path for people; `/` or `\` between its parts. */
  readonly file: string;
  readonly place: string;
  /** Bytes of the file; null where it is not known. */
  readonly bytes: { readonly start: number; readonly length: number } | null;
  /** Line and column of the file, counted from 1; null where they are not known, or `place` has them. */
  readonly text: { readonly line: number; readonly column: number } | null;
  /** What is said of this place alone; null: what the result says. */
  readonly message: string | null;
  readonly properties: Readonly<Record<string, string | number | boolean | null>>;
}

/** What one rule says of one key, with every place. */
export interface SarifResult {
  readonly rule: string;
  readonly level: 'error' | 'warning' | 'note' | 'none';
  readonly message: string;
  /** One at least. */
  readonly places: Iterable<SarifPlace>;
  /** How many places there are. */
  readonly total: number;
  /** Stays the same from report to report, whatever its places. */
  readonly fingerprint: string;
  readonly suppressed: string | null;
  readonly properties: Readonly<Record<string, string | number | boolean | null>>;
}

export interface SarifResults {
  readonly rules: readonly SarifRule[];
  readonly results: InTurns<SarifResult>;
  /** Of the run, beside what every report states. */
  readonly properties: object;
}
