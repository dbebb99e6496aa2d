import type { ReportFormat } from '#shared/model/audit.ts';
import { BOM, csvLine, csvMemo, json, visible } from './escape.ts';
import { writeHtml } from './html.ts';
import type { FileNaming, InTurns, Report, ReportHeader, ReportTable } from './report.ts';
import { writeSarif } from './sarif.ts';

/** A report as text, in pieces that others may have turns between. */
export function writeReport(
  report: Report,
  format: Exclude<ReportFormat, 'pdf'>,
  header: ReportHeader,
  named: FileNaming = (file) => file,
): Generator<string> {
  switch (format) {
    case 'html':
      return pieces(writeHtml(report.title, header, report.sections(header)));
    case 'csv':
      return pieces(writeCsv(report.table()));
    case 'json':
      return pieces(writeJson(report, header));
    case 'text':
      return pieces(writeText(report.lines(named)));
    case 'cyclonedx':
      if (report.bom === undefined) throw new Error(`A ${report.of} has no bill of materials.`);
      return pieces(report.bom(header));
    case 'sarif':
      if (report.results === null) throw new Error(`A ${report.of} has no SARIF form.`);
      return pieces(writeSarif(report.results(), header));
  }
}

function* writeCsv({ head, rows }: ReportTable): Generator<string | null> {
  yield BOM + csvLine(head);
  // Most cells are those of the line before, or of some other: escaped once.
  const field = csvMemo();
  for (const row of rows) yield row === null ? null : `${row.map(field).join(',')}\r\n`;
}

function* writeText(lines: InTurns<string>): Generator<string | null> {
  for (const line of lines) yield line === null ? null : `${visible(line)}\n`;
}

function* writeJson(report: Report, stated: ReportHeader): Generator<string | null> {
  const { members, lists } = report.data();
  let rest = json({ report: report.of, format: 1, stated, ...members });
  for (const [name, list] of Object.entries(lists)) {
    const mark = `"${name}": []`;
    const at = rest.indexOf(mark);
    if (at < 0) throw new Error(`There is no list ${name} to fill.`);
    yield `${rest.slice(0, at)}"${name}": [`;
    let first = true;
    for (const member of list) {
      if (member === null) {
        yield null;
        continue;
      }
      yield first ? '\n' : ',\n';
      if (typeof member === 'string') yield member;
      else yield* member;
      first = false;
    }
    yield first ? ']' : '\n]';
    rest = rest.slice(at + mark.length);
  }
  yield `${rest}\n`;
}

/** Pieces of a report are about so long, characters: long enough to cost nothing, short enough to be made at once. */
const PIECE = 65_536;
/** A pause that is offered is taken after so long, milliseconds. */
const PAUSE_MS = 10;

/** Short texts joined into pieces. */
function* pieces(texts: InTurns<string>): Generator<string> {
  let piece: string[] = [];
  let length = 0;
  let since = performance.now();
  for (const text of texts) {
    if (text !== null) {
      piece.push(text);
      length += text.length;
    }
    if (length < PIECE && (text !== null || performance.now() - since < PAUSE_MS)) continue;
    yield piece.join('');
    piece = [];
    length = 0;
    since = performance.now();
  }
  if (piece.length > 0) yield piece.join('');
}
