import type { ReportFormat, ReportSubject } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  auditCsv,
  auditHtml,
  auditJson,
  auditSarif,
  type History,
  historyCsv,
  historyHtml,
  historyJson,
  runCsv,
  runHtml,
  runJson,
  runSarif,
  type Stated,
  sha256,
} from '../audit/index.ts';
import type { AuditRoom } from './audit.ts';
import type { Connection } from './connection.ts';
import type { Runs } from './runs.ts';
import type { Witness } from './witness.ts';

const TYPES = {
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  sarif: 'application/sarif+json',
} as const;
type Format = keyof typeof TYPES;

/** Records of a history report; more would not fit a file that a person opens. */
const MOST_RECORDS = 1_000_000;

export interface ReportParts {
  readonly audit: AuditRoom;
  readonly history: History;
  readonly runs: Runs;
  readonly connection: Connection;
  readonly witness: Witness;
  readonly version: string;
}

/** Makes reports, and writes down that they were made. */
export class Reports {
  readonly #parts: ReportParts;

  constructor(parts: ReportParts) {
    this.#parts = parts;
  }

  /** Throws FaultError `NotOnThisHost` for PDF, `NoSuchReport` for what has no such form, `RunGone`. */
  make(subject: ReportSubject, format: ReportFormat): { name: string; type: string; bytes: Uint8Array } {
    if (format === 'pdf')
      throw new FaultError(
        fault(
          'NotOnThisHost',
          'This host makes no PDF.',
          'A PDF is printed by the desktop application.',
          'Take the HTML report and print it from a browser.',
        ),
      );
    const at = new Date().toISOString();
    const text = this.#text(subject, format, at);
    const what = subject.of === 'run' ? `run-${subject.runId.replace(/[^\w-]/g, '_')}` : subject.of;
    const name = `rewrap-${what}-${at.slice(0, 10)}.${format}`;
    const bytes = new TextEncoder().encode(text);
    this.#parts.witness.note('report', { outcome: 'made', detail: name, sha256After: sha256(bytes) });
    return { name, type: TYPES[format], bytes };
  }

  #text(subject: ReportSubject, format: Format, at: string): string {
    const { audit, history, runs, connection, version } = this.#parts;
    const stated: Stated = {
      at,
      version,
      history: history.head,
      connection: connection.state.status === 'ready' ? connection.describe() : null,
    };
    if (subject.of === 'audit') {
      if (format === 'html') return auditHtml(audit.audit, stated, audit.gaps);
      if (format === 'csv') return auditCsv(audit.audit);
      if (format === 'json') return auditJson(audit.audit, stated, audit.gaps);
      return auditSarif(audit.audit, stated, (index) => audit.rangeOf(index));
    }
    if (subject.of === 'run') {
      const run = runs.summary(subject.runId);
      const facts = {
        run,
        items: runs.items(subject.runId, { offset: 0, limit: MOST_RECORDS, only: 'all' }).items,
        records: history.ofRun(subject.runId, run.startedAt),
      };
      if (format === 'html') return runHtml(facts, stated);
      if (format === 'csv') return runCsv(facts);
      if (format === 'json') return runJson(facts, stated);
      return runSarif(facts, stated);
    }
    const records = history.list(0, MOST_RECORDS).records.reverse();
    if (format === 'csv') return historyCsv(records);
    if (format === 'json') return historyJson(records, history.verify(), stated);
    if (format === 'html') return historyHtml(records, history.verify(), stated);
    throw new FaultError(
      fault(
        'NoSuchReport',
        'A history has no SARIF form.',
        'SARIF holds findings.',
        'Take JSON, CSV or HTML.',
      ),
    );
  }
}
