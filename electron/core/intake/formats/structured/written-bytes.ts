import { finding } from '#shared/finding.ts';
import type { BlobContainer, Identification } from '#shared/model/blob.ts';
import { identify } from '../../../inspect/index.ts';
import { type ByteText, byteTextsOf, readList, writeBytewise } from '../../bytewise/index.ts';
import { type Group, Leaf, positionOf, type Structure } from '../../structure/index.ts';
import { type TextView, writeText } from '../../text/text-view.ts';
import type { BlobEncoding, FoundBlob, LinkedValue } from '../../types.ts';
import { readBytes } from '../envelopes/bytes.ts';
import { nested } from '../envelopes/shared.ts';
import { NOTHING_DECLARED } from '../format.ts';
import { TELLING_NAME } from './leaf-blob.ts';

/** Sizes of RSA ciphertext, in bytes. */
const RSA_SIZES: readonly number[] = [256, 384, 512];
/** Shortest that is reported when it only begins like a blob, in bytes: the header of layout v1. */
const LEAST_LIKE = 41;

/**
 * Blobs with bytes written one by one: hex with colons, arrays of a program, JSON of a buffer, strings of escapes,
 * dumps. `wanted` says which values may be looked into.
 */
export function writtenBytes(
  view: TextView,
  structure: Structure | null,
  wanted: (leaf: Leaf) => boolean,
): { blob: FoundBlob; parent: Group | null }[] {
  const texts = byteTextsOf(view);
  const found: { blob: FoundBlob; parent: Group | null }[] = [];
  const leaves = new Leaves(structure);
  for (const one of texts) {
    const leaf = leaves.at(one.start);
    if (leaf !== null && !wanted(leaf)) continue;
    const { place, parent } = placeOf(view, one, leaf);
    for (const blob of blobsOf(view, one, place, structure?.syntax ?? 'text')) found.push({ blob, parent });
  }
  return structure === null ? found : [...found, ...randomLists(structure, wanted)];
}

/** Values in the order of the file, asked for by rising positions. */
class Leaves {
  readonly #leaves: readonly Leaf[];
  #next = 0;

  constructor(structure: Structure | null) {
    this.#leaves = structure?.leaves ?? [];
  }

