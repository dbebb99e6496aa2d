import { finding } from '#shared/finding.ts';
import { REMEDY_IN_CLEAR } from '#shared/findings.ts';
import type { ByteRange, Finding } from '#shared/model/blob.ts';
import { type JsonMember, type JsonObject, jsonDocuments, visitObjects } from '../json-ranges.ts';
import { shortName } from '../structure/index.ts';
import { decodeText } from '../text/encoding.ts';
import { trimmed } from '../text/strip-whitespace.ts';
import { type TextView, writeText } from '../text/text-view.ts';
import type { BlobEncoding, FoundBlob, LinkedValue, NewBlob, Scan } from '../types.ts';
import type { Format } from './format.ts';
import { writingFindings } from './text.ts';

const BLOB_MEMBERS = ['CiphertextBlob', 'PrivateKeyCiphertextBlob'] as const;
const PLAINTEXT_MEMBERS: readonly string[] = ['Plaintext', 'PrivateKeyPlaintext'];

/** Members that speak of the blob beside them, in the output of `encrypt`, `generate-data-key*` and `re-encrypt`. */
const COMPANIONS: Readonly<Record<string, (next: NewBlob) => string | null>> = {
  KeyId: (next) => next.keyArn,
  SourceKeyId: (next) => next.sourceKeyArn,
  EncryptionAlgorithm: (next) => next.algorithm,
  DestinationEncryptionAlgorithm: (next) => next.algorithm,
  SourceEncryptionAlgorithm: (next) => next.sourceAlgorithm,
  KeyMaterialId: (next) => next.keyMaterialId,
  DestinationKeyMaterialId: (next) => next.keyMaterialId,
  SourceKeyMaterialId: (next) => next.sourceKeyMaterialId,
};

/**
 * JSON as the AWS CLI prints it for `aws kms encrypt`, `re-encrypt`, `generate-data-key`,
 * `generate-data-key-without-plaintext`, the key pair operations and `decrypt`: one object, several one after the
 * other, or such objects anywhere inside other JSON. A plaintext member is reported and marked; its bytes go nowhere.
 */
export const awsCliJson: Format = {
  container: 'aws-cli-json',
  read({ text: view }) {
    if (view === null || !(view.text.includes('CiphertextBlob') || view.text.includes('Plaintext')))
      return null;
    const documents = jsonDocuments(view.text);
    if (documents === null || !documents.every(({ start, end }) => isJson(view.read(start, end))))
      return broken(view);
    const scan: Collected = { blobs: [], findings: [], plaintext: [] };
    for (const [i, { start, end }] of documents.entries()) {
      const prefix = documents.length > 1 ? `document ${i + 1}: ` : '';
      if (!visitObjects(view.text, start, end, (object) => readObject(view, object, prefix, scan)))
        return null;
    }
    if (scan.blobs.length + scan.findings.length === 0) return null;
    scan.blobs.sort((a, b) => a.range.start - b.range.start);
    scan.plaintext.sort((a, b) => a.start - b.start);
    return { ...scan, plaintext: outermost(scan.plaintext) };
  },
};

interface Collected {
  readonly blobs: FoundBlob[];
  readonly findings: Finding[];
  readonly plaintext: ByteRange[];
}

/** JSON.parse's own message quotes the text, which may hold a plaintext: it is not passed on. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function broken(view: TextView): Scan | null {
  const [start] = trimmed(view.text, 0, view.text.length, false);
  if (view.text[start] !== '{' || !view.text.includes('"CiphertextBlob"')) return null;
  const invalid = finding('invalid-json', { evidence: ['It names a CiphertextBlob, but cannot be read.'] });
  return { blobs: [], findings: [invalid], plaintext: [] };
}

function readObject(view: TextView, object: JsonObject, prefix: string, scan: Collected): void {
  const named = new Map<string, JsonMember>();
  const names = object.members.map((member) => nameOf(view, member));
  for (const [i, member] of object.members.entries()) named.set(names[i] ?? '', member);
  const blobNames = BLOB_MEMBERS.filter((name) => isFilledString(view, named.get(name)));
  const secret = findPlaintext(view, object, names, blobNames.length > 0 || named.has('KeyId'));
  if (blobNames.length === 0 && secret.length === 0) return;
  const place = prefix + placeOf(view, object);
  const plaintextFindings = secret.map(({ name, range }) =>
    plaintextFinding(
      name,
      range,
      BLOB_MEMBERS.some((one) => named.has(one)),
    ),
  );
  // One by one: an object may have more members than a call takes arguments.
  for (const found of plaintextFindings) scan.findings.push(found);
  for (const { range } of secret) scan.plaintext.push(range);
  for (const [i, name] of blobNames.entries()) {
    const member = named.get(name);
    if (member === undefined) continue;
    const linkedValues = i === 0 ? linkedValuesOf(view, named) : [];
    const blob = readBlob(view, member, place + name, named, linkedValues);
    if (blob === null) scan.findings.push(undecodable(view, member, place + name));
    else scan.blobs.push({ ...blob, findings: [...plaintextFindings, ...blob.findings] });
  }
  if (blobNames.length > 0 && names.length > named.size) scan.findings.push(duplicates(place));
}

function readBlob(
  view: TextView,
  member: JsonMember,
  place: string,
  named: ReadonlyMap<string, JsonMember>,
  linkedValues: readonly LinkedValue[],
): FoundBlob | null {
  const [start, end] = trimmed(view.text, member.valueStart + 1, member.valueEnd - 1, true);
  const decoded = decodeText(view.text.slice(start, end), {
    charset: view.charset,
    escaped: true,
    takeUnknown: true,
  });
  if (decoded === null) return null;
  return {
    place,
    range: { start: view.byteAt(start), end: view.byteAt(end) },
    container: 'aws-cli-json',
    encoding: decoded.encoding,
    bytes: decoded.bytes,
    identification: decoded.identification,
    declared: {
      keyArn: stringOf(view, named.get('KeyId')),
      encryptionContext: null,
      createdAt: null,
      algorithm:
        stringOf(view, named.get('EncryptionAlgorithm')) ??
        stringOf(view, named.get('DestinationEncryptionAlgorithm')),
    },
    linkedValues,
    findings: writingFindings(decoded),
  };
}

function linkedValuesOf(view: TextView, named: ReadonlyMap<string, JsonMember>): LinkedValue[] {
  const linkedValues: LinkedValue[] = [];
  for (const [name, value] of Object.entries(COMPANIONS)) {
    const member = named.get(name);
    if (member === undefined || view.text[member.valueStart] !== '"') continue;
    const range = { start: view.byteAt(member.valueStart + 1), end: view.byteAt(member.valueEnd - 1) };
    linkedValues.push(jsonLinkedValue(name, range, view.charset, value));
  }
  return linkedValues;
}

/** Plaintext members, and the range to cut for each run of them so that the JSON stays valid. */
function findPlaintext(view: TextView, { members }: JsonObject, names: readonly string[], beside: boolean) {
  const found: { name: string; range: ByteRange }[] = [];
  const isSecret = (i: number): boolean =>
    PLAINTEXT_MEMBERS.includes(names[i] ?? '') && holdsSomething(view, members[i]);
  for (let i = 0; beside && i < members.length; i++) {
    if (!isSecret(i)) continue;
    const first = i;
    while (isSecret(i + 1)) i++;
    const before = members[first - 1];
    const after = members[i + 1];
    const start =
      after === undefined && before !== undefined ? before.valueEnd : (members[first]?.keyStart ?? 0);
    const end = after?.keyStart ?? members[i]?.valueEnd ?? start;
    found.push({
      name: names.slice(first, i + 1).join(' and '),
      range: { start: view.byteAt(start), end: view.byteAt(end) },
    });
  }
  return found;
}

