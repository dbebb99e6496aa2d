import { finding } from '#shared/finding.ts';
import { entryOf } from '#shared/findings.ts';
import { regionOfArn } from '#shared/kms/facts.ts';
import type { BlobContainer, ByteRange, Declared, Finding } from '#shared/model/blob.ts';
import { type EncryptionContext, sameContext } from '#shared/model/context.ts';
import { identify } from '../../../inspect/index.ts';
import { Group, Leaf } from '../../structure/index.ts';
import { BINARY, decodeText } from '../../text/encoding.ts';
import { trimmed } from '../../text/strip-whitespace.ts';
import { type TextView, writeText } from '../../text/text-view.ts';
import type { BlobEncoding, FoundBlob, LinkedValue, NewBlob, PlaintextRange } from '../../types.ts';
import { NOTHING_DECLARED } from '../format.ts';
import { writingFindings } from '../text.ts';

/** What the readers of one file put together. */
export interface Collected {
  readonly blobs: FoundBlob[];
  readonly findings: Finding[];
  readonly plaintext: PlaintextRange[];
}

/** An envelope that is a map of a structured file. */
export interface GroupFormat {
  /**
   * A name without which {@link GroupFormat.read} finds nothing: a text in which no format's name stands is not read as a
   * structure. Linear, without flags.
   */
  readonly names: RegExp;
  /** Looks at one map for the envelope. Never throws; linear in the map and what it takes from it. */
  read(group: Group, out: Collected): void;
}

/** Reads bytes that are one envelope, or several one after the other; places and ranges are those in `bytes`. */
export type BytesReader = (bytes: Uint8Array) => FoundBlob[] | null;

/** What a format says of a blob, beyond its bytes and its place. */
interface BlobFacts {
  readonly container: BlobContainer;
  readonly declared?: Partial<Declared>;
  readonly linkedValues?: readonly LinkedValue[];
  readonly contextKeyPairs?: readonly string[];
  readonly notPutBack?: string;
  readonly findings?: readonly Finding[];
}

function withDefaults({
  container,
  declared,
  linkedValues,
  contextKeyPairs,
  notPutBack,
  findings,
}: BlobFacts) {
  return {
    container,
    declared: { ...NOTHING_DECLARED, ...declared },
    linkedValues: linkedValues ?? [],
    ...(contextKeyPairs !== undefined && contextKeyPairs.length > 0 ? { contextKeyPairs } : {}),
    ...(notPutBack === undefined ? {} : { notPutBack }),
    findings: findings ?? [],
  };
}

/**
 * The bytes to cut so that a map in brackets (JSON) is valid without one of its members: the member with the separator
 * that belongs to it. Null for a map that is laid out otherwise.
 */
export function memberRange(group: Group, member: Group | Leaf): ByteRange | null {
  const index = group.members.indexOf(member);
  const view = viewOf(group);
  if (index === -1 || view === null || !group.bracketed || member.keyStart < 0) return null;
  const before = group.members[index - 1];
  const after = group.members[index + 1];
  const start = after === undefined && before !== undefined ? endOf(before) : member.keyStart;
  return rangeOf(view, start, after?.keyStart ?? endOf(member));
}

function endOf(member: Group | Leaf): number {
  return member instanceof Leaf ? member.outerEnd : member.end;
}

/** The view of the text that a map stands in, from a value in it or in one of its members. */
function viewOf(group: Group): TextView | null {
  for (const one of group.members) {
    const leaf = one instanceof Leaf ? one : one.members.find((inner) => inner instanceof Leaf);
    if (leaf instanceof Leaf) return leaf.view;
  }
  return null;
}

/** The member of a map that is text: a JSON string, or a scalar of another syntax. */
export function textOf(group: Group, name: string): Leaf | null {
  const member = group.member(name);
  return member instanceof Leaf && isString(member) ? member : null;
}

/** Whether a value is text for its reader, and not a number, `null` or `true` written without quotes. */
export function isString(leaf: Leaf): boolean {
  if (leaf.style === 'template') return false;
  if (leaf.style !== 'plain') return leaf.end > leaf.start;
  return (
    leaf.end - leaf.start > 5 && !/^[-+.\deE]{1,64}$/.test(leaf.view.text.slice(leaf.start, leaf.start + 64))
  );
}

export function mapOf(group: Group, name: string): Group | null {
  const member = group.member(name);
  return member instanceof Group && member.kind === 'map' ? member : null;
}

/** A DynamoDB attribute's text, plain or typed (`{"S": …}`, `{"B": …}`, `{"N": …}`). */
export function attributeOf(item: Group, name: string): Leaf | null {
  const member = item.member(name);
  if (member instanceof Leaf) return member;
  if (member === null || member.kind !== 'map' || member.members.length !== 1) return null;
  const [typed] = member.members;
  return typed instanceof Leaf && (typed.key === 'S' || typed.key === 'B' || typed.key === 'N')
    ? typed
    : null;
}

export function rangeOf(view: TextView, start: number, end: number): ByteRange {
  return { start: view.byteAt(start), end: view.byteAt(end) };
}

/** A value that is an encoded blob. Null when it decodes to nothing, or (unless `takeUnknown`) to no known kind. */
export function envelopeBlob(leaf: Leaf, takeUnknown: boolean, what: BlobFacts): FoundBlob | null {
  const value = decodedLeaf(leaf, takeUnknown);
  if (value === null) return null;
  const about = withDefaults(what);
  return {
    ...about,
    place: leaf.place,
    range: value.range,
    encoding: value.decoded.encoding,
    bytes: value.decoded.bytes,
    identification: value.decoded.identification,
    findings: [...about.findings, ...writingFindings(value.decoded)],
  };
}