  /** The value that holds an index. */
  at(index: number): Leaf | null {
    while ((this.#leaves[this.#next]?.outerEnd ?? Number.POSITIVE_INFINITY) <= index) this.#next++;
    const leaf = this.#leaves[this.#next];
    // An item that stands behind its index begins with the name of its value.
    const from = leaf === undefined || leaf.keyStart < 0 ? leaf?.outerStart : leaf.keyStart;
    return leaf !== undefined && from !== undefined && from <= index ? leaf : null;
  }
}

/** What to call the place of a list, and the map that it is a member of. */
function placeOf(
  view: TextView,
  { start, end, writing }: ByteText,
  leaf: Leaf | null,
): { place: string; parent: Group | null } {
  const { text } = view;
  if (text.slice(0, start).trim() === '' && text.slice(end).trim() === '') return { place: '', parent: null };
  // The lines of a dump look like a map of YAML, and are none.
  if (leaf === null || writing?.form === 'dump') {
    const { line, column } = positionOf(view, start);
    return { place: `line ${line}, column ${column}`, parent: null };
  }
  // A JSON list of numbers, or a map of them: its name is the list's, or that of the `Buffer` around it.
  const isList = writing?.form === 'items' && end > leaf.outerEnd;
  if (isList) {
    const list = bufferOf(leaf.parent);
    return { place: list.place, parent: list.parent };
  }
  if (leaf.start === start && leaf.end === end) return { place: leaf.place, parent: leaf.parent };
  const character = view.read(leaf.start, start).length + 1;
  // `b'…'`, as Python prints bytes, is the whole value.
  const isWhole = /^[A-Za-z]{0,2}["']$/.test(text.slice(leaf.start, start)) && end + 1 === leaf.end;
  return { place: `${leaf.place}, character ${character}`, parent: isWhole ? leaf.parent : null };
}

/** `{"type":"Buffer","data":[…]}` (Node) stands for its list. */
function bufferOf(list: Group): Group {
  const around = list.parent;
  const isBuffer =
    list.key === 'data' &&
    around?.kind === 'map' &&
    around.members.length === 2 &&
    isType(around.member('type'));
  return isBuffer && around !== null ? around : list;
}

function isType(member: Group | Leaf | null): boolean {
  return member instanceof Leaf && member.raw === 'Buffer';
}

function blobsOf(view: TextView, one: ByteText, place: string, container: BlobContainer): FoundBlob[] {
  const identification = identify(one.bytes);
  return isBelieved(identification, one)
    ? [asFound(view, one, place, container, identification)].flatMap(withInner)
    : [];
}

function isBelieved({ kind }: Identification, { bytes, sort }: ByteText): boolean {
  // Where a string ends is not sure in text around it; that a blob ends there is.
  if (kind === 'kms-like' && sort === 'quoted-printable') return false;
  if (kind === 'kms-like') return bytes.length >= LEAST_LIKE && bytes[3] === 0x00 && bytes[4] === 0x78;
  return kind === 'kms-symmetric' || kind === 'encryption-sdk-message';
}

/** A message with the encrypted data keys that stand in it; anything else by itself. */
function withInner(blob: FoundBlob): FoundBlob[] {
  if (blob.identification.kind !== 'encryption-sdk-message') return [blob];
  const outer = { bytes: blob.bytes, encoding: blob.encoding, range: blob.range };
  return (readBytes(blob.bytes) ?? []).map((found) => nested(outer, blob.place, found));
}

function asFound(
  view: TextView,
  one: ByteText,
  place: string,
  container: BlobContainer,
  identification: Identification,
): FoundBlob {
  const { start, end, bytes, writing, sort } = one;
  const encoding: BlobEncoding = {
    name: sort,
    charset: view.charset,
    hexCase: 'lower',
    padded: true,
    breaks: [],
    inner: null,
    bytewise: writing,
  };
  const regular = writing !== null && writeBytewise(writing, bytes) === view.text.slice(start, end);
  const linkedValues: readonly LinkedValue[] = writing?.form === 'dump' ? [] : lengthsAround(view, one);
  return {
    place,
    range: { start: view.byteAt(start), end: view.byteAt(end) },
    container,
    encoding,
    bytes,
    identification,
    declared: NOTHING_DECLARED,
    linkedValues,
    findings: regular || writing === null ? [] : [UNEVEN],
    ...(writing === null ? { notPutBack: NO_WRITING } : {}),
  };
}

const NO_WRITING =
  'The bytes are written in a layout that Rewrap reads and cannot write again exactly, so that a new blob is not put back ' +
  'here. Make the file anew from the new ciphertext with the tool that made it.';

const UNEVEN = finding('irregular-encoding', {
  evidence: ['Read and written again in one manner, they give another text for the same bytes.'],
  values: {
    what: 'The bytes are not all written in the same manner.',
    reason: 'It may have been edited by hand, or written for a language with rules of its own.',
    remedy: 'A new blob is written in one manner that programs read alike: look at it after the run.',
  },
});

/** Random bytes of an RSA size as a list of numbers, where its name says that it is ciphertext. */
function randomLists(
  structure: Structure,
  wanted: (leaf: Leaf) => boolean,
): { blob: FoundBlob; parent: Group | null }[] {
  const found: { blob: FoundBlob; parent: Group | null }[] = [];
  for (const leaf of structure.leaves) {
    const { parent: list, view } = leaf;
    if (leaf.key !== 0 || list.kind !== 'list' || !RSA_SIZES.includes(list.members.length) || !wanted(leaf))
      continue;
    const named = bufferOf(list);
    if (!TELLING_NAME.test(String(named.key))) continue;
    const one = readList(view.text, leaf.start);
    const identification = identify(one.bytes);
    if (one.bytes.length !== list.members.length || identification.kind !== 'kms-asymmetric-candidate')
      continue;
    found.push({
      blob: asFound(view, one, named.place, structure.syntax, identification),
      parent: named.parent,
    });
  }
  return found;
}

/** Characters looked at on each side of a list. */
const REACH = 200;

/** The size of an array as its declaration gives it: `blob[184] = {`, `[184]byte{`, `[u8; 184] = [`. */
const BEFORE =
  /(?:(?:Uint8Array|Buffer|Int8Array)\([ \t]*(\d{1,5})[ \t]*\)[ \t]*\[|\(len=(\d{1,5})(?: cap=\d{1,5})?\)[ \t]*\{|\[[ \t]*(?:u8[ \t]*;[ \t]*)?(\d{1,5})[ \t]*\](?:[ \t]*(?:byte|uint8))?[ \t]*=?[ \t\r\n]*[[{(]?|\[u8[ \t]*;[ \t]*(\d{1,5})[ \t]*\][ \t]*=[ \t]*\*?b?)[ \t\r\n]*["']?$/;
/** What `xxd -i` writes after its array. */
const AFTER =
  /^[ \t]*,?[ \t\r\n]*\};?[ \t\r\n]*(?:unsigned int|size_t|const unsigned int)[ \t]+\w{1,80}_len[ \t]*=[ \t]*(\d{1,5})/;

/** Lengths written beside a list of bytes, which follow another blob: without it the program would not be right. */
function lengthsAround(view: TextView, { start, end, bytes }: ByteText): LinkedValue[] {
  const { text } = view;
  const from = Math.max(0, start - REACH);
  const linkedValues: LinkedValue[] = [];
  const add = (at: number, digits: string): void => {
    if (Number(digits) !== bytes.length) return;
    linkedValues.push({
      name: 'length of the array',
      range: { start: view.byteAt(at), end: view.byteAt(at + digits.length) },
      write: (next) => writeText(String(next.bytes.length), view.charset),
    });
  };
  const before = BEFORE.exec(text.slice(from, start));
  const size = before?.[1] ?? before?.[2] ?? before?.[3] ?? before?.[4];
  if (before !== null && size !== undefined) add(from + before.index + before[0].indexOf(size), size);
  const after = AFTER.exec(text.slice(end, end + REACH));
  if (after?.[1] !== undefined) add(end + after[0].length - after[1].length, after[1]);
  return linkedValues;
}