function holdsSomething(view: TextView, member: JsonMember | undefined): boolean {
  if (member === undefined) return false;
  const value = view.text.slice(member.valueStart, Math.min(member.valueEnd, member.valueStart + 5));
  return value !== 'null' && value !== '""';
}

function isFilledString(view: TextView, member: JsonMember | undefined): boolean {
  return (
    member !== undefined && view.text[member.valueStart] === '"' && member.valueEnd - member.valueStart > 2
  );
}

function nameOf(view: TextView, { keyStart, keyEnd }: JsonMember): string {
  return unescaped(view.read(keyStart, keyEnd));
}

function stringOf(view: TextView, member: JsonMember | undefined): string | null {
  if (member === undefined || view.text[member.valueStart] !== '"') return null;
  return unescaped(view.read(member.valueStart, member.valueEnd));
}

function unescaped(json: string): string {
  if (!json.includes('\\')) return json.slice(1, -1);
  return String(JSON.parse(json));
}

/** "" at the top, "Items[3]." inside; ends so that a member's name can follow. Odd names are quoted. */
function placeOf(view: TextView, { path }: JsonObject): string {
  let place = '';
  for (const step of path) {
    if (typeof step === 'number') place += `[${step}]`;
    else {
      const name = shortName(nameOf(view, step));
      if (!/^[\w$-]+$/.test(name)) place += `[${JSON.stringify(name)}]`;
      else place += (place === '' ? '' : '.') + name;
    }
  }
  return place === '' ? '' : `${place}.`;
}

/** Ranges without those inside another (a plaintext object that holds one itself). Sorted by start. */
function outermost(ranges: readonly ByteRange[]): ByteRange[] {
  const kept: ByteRange[] = [];
  for (const range of ranges) {
    const last = kept.at(-1);
    if (last === undefined || range.start >= last.end) kept.push(range);
    else if (range.end > last.end) kept[kept.length - 1] = { start: last.start, end: range.end };
  }
  return kept;
}

function plaintextFinding(name: string, range: ByteRange, beside: boolean): Finding {
  const evidence = [`The member ${name} holds the secret in clear.`];
  return beside
    ? finding('plaintext-beside-blob', { evidence, values: { remedy: REMEDY_IN_CLEAR }, range })
    : finding('plaintext-in-file', {
        evidence,
        values: { what: 'The file holds a plaintext that KMS gave out.', more: '' },
        range,
      });
}

function undecodable(view: TextView, member: JsonMember, place: string): Finding {
  return finding('undecodable-blob', {
    evidence: ['It holds characters, or a number of them, that no base64 has.'],
    values: { place, what: 'value' },
    range: { start: view.byteAt(member.valueStart), end: view.byteAt(member.valueEnd) },
  });
}

function duplicates(place: string): Finding {
  return finding('duplicate-member', {
    evidence: [`It is in ${place === '' ? 'the object at the top' : place}.`],
  });
}

type Value = (next: NewBlob) => string | null;

/**
 * A linked value that is the inside of a JSON string. A value that KMS did not give (the key material id of an RSA key)
 * becomes an empty string: the old one would be a false label.
 */
function jsonLinkedValue(
  name: string,
  range: ByteRange,
  charset: BlobEncoding['charset'],
  value: Value,
): LinkedValue {
  return {
    name,
    range,
    write: (next) => writeText(JSON.stringify(value(next) ?? '').slice(1, -1), charset),
  };
}
