import { keyReference } from '../formats/envelopes/shared.ts';
import { type TextView, writeText } from '../text/text-view.ts';
import type { LinkedValue, NewBlob } from '../types.ts';

/** Where a key, its material or an algorithm is named beside a blob, in characters of the text. */
export interface Label {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** The new value: '' where KMS does not say. */
  readonly next: (next: NewBlob) => string;
}

const key = (old: string) => (next: NewBlob) => keyReference(old, next);

/** Names of what KMS's replies say beside a blob, in lower case without `_` and `-`. */
const MEMBERS: Readonly<Record<string, (old: string) => (next: NewBlob) => string>> = {
  keyid: key,
  keyarn: key,
  destinationkeyid: key,
  destinationkeyarn: key,
  kmskeyid: key,
  kmskeyarn: key,
  kmskey: key,
  kmsarn: key,
  kmsmasterkeyid: key,
  masterkeyid: key,
  masterkeyarn: key,
  cmkarn: key,
  cmkid: key,
  cmk: key,
  sourcekeyid: () => (next) => next.sourceKeyArn ?? '',
  keymaterialid: () => (next) => next.keyMaterialId ?? '',
  destinationkeymaterialid: () => (next) => next.keyMaterialId ?? '',
  sourcekeymaterialid: () => (next) => next.sourceKeyMaterialId ?? '',
  encryptionalgorithm: () => (next) => next.algorithm,
  destinationencryptionalgorithm: () => (next) => next.algorithm,
  sourceencryptionalgorithm: () => (next) => next.sourceAlgorithm ?? '',
};

export const ARN = 'arn:aws[\\w-]{0,20}:kms:[a-z0-9-]{1,40}:\\d{12}:(?:key|alias)\\/[\\w/-]{1,256}';
const UUID = '(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const VALUE = `${ARN}|alias\\/[\\w/-]{1,250}|[0-9a-f]{64}|${UUID}|SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_(?:1|256)|SM2PKE`;
/**
 * What SDKs print between a name and a text: Go's `aws.String(`, a dump's `(string) (len=75) `, Rust's `Some(`, PHP's `string(75) `.
 */
const BETWEEN = `(?:&?(?:aws\\.)?String\\(|Some\\([ \\t\\r\\n]{0,80}|string\\(\\d{1,6}\\) |\\(?\\*?string\\)? ?(?:\\(0x[0-9a-f]{1,16}\\))? ?\\(?(?:\\(?len=\\d{1,6}\\) ?)?)?`;
const LABEL = new RegExp(
  `(?<![A-Za-z0-9])([A-Za-z][A-Za-z_-]{2,40})\\\\?["'\`\\]]{0,2}[ \\t]{0,40}(?:=>(?:[ \\t]{0,40}\\r?\\n)?|:=|[:=])[ \\t]{0,40}${BETWEEN}\\\\?["'\`]?(${VALUE})(?![\\w/:-])`,
  'g',
);

/** The new value of a member of that name; null for another name. */
export function memberNamed(name: string, value: string): Label['next'] | null {
  const plain = name.toLowerCase().replaceAll(/[_ -]/g, '');
  const made = Object.hasOwn(MEMBERS, plain) ? MEMBERS[plain] : undefined;
  if (made === undefined) return null;
  const isMaterial = plain.endsWith('materialid');
  const isAlgorithm = plain.endsWith('algorithm');
  const fits = isMaterial
    ? /^[0-9a-f]{64}$/.test(value)
    : isAlgorithm
      ? /^[A-Z][A-Z0-9_]+$/.test(value)
      : /^(?:arn:|alias\/|mrk-|[0-9a-f]{8}-)/.test(value);
  return fits ? made(value) : null;
}

/** Every label of a text, in its order. */
export function labelsOf(text: string): Label[] {
  const labels: Label[] = [];
  for (const match of text.matchAll(LABEL)) {
    const [whole, name = '', value = ''] = match;
    const next = memberNamed(name, value);
    if (next === null) continue;
    const start = match.index + whole.length - value.length;
    labels.push({ name, start, end: start + value.length, value, next });
  }
  return labels;
}

/** A label as a value that changes with its blob. */
export function linkedLabel(view: TextView, { name, start, end, next }: Label): LinkedValue {
  return {
    name,
    range: { start: view.byteAt(start), end: view.byteAt(end) },
    write: (made) => writeText(next(made), view.charset),
  };
}
