import { decode, identify, looksLikeText } from '../../electron/core/inspect/index.ts';
import { ARCHIVE_LIMITS, archiveEntriesOf } from '../../electron/core/intake/archives/index.ts';
import { merged } from '../../electron/core/intake/database/log.ts';
import {
  encode,
  type FoundBlob,
  keyReferences,
  movedTo,
  rewrite,
  type Scan,
  scan,
  withoutPlaintext,
} from '../../electron/core/intake/index.ts';
import { BlobDetail, type Field, Identification } from '../../shared/model/blob.ts';
import { FaultError } from '../../shared/model/fault.ts';

/** What is run on every input. A target throws when a promise is broken; what it returns does not matter. */
export interface Target {
  readonly name: string;
  /** Throws an Error for a broken promise, or rejects with one. */
  run(bytes: Uint8Array): unknown;
}

export const TARGETS: readonly Target[] = [
  { name: 'identify', run: checkIdentify },
  { name: 'decode', run: checkDecode },
  { name: 'scan', run: checkScan },
  { name: 'archives', run: checkArchives },
  { name: 'log', run: checkLog },
];

function promise(kept: boolean, what: string): void {
  if (!kept) throw new Error(`broken: ${what}`);
}

function checkIdentify(bytes: Uint8Array): void {
  const id = identify(bytes);
  promise(id.label.length > 0, 'every kind has a label');
  promise(id.reencryptable || id.reason !== null, 'what is not offered has a reason');
  promise((id.keyFingerprint === null) === (id.layout === null), 'a fingerprint needs a layout');
  promise(id.plaintextBytes === null || id.plaintextBytes > 0, 'a plaintext length is positive');
}

/** The schema is slow, and checks what types mostly do: one input in this many. */
const SCHEMA_EVERY = 64;
let calls = 0;

function checkDecode(bytes: Uint8Array): void {
  const decoded = decode(bytes);
  promise(tiles(decoded.fields, 0, bytes.length), 'fields cover the bytes without gap or overlap');
  promise(decoded.summary.length > 0, 'there is a summary');
  for (const { range } of decoded.findings)
    promise(
      range === null || (range.start <= range.end && range.end <= bytes.length),
      'findings point inside',
    );
  if (calls++ % SCHEMA_EVERY !== 0) return;
  Identification.parse(decoded.identification);
  BlobDetail.shape.fields.parse(decoded.fields);
  BlobDetail.shape.findings.parse(decoded.findings);
}

function tiles(fields: readonly Field[], from: number, to: number): boolean {
  let at = from;
  for (const one of fields) {
    if (one.offset !== at || one.length <= 0) return false;
    at += one.length;
    if (!isInside(one.children, one.offset, at)) return false;
  }
  return at === to;
}

function isInside(fields: readonly Field[], from: number, to: number): boolean {
  let at = from;
  for (const one of fields) {
    if (one.offset < at || one.length < 0) return false;
    at = one.offset + one.length;
    if (at > to || !isInside(one.children, one.offset, at)) return false;
  }
  return true;
}

const OTHER_BLOB = Uint8Array.from({ length: 201 }, (_, i) => (i * 37 + 11) & 0xff);

function checkScan(bytes: Uint8Array): void {
  const before = bytes.slice();
  const name = NAMES[bytes.length % NAMES.length] ?? 'file';
  const found = scan(bytes, name);
  keyReferences(bytes, name, found.blobs);
  promise(!found.findings.some(({ code }) => code === 'reader-failed'), 'no reader fails');
  promise(new Set(found.blobs.map(({ place }) => place)).size === found.blobs.length, 'places are distinct');
  for (const { range } of found.findings)
    promise(
      range === null || (range.start <= range.end && range.end <= bytes.length),
      'findings point inside the file',
    );
  for (const range of found.plaintext)
    promise(range.start < range.end && range.end <= bytes.length, 'plaintext lies inside the file');
  if (found.database === true) {
    checkDatabase(bytes, found);
    return;
  }
  for (const blob of found.blobs) checkBlob(bytes, blob);
  const put = found.blobs.filter((one) => one.identification.reencryptable && one.notPutBack === undefined);
  const same = rewrite(
    bytes,
    found,
    put.map((one) => ({ found: bare(one), next: next(one.bytes) })),
  );
  promise(equal(same, bytes), 'the same blobs put back leave the file as it is');
  const changed = rewrite(
    bytes,
    found,
    put.map((one) => ({ found: bare(one), next: next(OTHER_BLOB) })),
  );
  const moved = movedTo(
    found,
    put.map((one) => ({ found: bare(one), next: next(OTHER_BLOB) })),
  );
  promise(keepsTheRest(bytes, changed, put, moved), 'other blobs change only their own ranges');
  rewrite(
    bytes,
    found,
    put.map((one) => ({ found: one, next: next(OTHER_BLOB) })),
  );
  withoutPlaintext(bytes, found);
  promise(equal(before, bytes), 'the input is not written to');
  if (bytes.length < 512) looksLikeText(Buffer.from(bytes).toString('utf8'));
}

