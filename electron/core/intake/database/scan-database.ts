import { finding } from '#shared/finding.ts';
import { REMEDY_IN_CLEAR } from '#shared/findings.ts';
import type { Finding } from '#shared/model/blob.ts';
import { isText } from '../../inspect/index.ts';
import { hasLetterRun } from '../beginnings.ts';
import { blobLength } from '../blob-length.ts';
import { isNoPlaintext } from '../formats/structured/beside.ts';
import { mayHoldBlob } from '../formats/structured/tokens.ts';
import type { FoundBlob, Scan } from '../types.ts';
import { openCopy } from './open.ts';
import { rowsOf, type TableValue, TooManyRows, tablesOf } from './tables.ts';

/** Most rows that are read, and most blobs that are listed of one database. */
const MOST_ROWS = 5_000_000;
const MOST_BLOBS = 200_000;
/** Letters of base64 that may hold a text with a blob in it. */
const LONG_RUN = 180;
/** Most offsets that a finding names. */
const MOST_OFFSETS = 5;

const IN_CLEAR =
  'The database holds plaintext beside the ciphertext of a row, and a copy of it would, too. Delete the plaintext with the program ' +
  'that made it, run VACUUM, and add the file again.';

/** Reads a value as a file of its own; `name` is that of its column. */
type ReadValue = (bytes: Uint8Array, name: string) => Scan;

/**
 * The blobs of a SQLite database by table, row and column, read from a copy in memory. `around`: blobs that stand anywhere among its
 * bytes: those that no row holds are remains, which a finding counts. Where it cannot be read as a database, `around` is all.
 */
