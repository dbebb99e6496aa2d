import { lineEnd, lineStart } from '../structure/index.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob, LinkedValue } from '../types.ts';
import { lengthsBefore } from './lengths.ts';
import { ARN, type Label, labelsOf, linkedLabel } from './names.ts';
import { isTableLine, withTables } from './table.ts';

/** Most lines of a record on each side of a blob, and characters. */
const MOST_LINES = 60;
const REACH = 65_536;
/** No record goes on over these. */
const BOUNDARY = /^\s*(?:```|~~~|\$ |PS> |>>> |---\s*$|<(?:pre|code)>|$)/;
/** Between two objects of a list that was printed: `},`, `}, {`. */
const NEXT_RECORD = /^\s*\}\)?[,;]?\s*[{(]?\s*$/;
const HAS_LABEL = /arn:aws|alias\/|[kK]ey_?-?[iI]d|KEY_?ID/;

/**
 * What is printed of a key beside a blob in text that is no container: replies of KMS as the AWS CLI (text, table, lists), boto3,
 * Node, Go, Java, Ruby and PHP print them, and transcripts of these. Only what is surely the blob's is taken: in one record with no
 * other blob.
 */
export function withPrintedLabels(view: TextView, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (blobs.length === 0 || !HAS_LABEL.test(view.text)) return blobs;
  const tables = withTables(view, blobs);
  const isOutside = outsideOf(view, tables);
  const labels = labelsOf(view.text).filter(isOutside);
  const bare = bareArns(view.text).filter(isOutside);
  if (labels.length + bare.length === 0) return tables;
  const reader = new Records(view, tables, labels, bare);
  // In a damaged file two readers may lead to one label: it changes with the blob that had it first.
  const taken = new Set(tables.flatMap(({ linkedValues }) => linkedValues.map(({ range }) => range.start)));
  return tables.map((blob, index) => {
    if (!takesLabels(blob)) return blob;
    const labelled = reader.labelled(blob, index);
    if (labelled === blob) return blob;
    const linkedValues = labelled.linkedValues.filter(
      (one) => blob.linkedValues.includes(one) || !taken.has(one.range.start),
    );
    for (const { range } of linkedValues) taken.add(range.start);
    return { ...labelled, linkedValues };
  });
}

/** Says of a place whether it lies in none of the blobs: one that only begins like a blob may reach over anything. */
function outsideOf(
  view: TextView,
  blobs: readonly FoundBlob[],
): (one: { readonly start: number }) => boolean {
  const ranges = blobs.map(({ range }) => range).sort((a, b) => a.start - b.start);
  return ({ start }) => {
    const at = view.byteAt(start);
    const last = ranges[lowerBound(ranges, at + 1) - 1];
    return last === undefined || last.end <= at;
  };
}

function takesLabels({ declared, notPutBack, within, linkedValues, container }: FoundBlob): boolean {
  return (
    (PRINTED.has(container) || LIKE_PRINT.has(container)) &&
    declared.keyArn === null &&
    notPutBack === undefined &&
    within === undefined &&
    linkedValues.every(({ name }) => name.startsWith('length'))
  );
}

/** Formats in which text may be printed; of the others, names in maps are followed by their reader. */
const PRINTED: ReadonlySet<FoundBlob['container']> = new Set<FoundBlob['container']>([
  'text',
  'yaml',
  'json',
]);

/** Formats that a print may look like: a line of `name=value` pairs, an object of Rust. */
const LIKE_PRINT: ReadonlySet<FoundBlob['container']> = new Set<FoundBlob['container']>(['dotenv', 'hcl']);

/** Whether a blob is a whole value of a map: its reader follows names there. */
const isValue = ({ container, place }: FoundBlob): boolean =>
  container !== 'text' && !/, (?:character|column) \d+/.test(place);

/** Whether a text is printed as a value that may be missing, as Rust does: `Some("…")`. */
const isOptional = (text: string, start: number): boolean =>
  /\bSome\(\s{0,80}\\?"$/.test(text.slice(Math.max(0, start - 90), start));

/** ARNs of keys that stand as a field of their own. */
function bareArns(text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (const match of text.matchAll(new RegExp(`(?<![^\\s"',;|[(])${ARN}(?![^\\s"',;|\\])])`, 'g')))
    found.push({ start: match.index, end: match.index + match[0].length });
  return found;
}

/** A field that the AWS CLI prints beside a blob. */
const CLI_FIELD =
  /^(?:arn:aws[\w-]{0,20}:kms:\S+|[0-9a-f]{64}|SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_(?:1|256)|SM2PKE|RSA_\d{4}|ECC_\w{1,40}|SM2|[A-Za-z0-9+/]{16,}={0,2}|None|null|-|)$/;

class Records {
  readonly #view: TextView;
  readonly #starts: readonly number[];
  readonly #ends: readonly number[];
  readonly #labels: readonly Label[];
  readonly #bare: readonly { start: number; end: number }[];
  readonly #last = { from: -1, to: -1 };
  #work: number;

  constructor(
    view: TextView,
    blobs: readonly FoundBlob[],
    labels: readonly Label[],
    bare: readonly { start: number; end: number }[],
  ) {
    this.#view = view;
    const first = view.byteAt(0);
    const unit = view.byteAt(1) - first;
    this.#starts = blobs.map(({ range }) => (range.start - first) / unit);
    this.#ends = blobs.map(({ range }) => (range.end - first) / unit);
    this.#labels = labels;
    this.#bare = bare;
    this.#work = 16 * view.text.length + 1_048_576;
  }

  labelled(blob: FoundBlob, index: number): FoundBlob {
    const start = this.#starts[index] ?? 0;
    const end = this.#ends[index] ?? 0;
    const { text } = this.#view;
    const line: [number, number] = [lineStart(text, start), lineEnd(text, end)];
    if (isTableLine(text.slice(line[0], line[0] + 2)) || this.#work < 0) return blob;
    // Beside a value of a map its reader follows names; what is left are lists, and texts inside a value.
    const isInMap = isValue(blob) && !isOptional(text, start);
    const onLine = this.#taken(line, true, isInMap);
    if (onLine.length > 0) return this.#with(blob, onLine);
    // Named on another line of the same print.
    const [from, to] = this.#record(start, end);
    const labels = this.#taken([from, to], false, isInMap);
    return labels.length === 0 ? blob : this.#with(blob, labels);
  }

  #with(blob: FoundBlob, labels: readonly Label[]): FoundBlob {
    const view = this.#view;
    const linkedValues: LinkedValue[] = [];
    const seen = new Set<string>();
    for (const label of labels) {
      // One that is named twice in a record may be that of something else.
      if (seen.has(label.name)) return blob;
      seen.add(label.name);
      linkedValues.push(linkedLabel(view, label), ...lengthsBefore(view, label.start, label.end));
    }
    const names = labels.find(({ name, value }) => !/source|material|algorithm/i.test(name) && value !== '');
    return {
      ...blob,
      declared: { ...blob.declared, keyArn: names?.value ?? null },
      linkedValues: [...blob.linkedValues, ...linkedValues],
    };
  }

  /** Labels in a range with one blob; without names, what stands where the AWS CLI prints it. */
  #taken([from, to]: readonly [number, number], isLine: boolean, isInMap: boolean): Label[] {
    if (between(this.#starts, from, to) !== 1) return [];
    const low = lowerBound(this.#labels, from);
    const named: Label[] = [];
    for (let at = low; at < this.#labels.length; at++) {
      const label = this.#labels[at];
      if (label === undefined || label.start >= to) break;
      named.push(label);
    }
    if (named.length > 0) return isInMap ? [] : named;
    return this.#positional(from, to, isLine);
  }

  #positional(from: number, to: number, isLine: boolean): Label[] {
    const arns: { start: number; end: number }[] = [];
    for (let at = lowerBound(this.#bare, from); at < this.#bare.length; at++) {
      const one = this.#bare[at];
      if (one === undefined || one.start >= to) break;
      arns.push(one);
    }
    if (arns.length === 0 || arns.length > 2) return [];
    const { text } = this.#view;
    const piece = text.slice(from, to);
    this.#work -= piece.length;
    // A reply of the CLI has no other words: with some, an ARN may be that of anything.
    const fields = [...piece.matchAll(/[^\s"',;[\]|]+/g)].filter(({ 0: field }) => field !== '-');
    if (fields.length > 12 || !fields.every(({ 0: field }) => CLI_FIELD.test(field))) return [];
    if (!isLine && !piece.split('\n').every((one) => one.trim().split(/\s+/).length <= 2)) return [];
    const [first, second] = arns;
    const label = (name: string, at: number, value: string): Label | null => {
      const next = NEXT[name];
      return next === undefined
        ? null
        : { name, start: at, end: at + value.length, value, next: next(value) };
    };
    const found: (Label | null)[] = [];
    for (const { 0: field, index } of fields) {
      const at = from + index;
      const isSource = second !== undefined && first !== undefined && at > first.start;
      if (field.startsWith('arn:')) found.push(label(isSource ? 'SourceKeyId' : 'KeyId', at, field));
      else if (/^[0-9a-f]{64}$/.test(field))
        found.push(label(isSource ? 'SourceKeyMaterialId' : 'KeyMaterialId', at, field));
      else if (/^(?:SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_(?:1|256)|SM2PKE)$/.test(field))
        found.push(label(isSource ? 'SourceEncryptionAlgorithm' : 'EncryptionAlgorithm', at, field));
    }
    return found.filter((one) => one !== null);
  }

  /** The lines of the print that a blob stands in. */
  #record(start: number, end: number): [number, number] {
    const { text } = this.#view;
    if (this.#last.from <= start && end <= this.#last.to) return [this.#last.from, this.#last.to];
    let from = lineStart(text, start);
    for (let n = 0; from > 0 && n < MOST_LINES && start - from < REACH; n++) {
      const before = lineStart(text, from - 1);
      const line = text.slice(before, from - 1);
      if (BOUNDARY.test(line) || NEXT_RECORD.test(line)) break;
      from = before;
    }
    let to = lineEnd(text, end);
    for (let n = 0; to < text.length && n < MOST_LINES && to - end < REACH; n++) {
      const next = text.indexOf('\n', to) + 1;
      if (next === 0) break;
      const eol = lineEnd(text, next);
      const line = text.slice(next, eol);
      if (BOUNDARY.test(line) || NEXT_RECORD.test(line)) break;
      to = eol;
    }
    this.#work -= to - from;
    this.#last.from = from;
    this.#last.to = to;
    return [from, to];
  }
}

const NEXT: Readonly<Record<string, (old: string) => Label['next']>> = Object.fromEntries(
  [
    'KeyId',
    'SourceKeyId',
    'KeyMaterialId',
    'SourceKeyMaterialId',
    'EncryptionAlgorithm',
    'SourceEncryptionAlgorithm',
  ].map((name) => [name, (old: string) => labelsOf(`${name}=${old}`)[0]?.next ?? (() => old)]),
);

function lowerBound(sorted: readonly { readonly start: number }[], start: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many of ascending numbers are in `[from, to)`. */
function between(sorted: readonly number[], from: number, to: number): number {
  const below = (limit: number): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) < limit) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return below(to) - below(from);
}
