import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import type { HostHandlers } from '#shared/contract/api.ts';
import type { ReportFormat, ReportSubject } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  auditReport,
  deletionReport,
  type FileNaming,
  historyReport,
  type Report,
  type ReportHeader,
  runReport,
  writeReport,
} from '../../core/audit/index.ts';
import type { TrailFiles } from '../../core/cloudtrail/index.ts';
import { displayPath } from '../../core/intake/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import type { Connection } from '../connection/index.ts';
import type { History, HistoryRecorder } from '../history/index.ts';
import type { Runs } from '../runs/index.ts';
import type { AuditService } from './audit-service.ts';

const TYPES = {
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  sarif: 'application/sarif+json',
  cyclonedx: 'application/vnd.cyclonedx+json; version=1.7',
  text: 'text/plain; charset=utf-8',
} as const;

/** Endings of names that are not the format's own. */
const EXTENSIONS: Partial<Record<ReportFormat, string>> = { text: 'txt', cyclonedx: 'cdx.json' };

/** Work goes on so long before others have a turn, milliseconds. */
const TURN_MS = 15;
/** Records of a history report; more would not fit a file that a person opens. */
const MOST_RECORDS = 1_000_000;

interface ReportParts {
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

  readonly hostRequests: Pick<HostHandlers['audit'], 'report' | 'reconcile'> = {
    report: async ({ subject, format, roots }) => {
      const { audit } = this.#parts;
      const key =
        subject.of === 'deletion' ? subject.key : subject.of === 'audit' ? subject.ifDeleted : undefined;
      if (subject.of === 'audit' || subject.of === 'deletion')
        await audit.askKeys(false, key === undefined ? {} : { also: key });
      return this.make(subject, format, roots);
    },
    reconcile: async ({ paths, runId }) => {
      const { Reconciler, readTrail } = await import('../../core/cloudtrail/index.ts');
      const reconciler = new Reconciler();
      for await (const page of this.#parts.history.newest(MOST_RECORDS))
        for (const record of page)
          if (runId === null || record.runId === runId || record.kind !== 'blob')
            reconciler.addRecord(record);
      const files: TrailFiles = { read: 0, withoutEvents: 0, unreadable: [] };
      for await (const event of readTrail(paths, files)) reconciler.add(event);
      return reconciler.result(files);
    },
  };

  /**
   * `roots`: paths as a person named them, by which a text names files.
   * Throws FaultError `NotOnThisHost` for PDF, `NoSuchReport` for what has no such form, `RunGone`.
   */
  async make(
    subject: ReportSubject,
    format: ReportFormat,
    roots: readonly string[] = [],
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
    const report = await this.#report(subject, format);
    if (format === 'sarif' && report.results === null)
      throw new FaultError(
        fault(
          'NoSuchReport',
          'A history has no SARIF form.',
          'SARIF holds findings.',
          'Take JSON, CSV or HTML.',
        ),
      );
    if (format === 'cyclonedx' && report.bom === undefined)
      throw new FaultError(
        fault(
          'NoSuchReport',
          `A bill of materials is of an audit, not of a ${subject.of}.`,
          '',
          'Take JSON, CSV or HTML, or the audit’s own bill of materials.',
        ),
      );
    const what = subject.of === 'run' ? `run-${subject.runId.replace(/[^\w-]/g, '_')}` : subject.of;
    const name = `rewrap-${what}-${at.slice(0, 10)}.${EXTENSIONS[format] ?? format}`;
    const text = writeReport(report, format, this.#header(subject, at), namedBy(roots));
    const { bytes, sha256 } = await encoded(text);
    this.#parts.recorder.note('report', { outcome: 'made', detail: name, sha256After: sha256 });
    return { name, type: TYPES[format], bytes };
  }

  #header(subject: ReportSubject, at: string): ReportHeader {
    const { audit, history, connection, version } = this.#parts;
    return {
      at,
      version,
      history: history.head,
      connection: connection.state.status === 'ready' ? connection.describe() : null,
      paths: subject.of === 'audit' || subject.of === 'deletion' ? audit.paths : [],
    };
  }

  async #report(subject: ReportSubject, format: ReportFormat): Promise<Report> {
    const { audit, history, runs } = this.#parts;
    switch (subject.of) {
      case 'audit': {
        const gitHistory = await audit.gitHistory();
        const held = audit.hold();
        if (format === 'sarif') await held.locate();
        return auditReport(held.audit, { ...audit.asked, gitHistory }, held, subject.ifDeleted ?? null);
      }
      case 'deletion': {
        const held = audit.hold();
        if (format === 'sarif') await held.locate();
        return deletionReport(held.audit, subject.key, audit.asked, held.placeOf);
      }
      case 'run': {
        const run = await runs.summary(subject.runId);
        return runReport({
          run,
          items: await collected(runs.items.all(subject.runId)),
          records: await collected(history.ofRun(subject.runId, run.startedAt)),
        });
      }
      case 'history':
        return historyReport(await collected(history.newest(MOST_RECORDS)), await history.verify());
    }
  }
}

/**
 * Files by the names of the roots as they were given: `vault/a.bin` of `../vault` is `../vault/a.bin`. Where two roots
 * have one name, their files keep the names that every report has.
 */
export function namedBy(roots: readonly string[]): FileNaming {
  const byName = new Map<string, string | null>();
  for (const root of new Set(roots)) {
    const name = displayPath(basename(resolve(root)));
    byName.set(name, byName.has(name) ? null : root);
  }
  return (file) => {
    // A file of an archive that was named: `backup.tgz › app/prod.env`.
    const end = file.search(/[\\/]| › /);
    const root = byName.get(end < 0 ? file : file.slice(0, end));
    if (root === undefined || root === null) return file;
    if (end < 0) return root;
    return file[end] === ' ' ? root + file.slice(end) : join(root, file.slice(end + 1));
  };
}

/**
 * UTF-8 of a text in pieces, and its hash. Others have a turn in between: a report of 100,000 blobs takes a second to
 * make.
 */
async function encoded(text: Iterable<string>): Promise<{ bytes: Uint8Array<ArrayBuffer>; sha256: string }> {
  const encoder = new TextEncoder();
  const hash = createHash('sha256');
  const turns = new Turns(TURN_MS);
  const pieces: Uint8Array[] = [];
  for (const piece of text) {
    const bytes = encoder.encode(piece);
    hash.update(bytes);
    pieces.push(bytes);
    if (turns.over) await turns.give();
  }
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
    if (turns.over) await turns.give();
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function collected<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