export function scanDatabase(bytes: Uint8Array, readValue: ReadValue, around: Scan): Scan {
  const blobs: FoundBlob[] = [];
  const findings: Finding[] = [];
  let inClear = false;
  const budget = { left: MOST_ROWS };
  try {
    const db = openCopy(bytes);
    try {
      for (const table of tablesOf(db))
        for (const row of rowsOf(db, table, budget)) {
          if (blobs.length > MOST_BLOBS) throw new TooManyRows();
          const found = readRow(row, readValue);
          if (found === null) continue;
          blobs.push(...found.blobs);
          findings.push(...found.findings);
          inClear ||= found.plaintext.length > 0;
        }
    } finally {
      db.close();
    }
  } catch (error) {
    const why =
      error instanceof TooManyRows
        ? 'It has more rows than Rewrap reads.'
        : `SQLite says: ${error instanceof Error ? error.message : 'nothing more'}.`;
    return { ...around, findings: [...around.findings, ...findings, notRead(why)] };
  }
  const known = new Set(blobs.map((one) => Buffer.from(one.bytes).toString('latin1')));
  const remains = around.blobs.filter((one) => !known.has(Buffer.from(one.bytes).toString('latin1')));
  if (remains.length > 0) findings.push(unused(remains));
  const kept = inClear ? blobs.map((one) => ({ ...one, notPutBack: one.notPutBack ?? IN_CLEAR })) : blobs;
  return { blobs: kept, findings, plaintext: [], database: true };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes of a blob are what is looked for.
const RAW_INSIDE = /\x01[\x01\x02][\x01-\x09]\x00x|\x0a\x20[\s\S]{32}\x12/;

function mayHold(value: string | Uint8Array): boolean {
  if (typeof value === 'string') return mayHoldBlob(value) || hasLetterRun(value, LONG_RUN);
  if (blobLength(value.subarray(0, 64)) !== null) return true;
  const latin = Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
  return RAW_INSIDE.test(latin) || mayHoldBlob(latin);
}

/** What a row holds; null where it holds no blob and nothing to say of. */
function readRow(row: readonly TableValue[], readValue: ReadValue): Scan | null {
  const scans = row.flatMap((cell) => (mayHold(cell.value) ? [readCell(cell, readValue)] : []));
  if (scans.length === 0) return null;
  const blobs = scans.flatMap((one) => one.blobs);
  const findings = scans.flatMap((one) => one.findings);
  const plaintext = scans.flatMap((one) => one.plaintext);
  const moving = blobs.some(
    ({ identification: { kind }, notPutBack }) => kind.startsWith('kms-') && notPutBack === undefined,
  );
  if (!moving) return { blobs, findings, plaintext };
  const clear = row.find(isPlaintext);
  if (clear !== undefined) {
    findings.push(
      finding('plaintext-beside-blob', {
        evidence: [
          `Table ${clear.table.name}, row ${clear.row}: column ${clear.column} holds the secret in clear.`,
        ],
        values: { remedy: REMEDY_IN_CLEAR },
      }),
    );
    plaintext.push({ start: 0, end: 1 });
  }
  const label = row.find(({ value }) => typeof value === 'string' && KEY.test(value));
  if (label === undefined) return { blobs, findings, plaintext };
  const stays = finding('key-label-stays', {
    evidence: [`Column ${label.column} of its row names ${String(label.value).slice(0, 300)}.`],
  });
  return {
    blobs: blobs.map((one) =>
      one.declared.keyArn === null ? { ...one, findings: [...one.findings, stays] } : one,
    ),
    findings,
    plaintext,
  };
}

/** A key as a whole value: an ARN, an alias, a multi-Region key; another id may be that of anything. */
const KEY =
  /^\s*(?:arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[\w/-]+|alias\/[\w/-]+|mrk-[0-9a-f]{32})\s*$/;
const PLAIN_COLUMN = /^(?:plain|clear)[ _-]?text(?:[ _-]?(?:data)?[ _-]?key)?$/i;

function isPlaintext({ column, value }: TableValue): boolean {
  if (!PLAIN_COLUMN.test(column)) return false;
  return typeof value === 'string' ? !isNoPlaintext(value) : value.length > 0;
}

function readCell(cell: TableValue, readValue: ReadValue): Scan {
  const bytes = typeof cell.value === 'string' ? new Uint8Array(Buffer.from(cell.value)) : cell.value;
  const scan = readValue(bytes, cell.column);
  const isWhole = typeof cell.value !== 'string' && !isText(bytes);
  return {
    ...scan,
    blobs: scan.blobs
      // Bytes that are nothing known are not ciphertext because they stand in a database.
      .filter(({ identification: { kind } }) => kind !== 'unknown' && kind !== 'kms-asymmetric-candidate')
      .map((one) => lifted(cell, bytes, one, isWhole)),
    findings: scan.findings.map((one) => ({ ...one, range: null })),
  };
}

function lifted(cell: TableValue, value: Uint8Array, found: FoundBlob, isWhole: boolean): FoundBlob {
  const { table, row, column } = cell;
  const inside = found.place === '' ? '' : ` › ${found.place}`;
  const why =
    table.refuses ??
    (table.keyed.has(column.toLowerCase())
      ? 'A foreign key is made of the column: the value stands in another table too.'
      : null);
  const refuses =
    why === null
      ? undefined
      : `It stands where Rewrap does not write a database. ${why} Change the value with the program that made it.`;
  const reason = found.notPutBack ?? refuses;
  const { within: _, notPutBack: __, ...rest } = found;
  return {
    ...rest,
    place: `table ${table.name} › row ${row} › column ${column}${inside}`,
    range: { start: 0, end: 0 },
    container: found.container === 'raw' || isWhole ? 'binary' : found.container,
    // It is written as a value of a row, and not as bytes of the file.
    encoding: { ...found.encoding, charset: 'binary' },
    linkedValues: [],
    findings: found.findings.map((one) => ({ ...one, range: null })),
    cell: {
      table: table.name,
      rowid: table.rowid ?? '',
      row,
      column,
      value,
      isText: typeof cell.value === 'string',
      found,
    },
    ...(reason === undefined ? {} : { notPutBack: reason }),
  };
}

function unused(remains: readonly FoundBlob[]): Finding {
  const offsets = remains.slice(0, MOST_OFFSETS).map(({ range }) => range.start);
  return finding('database-remains', {
    evidence: [
      `At byte ${offsets.join(', ')}${remains.length > offsets.length ? ` and at ${remains.length - offsets.length} more` : ''}.`,
    ],
    values: { blobs: remains.length === 1 ? 'A blob stands' : `${remains.length} blobs stand` },
  });
}

function notRead(why: string): Finding {
  return finding('database-not-read', { evidence: [why] });
}
