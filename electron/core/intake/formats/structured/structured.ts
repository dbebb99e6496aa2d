import { finding } from '#shared/finding.ts';
import type { BlobContainer, ByteRange, Finding } from '#shared/model/blob.ts';
import { byteTextsOf } from '../../bytewise/index.ts';
import { type Group, type Leaf, positionOf, readStructure, type Structure } from '../../structure/index.ts';
import type { TextView } from '../../text/text-view.ts';
import type { FoundBlob } from '../../types.ts';
import { apart } from '../../without-overlaps.ts';
import { type Format, NOTHING_DECLARED } from '../format.ts';
import { writingFindings } from '../text.ts';
import { type BesideBlob, plaintextMembers } from './beside.ts';
import { withContextLabel } from './context-labels.ts';
import { withKeyLabel } from './key-labels.ts';
import { foundAt, leafBlob } from './leaf-blob.ts';
import { emulatorTokens, lookValues, mayHoldOther } from './look-values.ts';
import { pairedByName } from './name-pairs.ts';
import { blobTokens, LETTER, MESSAGES } from './tokens.ts';
import { writtenBytes } from './written-bytes.ts';

/** Most blobs listed of one file. */
const MAX_BLOBS = 200_000;

/**
 * Beginnings of anything that is listed: KMS blobs in base64, base64 of base64 and hex, and Encryption SDK messages. A
 * text with none of these, and no name that speaks of ciphertext, is not read further.
 */
const WORTH_READING = new RegExp(
  `AQ[EI][A-D]AH[g-j]|Ci[A-D]${LETTER}{28}|QVF[FJ]|Q2l[B-E]|010[12]0[1-9]0078|0[aA]20[0-9a-fA-F]{64}12|${MESSAGES}|(?:[cC]ipher|CIPHER|[eE]ncrypt|ENCRYPT|[bB]lob|BLOB|[kK]ms|KMS)`,
);

/**
 * Any other text: dotenv, INI, JSON, JSON Lines, YAML, TOML, HCL and CSV with blobs as values, and blobs within longer
 * values, comments, logs, scripts and documents.
 */
export const structuredText: Format = {
  container: 'text',
  read({ text: view, name }) {
    if (view === null || !mayHold(view)) return null;
    const { blobs, cut, beside } = textBlobs(view, readStructure(view, name), () => true);
    const findings = [...(cut ? [tooMany()] : []), ...beside.findings];
    const possible = sorted(beside.possible);
    return blobs.length === 0
      ? null
      : {
          blobs,
          findings,
          plaintext: sorted(beside.plaintext),
          ...(possible.length === 0 ? {} : { possiblePlaintext: possible }),
        };
  },
};

function mayHold(view: TextView): boolean {
  return WORTH_READING.test(view.text) || mayHoldOther(view.text) || byteTextsOf(view).length > 0;
}

/** The blobs of a text, in its order; of values, only those that `wanted` takes. */
export function textBlobs(
  view: TextView,
  structure: Structure | null,
  wanted: (leaf: Leaf) => boolean,
): { blobs: FoundBlob[]; cut: boolean; beside: BesideBlob } {
  const beside: BesideBlob = { findings: [], plaintext: [], possible: [] };
  const values = structure === null ? [] : valueBlobs(structure, wanted, beside);
  const inText = values.length > MAX_BLOBS ? [] : tokenBlobs(view, structure, values, wanted);
  const known = [...values, ...inText, ...bytewiseBlobs(view, structure, wanted, beside)];
  const looks = mayHoldOther(view.text) ? apartFrom(known, view, structure, wanted) : [];
  const blobs = [...known, ...looks].sort((a, b) => a.range.start - b.range.start);
  return { blobs: distinct(apart(blobs.slice(0, MAX_BLOBS))), cut: blobs.length > MAX_BLOBS, beside };
}

/** Values that are ciphertext of other tools, where no blob stands in them. */
function apartFrom(
  known: readonly FoundBlob[],
  view: TextView,
  structure: Structure | null,
  wanted: (leaf: Leaf) => boolean,
): FoundBlob[] {
  const starts = known.map(({ range }) => range.start).sort((a, b) => a - b);
  const values = structure === null ? [] : lookValues(structure, wanted);
  return [...values, ...emulatorTokens(view)].filter(({ range }) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) < range.start) low = middle + 1;
      else high = middle;
    }
    return (starts[low] ?? Number.POSITIVE_INFINITY) >= range.end;
  });
}

/** Ranges in the order of the file, each once. */
function sorted(ranges: readonly ByteRange[]): ByteRange[] {
  const kept: ByteRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start))
    if (range.start >= (kept.at(-1)?.end ?? 0)) kept.push(range);
  return kept;
}