/** Names that hint at formats: which one an input gets follows from its length. */
const NAMES = [
  'file',
  '.env',
  'a.csv',
  'a.json',
  'a.yaml',
  'a.tf',
  'a.toml',
  'a.ini',
  'a.md',
  'a.sql',
  '.sops.yaml',
  'a.py',
];

/** Rows are written by SQLite: the same blobs leave the file as it is, and others leave a database. */
function checkDatabase(bytes: Uint8Array, found: Scan): void {
  const put = found.blobs.filter((one) => one.cell !== undefined && one.notPutBack === undefined);
  try {
    const written = rewrite(
      bytes,
      found,
      put.map((one) => ({ found: one, next: next(OTHER_BLOB) })),
    );
    promise(put.length === 0 || scan(written, 'file').database === true, 'a database stays one');
  } catch (error) {
    // A damaged database, or one with a rule against the new value, is refused by SQLite.
    promise(error instanceof FaultError, 'a database is refused in words');
  }
}

const LIMITS = { ...ARCHIVE_LIMITS, totalBytes: 16 * 1024 * 1024, freeBytes: 4 * 1024 * 1024, entries: 1000 };

async function checkArchives(bytes: Uint8Array): Promise<void> {
  let total = 0;
  for await (const entry of archiveEntriesOf(bytes, 'file', LIMITS)) {
    if ('problem' in entry) promise(entry.problem.message.length > 0, 'what is not read has a reason');
    else total += entry.bytes.length;
  }
  promise(total <= LIMITS.totalBytes, 'an archive gives no more than its limit');
}

/** A database of one page of 512 bytes, whatever it holds. */
const ONE_PAGE = new Uint8Array(512);
ONE_PAGE[16] = 2;

/** The input as a write-ahead log. */
function checkLog(bytes: Uint8Array): void {
  const whole = merged(ONE_PAGE, bytes);
  promise(
    whole === null || (whole.length % 512 === 0 && whole.length <= ONE_PAGE.length + bytes.length),
    'a log gives whole pages, and no more than it has',
  );
}

function checkBlob(bytes: Uint8Array, found: FoundBlob): void {
  const { range, encoding, findings, identification } = found;
  // For a blob inside an encoded value, range and encoding are those of the value.
  const blob = found.within?.bytes ?? found.bytes;
  promise(range.start <= range.end && range.end <= bytes.length, 'a blob lies inside its file');
  const secret = identification.kind === 'private-key' || identification.kind === 'tink-keyset';
  // What cannot be written again is not put back, and says so.
  if (encoding.bytewise === null)
    promise(found.notPutBack !== undefined, 'what is not written again has a reason');
  if (secret || encoding.bytewise === null || findings.some(({ code }) => code === 'irregular-encoding'))
    return;
  promise(
    isSameWriting(encode(encoding, blob), bytes.subarray(range.start, range.end)),
    'a blob encodes to what was read',
  );
}

/** The same text, or one that differs in the stray bits of its last character or in the case of hex. */
function isSameWriting(written: Uint8Array, read: Uint8Array): boolean {
  if (equal(written, read)) return true;
  if (written.length !== read.length) return false;
  const [a, b] = [written, read].map((one) => Buffer.from(one).toString('latin1'));
  if (a === undefined || b === undefined) return false;
  if (/^[0-9a-f\s\0]*$/i.test(b)) return a.toLowerCase() === b.toLowerCase();
  const decode = (text: string): Buffer => Buffer.from(text.replaceAll('\0', ''), 'base64');
  if (decode(a).equals(decode(b))) return true;
  // Base64 twice: the inner one has a last character, too.
  return decode(decode(a).toString('latin1')).equals(decode(decode(b).toString('latin1')));
}

/** The blob without what else must change in the file: only then the same blob leaves it byte for byte. */
function bare<Found extends Placed>(found: Found): Found {
  const { within } = found;
  const inside = within === undefined ? {} : { within: { ...within, found: bare(within.found) } };
  return { ...found, ...inside, linkedValues: [] };
}

type Placed = NonNullable<FoundBlob['within']>['found'];

/** Whether all between the blobs is as it was, where it has moved to. */
function keepsTheRest(
  original: Uint8Array,
  changed: Uint8Array,
  blobs: readonly FoundBlob[],
  moved: (start: number) => number,
): boolean {
  const ranges = blobs.map(({ range }) => range).sort((a, b) => a.start - b.start);
  let from = 0;
  for (const { start, end } of [...ranges, { start: original.length, end: original.length }]) {
    if (start > from) {
      const to = moved(from);
      if (!equal(original.subarray(from, start), changed.subarray(to, to + start - from))) return false;
    }
    from = Math.max(from, end);
  }
  return true;
}

function next(bytes: Uint8Array) {
  const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  return {
    bytes,
    keyArn: arn,
    sourceKeyArn: arn,
    algorithm: 'SYMMETRIC_DEFAULT',
    sourceAlgorithm: 'SYMMETRIC_DEFAULT',
    keyMaterialId: 'ab'.repeat(32),
    sourceKeyMaterialId: 'cd'.repeat(32),
    context: { purpose: 'fuzzing' },
    at: '2026-11-24T08:00:00Z',
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
