import { decode, identify, looksLikeText } from '../../electron/core/inspect/index.ts';
import { encode, type FoundBlob, rewrite, scan, withoutPlaintext } from '../../electron/core/intake/index.ts';
import { BlobDetail, type Field, Identification } from '../../shared/model/blob.ts';

/** What is run on every input. A target throws when a promise is broken; what it returns does not matter. */
export interface Target {
  readonly name: string;
  /** Throws an Error for a broken promise. */
  run(bytes: Uint8Array): void;
}

export const TARGETS: readonly Target[] = [
  { name: 'identify', run: checkIdentify },
  { name: 'decode', run: checkDecode },
  { name: 'scan', run: checkScan },
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
  const found = scan(bytes, 'file');
  promise(!found.findings.some(({ code }) => code === 'reader-failed'), 'no reader fails');
  promise(new Set(found.blobs.map(({ place }) => place)).size === found.blobs.length, 'places are distinct');
  for (const { range } of found.findings)
    promise(
      range === null || (range.start <= range.end && range.end <= bytes.length),
      'findings point inside the file',
    );
  for (const range of found.plaintext)
    promise(range.start < range.end && range.end <= bytes.length, 'plaintext lies inside the file');
  // Rows of a database are written by SQLite.
  if (found.database === true) return;
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
  promise(keepsTheRest(bytes, changed, put), 'other blobs change only their own ranges');
  rewrite(
    bytes,
    found,
    put.map((one) => ({ found: one, next: next(OTHER_BLOB) })),
  );
  withoutPlaintext(bytes, found);
  promise(equal(before, bytes), 'the input is not written to');
  if (bytes.length < 512) looksLikeText(Buffer.from(bytes).toString('utf8'));
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
  // What is never put back is not written: text of another tool may stand in UTF-16.
  if (
    !identification.reencryptable ||
    secret ||
    encoding.bytewise === null ||
    findings.some(({ code }) => code === 'irregular-encoding')
  )
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
  return Buffer.from(a.replaceAll('\0', ''), 'base64').equals(Buffer.from(b.replaceAll('\0', ''), 'base64'));
}

/** The blob without what else must change in the file: only then the same blob leaves it byte for byte. */
function bare<Found extends Placed>(found: Found): Found {
  const { within } = found;
  const inside = within === undefined ? {} : { within: { ...within, found: bare(within.found) } };
  return { ...found, ...inside, linkedValues: [] };
}

type Placed = NonNullable<FoundBlob['within']>['found'];

function keepsTheRest(original: Uint8Array, changed: Uint8Array, blobs: readonly FoundBlob[]): boolean {
  const starts = blobs.map(({ range }) => range.start);
  const ends = blobs.map(({ range }) => range.end);
  const first = Math.min(original.length, ...starts);
  const tail = original.length - Math.max(0, ...ends);
  return (
    equal(original.subarray(0, first), changed.subarray(0, first)) &&
    (tail === 0 || equal(original.subarray(original.length - tail), changed.subarray(changed.length - tail)))
  );
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
