import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { HostHandlers } from '#shared/contract/api.ts';
import type { ReportFormat, ReportSubject } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  auditCsv,
  auditHtml,
  auditJson,
  auditSarif,
  deletionCsv,
  deletionHtml,
  deletionJson,
  deletionSarif,
  historyCsv,
  historyHtml,
  historyJson,
  runCsv,
  runHtml,
  runJson,
  runSarif,
  type Stated,
} from '../../core/audit/index.ts';
import type { Connection } from '../connection/index.ts';
import type { History, HistoryRecorder } from '../history/index.ts';
import type { Runs } from '../runs/index.ts';
import type { AuditService } from './audit-service.ts';

const TYPES = {
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  sarif: 'application/sarif+json',
} as const;
type Format = keyof typeof TYPES;

/** Work goes on so long before others have a turn, milliseconds. */
const TURN_MS = 15;
/** Records of a history report; more would not fit a file that a person opens. */
const MOST_RECORDS = 1_000_000;

export interface ReportParts {
  readonly audit: AuditService;
  readonly history: History;
  readonly runs: Runs;
  readonly connection: Connection;
  readonly recorder: HistoryRecorder;
  readonly version: string;
}

/** Makes reports, and writes down that they were made. */
export class Reports {
  readonly #parts: ReportParts;

  constructor(parts: ReportParts) {
    this.#parts = parts;
  }

  readonly hostRequests: Pick<HostHandlers['audit'], 'report'> = {
    report: async ({ subject, format }) => {
      const { audit } = this.#parts;
      const key =
        subject.of === 'deletion' ? subject.key : subject.of === 'audit' ? subject.ifDeleted : undefined;
      if (subject.of === 'audit' || subject.of === 'deletion')
        await audit.askKeys(false, key === undefined ? {} : { also: key });
      return this.make(subject, format);
    },
  };

  /** Throws FaultError `NotOnThisHost` for PDF, `NoSuchReport` for what has no such form, `RunGone`. */
  async make(
    subject: ReportSubject,
    format: ReportFormat,
  ): Promise<{ name: string; type: string; bytes: Uint8Array<ArrayBuffer> }> {
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
    const what = subject.of === 'run' ? `run-${subject.runId.replace(/[^\w-]/g, '_')}` : subject.of;
    const name = `rewrap-${what}-${at.slice(0, 10)}.${format}`;
    const { bytes, sha256 } = await encoded(await this.#text(subject, format, at));
    this.#parts.recorder.note('report', { outcome: 'made', detail: name, sha256After: sha256 });
    return { name, type: TYPES[format], bytes };
  }

  /** The text in pieces, or whole where it is short. */
  async #text(subject: ReportSubject, format: Format, at: string): Promise<string | Iterable<string>> {
    const { audit, history, runs, connection, version } = this.#parts;
    const stated: Stated = {
      at,
      version,
      history: history.head,
      connection: connection.state.status === 'ready' ? connection.describe() : null,
      paths: subject.of === 'audit' || subject.of === 'deletion' ? audit.paths : [],
    };
    if (subject.of === 'audit') {
      const held = audit.hold();
      const ifDeleted = subject.ifDeleted ?? null;
      if (format === 'html') return auditHtml(held.audit, stated, audit.asked, ifDeleted);
      if (format === 'csv') return auditCsv(held.audit);
      if (format === 'json') return auditJson(held.audit, stated, audit.asked, ifDeleted);
      return auditSarif(held.audit, stated, audit.asked, held, ifDeleted);
    }
    if (subject.of === 'deletion') {
      const held = audit.hold();
      if (format === 'html') return deletionHtml(held.audit, subject.key, stated, audit.asked);
      if (format === 'csv') return deletionCsv(held.audit, subject.key);
      if (format === 'json') return deletionJson(held.audit, subject.key, stated, audit.asked);
      return deletionSarif(held.audit, subject.key, stated, audit.asked, held.rangeOf);
    }
    if (subject.of === 'run') {
      const run = await runs.summary(subject.runId);
      const facts = {
        run,
        items: await collected(runs.allItems(subject.runId)),
        records: await collected(history.ofRun(subject.runId, run.startedAt)),
      };
      if (format === 'html') return runHtml(facts, stated);
      if (format === 'csv') return runCsv(facts);
      if (format === 'json') return runJson(facts, stated);
      return runSarif(facts, stated);
    }
    const records = await collected(history.newest(MOST_RECORDS));
    if (format === 'csv') return historyCsv(records);
    if (format === 'json') return historyJson(records, await history.verify(), stated);
    if (format === 'html') return historyHtml(records, await history.verify(), stated);
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

/**
 * UTF-8 of a text in pieces, and its hash. Others have a turn in between: a report of 100,000 blobs takes a second to
 * make.
 */
async function encoded(
  text: string | Iterable<string>,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; sha256: string }> {
  const encoder = new TextEncoder();
  const hash = createHash('sha256');
  const turn = turns();
  const pieces: Uint8Array[] = [];
  for (const piece of typeof text === 'string' ? [text] : text) {
    const bytes = encoder.encode(piece);
    hash.update(bytes);
    pieces.push(bytes);
    await turn();
  }
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
    await turn();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Waits a moment where work went on for long. */
function turns(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < TURN_MS) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}

async function collected<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