/** A value's bytes and how they are written, white space around them left out. */
export function decodedLeaf(leaf: Leaf, takeUnknown: boolean) {
  const { view } = leaf;
  const { escaped } = leaf.rules;
  const [start, end] = trimmed(view.text, leaf.start, leaf.end, escaped);
  const decoded = decodeText(view.text.slice(start, end), { charset: view.charset, escaped, takeUnknown });
  return decoded === null ? null : { decoded, range: rangeOf(view, start, end) };
}

/** A blob that stands raw among bytes. */
export function bytesBlob(bytes: Uint8Array, place: string, range: ByteRange, what: BlobFacts): FoundBlob {
  const whole = range.start === 0 && range.end === bytes.length;
  const blob = whole ? bytes : bytes.slice(range.start, range.end);
  return {
    ...withDefaults(what),
    place,
    range,
    encoding: BINARY,
    bytes: blob,
    identification: identify(blob),
  };
}

/**
 * A blob found among the bytes that an encoded value decodes to, seen from where the value stands. What covers those
 * bytes whole (a message) is the value itself.
 */
export function nested(
  outer: { readonly bytes: Uint8Array; readonly encoding: BlobEncoding; readonly range: ByteRange },
  place: string,
  found: FoundBlob,
): FoundBlob {
  const { range, encoding, bytes, linkedValues, within } = found;
  const covers = range.start === 0 && range.end === outer.bytes.length && encoding.name === 'binary';
  const inside = {
    range,
    encoding,
    bytes,
    linkedValues,
    ...(within === undefined ? {} : { within }),
  };
  const { within: _, ...rest } = found;
  return {
    ...rest,
    place: found.place === '' ? place : place === '' ? found.place : `${place}: ${found.place}`,
    range: outer.range,
    encoding: outer.encoding,
    linkedValues: [],
    ...(covers ? {} : { within: { bytes: outer.bytes, found: inside } }),
  };
}

/**
 * A linked value that is a value of the file; the same value keeps the very bytes it has. A `number` is written as one,
 * without quotes.
 */
export function envelopeLinkedValue(
  name: string,
  leaf: Leaf,
  value: (next: NewBlob, old: string) => string | null,
  kind: 'text' | 'number' = 'text',
): LinkedValue {
  const { view } = leaf;
  // A JSON string can hold any text; values of other syntaxes may need other quotes, which are then part of the value.
  const inPlace = leaf.style === 'json-string' || kind === 'number';
  const [start, end] = inPlace ? [leaf.start, leaf.end] : [leaf.outerStart, leaf.outerEnd];
  return {
    name,
    range: rangeOf(view, start, end),
    write: (next) => {
      const old = leaf.value();
      const text = value(next, old) ?? '';
      if (text === old) return rawBytes(view, start, end);
      return writeText(inPlace ? leaf.write(text) : leaf.rewrite(text), view.charset);
    },
  };
}

/** The bytes of a text as they stand. */
function rawBytes(view: TextView, start: number, end: number): Uint8Array {
  const text = view.text.slice(start, end);
  return view.charset === 'utf-8' || view.charset === 'latin-1'
    ? new Uint8Array(Buffer.from(text, 'latin1'))
    : writeText(text, view.charset);
}

/** A linked value that is a context written as JSON text: as it was while it says the same, with its order kept. */
export function contextLinkedValue(name: string, leaf: Leaf, old: EncryptionContext): LinkedValue {
  return envelopeLinkedValue(name, leaf, (next, text) => {
    const context = next.context ?? {};
    if (sameContext(old, context)) return text;
    const kept = Object.keys(old).filter((key) => Object.hasOwn(context, key));
    const added = Object.keys(context).filter((key) => !Object.hasOwn(old, key));
    return JSON.stringify(Object.fromEntries([...kept, ...added].map((key) => [key, context[key]])));
  });
}

/** Pairs of text, as a context; null when a value is no text. */
export function contextOf(json: string): EncryptionContext | null {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const pairs = Object.entries(value);
    return pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string')
      ? Object.fromEntries(pairs)
      : null;
  } catch {
    return null;
  }
}

/** A map of the file with text alone as values, as a context; null when one is not. */
export function contextOfGroup(group: Group): EncryptionContext | null {
  const pairs: [string, string][] = [];
  for (const member of group.members) {
    // What a template gives is not known here.
    if (!(member instanceof Leaf) || member.style === 'template') return null;
    pairs.push([String(member.key), member.value()]);
  }
  return Object.fromEntries(pairs);
}

/** That the container does not say which context the blob needs, and where to look for it. */
export function contextNotDeclared(where: string): Finding {
  return finding('context-not-declared', { evidence: [], values: { where } });
}

/** Something to do outside this file after the blob was replaced. */
export function alsoChange(reason: string, remedy: string): Finding {
  const what = entryOf('also-change').about;
  return finding('also-change', { evidence: [], values: { what, reason, remedy } });
}

export { keyReference } from '../../keys/key-written.ts';

/** The new key's Region; the old text where its ARN has none. */
export function keyRegion(old: string, { keyArn }: NewBlob): string {
  return regionOfArn(keyArn) ?? old;
}