function valueBlobs(
  { leaves, syntax }: Structure,
  wanted: (leaf: Leaf) => boolean,
  beside: BesideBlob,
): FoundBlob[] {
  const found: { blob: FoundBlob; parent: Group }[] = [];
  /** Blobs in each map or list: a key named beside two blobs may be that of either. */
  const siblings = new Map<Group, FoundBlob[]>();
  for (const leaf of leaves) {
    if (found.length > MAX_BLOBS) break;
    const blob = wanted(leaf) ? leafBlob(leaf, syntax) : null;
    if (blob === null) continue;
    found.push({ blob, parent: leaf.parent });
    const known = siblings.get(leaf.parent);
    if (known === undefined) siblings.set(leaf.parent, [blob]);
    else known.push(blob);
  }
  const hasContext = syntax === 'json' || syntax === 'json-lines' || syntax === 'yaml';
  const labelled = found.map(({ blob, parent }) => {
    if (parent.kind !== 'map' || siblings.get(parent)?.length !== 1) return blob;
    plaintextMembers(blob, parent, beside);
    // Variables of a process, and of a file without sections, are not about one another because they stand in one file.
    const isLoose = syntax === 'dotenv' || (syntax === 'ini' && parent.parent === null);
    const withLabel = isLoose ? blob : withKeyLabel(blob, parent);
    return hasContext ? withContextLabel(withLabel, parent) : withLabel;
  });
  for (const [parent, blobs] of siblings) if (parent.kind === 'map') pairedByName(parent, blobs, beside);
  return labelled;
}

/** Blobs that are no whole value: named by the value they stand in, or by line and column. */
function tokenBlobs(
  view: TextView,
  structure: Structure | null,
  known: readonly FoundBlob[],
  wanted: (leaf: Leaf) => boolean,
): FoundBlob[] {
  const blobs: FoundBlob[] = [];
  const leaves = structure?.leaves ?? [];
  const container: BlobContainer = structure?.syntax ?? 'text';
  const perIndex = view.byteAt(1) - view.byteAt(0);
  let nextKnown = 0;
  let nextLeaf = 0;
  const skip = (index: number): number => {
    const at = view.byteAt(index);
    while ((known[nextKnown]?.range.end ?? Number.POSITIVE_INFINITY) <= at) nextKnown++;
    const range = known[nextKnown]?.range;
    return range !== undefined && range.start <= at ? index + (range.end - at) / perIndex : index;
  };
  for (const { start, end, decoded } of blobTokens(view, skip)) {
    while ((leaves[nextLeaf]?.outerEnd ?? Number.POSITIVE_INFINITY) <= start) nextLeaf++;
    const leaf = leaves[nextLeaf];
    if (leaf !== undefined && leaf.start <= start && end <= leaf.end) {
      if (!wanted(leaf)) continue;
      const blob = foundAt(leaf, start, end, container, decoded);
      const character = view.read(leaf.start, start).length + 1;
      blobs.push({ ...blob, place: `${leaf.place}, character ${character}` });
    } else {
      const { line, column } = positionOf(view, start);
      blobs.push({
        place: `line ${line}, column ${column}`,
        range: { start: view.byteAt(start), end: view.byteAt(end) },
        container,
        encoding: decoded.encoding,
        bytes: decoded.bytes,
        identification: decoded.identification,
        declared: NOTHING_DECLARED,
        linkedValues: [],
        findings: writingFindings(decoded),
      });
    }
    if (blobs.length > MAX_BLOBS) break;
  }
  return blobs;
}

/** Bytes written one by one; where they are a member of a map, with what is written beside them. */
function bytewiseBlobs(
  view: TextView,
  structure: Structure | null,
  wanted: (leaf: Leaf) => boolean,
  beside: BesideBlob,
): FoundBlob[] {
  const found = writtenBytes(view, structure, wanted);
  const siblings = new Map<Group, number>();
  for (const { parent } of found) if (parent !== null) siblings.set(parent, (siblings.get(parent) ?? 0) + 1);
  const labelled =
    structure?.syntax === 'json' || structure?.syntax === 'json-lines' || structure?.syntax === 'yaml';
  return found.map(({ blob, parent }) => {
    if (!labelled || parent?.kind !== 'map' || siblings.get(parent) !== 1) return blob;
    plaintextMembers(blob, parent, beside);
    return withContextLabel(withKeyLabel(blob, parent), parent);
  });
}

/** A name that stands twice in one map is numbered from its second time on. */
function distinct(blobs: readonly FoundBlob[]): FoundBlob[] {
  const times = new Map<string, number>();
  return blobs.map((blob) => {
    const time = (times.get(blob.place) ?? 0) + 1;
    times.set(blob.place, time);
    return time === 1 ? blob : { ...blob, place: `${blob.place} (${time})` };
  });
}

function tooMany(): Finding {
  return finding('too-many-blobs', { evidence: [], values: { most: MAX_BLOBS.toLocaleString('en') } });
}
