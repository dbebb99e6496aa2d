import { PLAIN_CONTAINERS } from '../formats/format.ts';
import { mayHoldBlob } from '../formats/structured/tokens.ts';
import { withLengths } from '../labels/lengths.ts';
import { type Leaf, lineStart, positionOf, readStructure, type Structure } from '../structure/index.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob, Scan } from '../types.ts';
import { apart, inOrder } from '../without-overlaps.ts';
import { blocksOf } from './blocks.ts';
import { Unpacker } from './compressed.ts';
import type { InnerText } from './inner-text.ts';
import { jsonAround } from './json-spans.ts';
import { leafText } from './leaf-text.ts';
import { prefixed } from './lines.ts';
import { fragmentsOf } from './pieces.ts';
import { type Region, workOf } from './region.ts';
import { percents, quotedPrintable, references, strings } from './strings.ts';

/** Texts inside texts that are followed. */
export const MAX_NESTED = 6;

/** A word without which no format says more of a blob than where it stands. */
const HINTS =
  /sops|kms|KMS|Kms|arn:aws|iphertext|[eE]ncryptedkey|[eE]ncryptedKey|encrypted_key|keyMaterial|[kK]ey_?-?[iI]d|KEY_?ID|payload|x-amz-|contents|amzn-ddb|datakey|SecureString|databaseActivity|FunctionName|SenderRequest|"auth"|authorizationToken/;

/** Letters of a piece. */
const PIECE = 29;

/** Reads an inner text as a file of its own; `name` is what it is called around there, a hint. */
export type ReadInner = (bytes: Uint8Array, name: string) => Scan;

/** A text inside the one that is read, and what was found in it. */
interface Inner {
  readonly text: InnerText;
  readonly place: string;
  readonly found: Scan;
  readonly exact: boolean;
  /** Its blobs by the byte of the file that each begins at. */
  readonly byStart: ReadonlyMap<number, FoundBlob>;
}

/** Texts lie deeper in each other than is followed; or there are more than are read of a file of this size. */
type Unread = 'deep' | 'much';

/** Inner bytes that may be read of one file, as a multiple of its own: blocks around many blobs lie in each other. */
const MOST_TIMES = 6;
const LEAST_BUDGET = 65_536;

type ReadAtDepth = (
  bytes: Uint8Array,
  name: string,
  reader: InnerReader,
  depth: number,
  sealed: boolean,
) => Scan;

/**
 * Reads texts inside texts of one file: each text once, however many ways lead to it, and no more in all than a few times the file.
 */
export class InnerReader {
  readonly #known = new Map<string, Scan>();
  readonly #read: ReadAtDepth;
  /** For compressed values at any depth. */
  readonly unpacker = new Unpacker();
  #left: number;
  #unread: Unread | null = null;

  constructor(size: number, read: ReadAtDepth) {
    this.#left = MOST_TIMES * size + LEAST_BUDGET;
    this.#read = read;
  }

  /** Why a text that may hold blobs was not read; null where all were. */
  get unread(): Unread | null {
    return this.#unread;
  }

  /**
   * What is found in a text that stands in `depth` others; nothing where too much was read already. `sealed`: the text around
   * does not show it, so that its plaintext is looked for here.
   */
  read(bytes: Uint8Array, name: string, depth: number, sealed: boolean): Scan {
    const text =
      (sealed ? 's' : 'o') + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (depth > MAX_NESTED || bytes.length > this.#left) {
      if (depth > MAX_NESTED) this.#unread = 'deep';
      else if (mayHoldBlob(text)) this.#unread ??= 'much';
      return NOTHING;
    }
    this.#left -= bytes.length;
    const found = this.#read(bytes, name, this, depth, sealed);
    this.#known.set(text, found);
    return found;
  }
}

const NOTHING: Scan = { blobs: [], findings: [], plaintext: [] };

/**
 * What was found in a text, with those blobs read anew that stand in a text inside it (SOPS in a Secret, a reply of KMS in a fence): as
 * what they are there, with the values that must change with them.
 */
export function withNested(view: TextView, name: string, found: Scan, read: ReadInner): Scan {
  // Of a file with more blobs than are listed, no others are.
  if (found.findings.some(({ code }) => code === 'too-many-blobs')) return found;
  const pieces = fragmentsOf(view, found);
  const isWorth = found.blobs.some(mayBeInside) && HINTS.test(textBeside(view, found.blobs));
  if (!isWorth && pieces.length === 0) return found;
  return new Nesting(view, name, found, read).result(isWorth, pieces);
}

/** The text without its blobs: of a few thousand, one has any three letters by chance. */
function textBeside(view: TextView, blobs: readonly FoundBlob[]): string {
  const first = view.byteAt(0);
  const unit = view.byteAt(1) - first;
  const parts: string[] = [];
  let at = 0;
  for (const range of inOrder(blobs.map((blob) => blob.range))) {
    const start = (range.start - first) / unit;
    if (start > at) parts.push(view.text.slice(at, start));
    at = Math.max(at, (range.end - first) / unit);
  }
  parts.push(view.text.slice(at));
  return parts.join('\n');
}

function mayBeInside({
  container,
  identification,
  linkedValues,
  within,
  notPutBack,
  declared,
}: FoundBlob): boolean {
  return (
    PLAIN_CONTAINERS.has(container) &&
    identification.kind.startsWith('kms-') &&
    linkedValues.every(({ measures }) => measures !== undefined) &&
    within === undefined &&
    notPutBack === undefined &&
    declared.keyArn === null
  );
}

/** Whether an inner text says more of a blob than the text around it does, in which so many lengths follow it. */
function saysMore(
  { container, linkedValues, declared, notPutBack, findings }: FoundBlob,
  around: FoundBlob,
  lengths: () => number,
): boolean {
  return (
    !PLAIN_CONTAINERS.has(container) ||
    linkedValues.some(({ measures }) => measures === undefined) ||
    (linkedValues.length > 0 && linkedValues.length > lengths()) ||
    declared.keyArn !== null ||
    declared.encryptionContext !== null ||
    notPutBack !== undefined ||
    findings.length > around.findings.length
  );
}

function mayHold({ bytes }: InnerText): boolean {
  return HINTS.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
}

class Nesting {
  readonly #view: TextView;
  readonly #found: Scan;
  readonly #read: ReadInner;
  readonly #structure: Structure | null;
  readonly #cache = new Map<string, Inner | null>();
  readonly #first: number;
  readonly #unit: number;
  #nextLeaf = 0;
  #lengths: ReadonlyMap<string, number> | null = null;

  constructor(view: TextView, name: string, found: Scan, read: ReadInner) {
    this.#view = view;
    this.#found = found;
    this.#read = read;
    this.#structure = readStructure(view, name);
    this.#first = view.byteAt(0);
    this.#unit = view.byteAt(1) - this.#first;
  }

  /** `isWorth`: blobs that were found may be more than they seem; `pieces`: where some begin that were not. */
  result(isWorth: boolean, pieces: readonly number[]): Scan {
    const taken = new Set<Inner>();
    const kept: FoundBlob[] = [];
    /** Ranges of inner texts that were taken, in order: what stands in them comes from there. */
    let until = 0;
    for (const blob of [...this.#found.blobs].sort((a, b) => a.range.start - b.range.start)) {
      if (!isWorth || !mayBeInside(blob)) {
        kept.push(blob);
        continue;
      }
      const inner = this.#innerOf(blob, until);
      if (inner === null) {
        kept.push(blob);
        continue;
      }
      if (!taken.has(inner)) {
        taken.add(inner);
        until = Math.max(until, inner.text.end);
      }
      kept.push(this.#readAnew(inner, blob));
    }
    this.#nextLeaf = 0;
    for (const start of pieces) {
      const inner = this.#innerOfPiece(start);
      if (inner !== null) taken.add(inner);
    }
    if (taken.size === 0) return this.#found;
    const starts = new Set(kept.map(({ range }) => range.start));
    for (const inner of taken)
      for (const one of inner.found.blobs) {
        const lifted = this.#lifted(inner, one);
        if (!starts.has(lifted.range.start)) kept.push(lifted);
      }
    const inners = [...taken];
    const possible = [
      ...(this.#found.possiblePlaintext ?? []),
      ...inners.flatMap(({ text, found }) =>
        (found.possiblePlaintext ?? []).map((range) => text.range(range)),
      ),
    ];
    return {
      ...this.#found,
      ...(possible.length === 0 ? {} : { possiblePlaintext: possible }),
      blobs: apart(kept.sort((a, b) => a.range.start - b.range.start)),
      findings: [
        ...this.#found.findings,
        ...inners.flatMap(({ text, found }) => found.findings.map((one) => text.liftFinding(one))),
      ],
      plaintext: [
        ...this.#found.plaintext,
        ...inners.flatMap(({ text, found }) => found.plaintext.map((range) => text.range(range))),
      ].sort((a, b) => a.start - b.start),
    };
  }

  /** The largest inner text that says more of a blob. */
  #innerOf(blob: FoundBlob, until: number): Inner | null {
    const start = (blob.range.start - this.#first) / this.#unit;
    const end = (blob.range.end - this.#first) / this.#unit;
    for (const open of this.#textsAround(start, end, false)) {
      const inner = open();
      // Two that overlap cannot both be right: the one that was taken first stays.
      if (inner === null || (inner.text.start < until && inner.text.end !== until)) continue;
      const same = sameBlob(inner, blob);
      if (same !== undefined && saysMore(same, blob, () => this.#lengthsOf(blob))) return inner;
    }
    return null;
  }

  /** How many lengths that stand in this text follow a blob of it. */
  #lengthsOf({ place }: FoundBlob): number {
    this.#lengths ??= new Map(
      withLengths(this.#view, this.#found.blobs).map((one) => [one.place, one.linkedValues.length]),
    );
    return this.#lengths.get(place) ?? 0;
  }

  /** The inner text in which a whole blob begins where a piece of one stands here. */
  #innerOfPiece(start: number): Inner | null {
    const at = this.#view.byteAt(start);
    // The smallest text that makes it whole: what it stands in need not be gone through.
    for (const open of [...this.#textsAround(start, start + PIECE, true)].reverse()) {
      const inner = open(true);
      if (inner?.byStart.get(at)?.identification.kind === 'kms-symmetric') return inner;
    }
    return null;
  }

  *#textsAround(start: number, end: number, isPiece: boolean): Generator<(always?: boolean) => Inner | null> {
    const leaf = this.#leafAt(start, end);
    if (leaf !== null && leaf.end - leaf.start > end - start + 8)
      yield (always = false) =>
        this.#cached(`leaf ${leaf.start}`, leaf.place, String(leaf.key), always, () => leafText(leaf));
    if (!isPiece && !this.#mayBeFree(leaf)) return;
    for (const region of regionsAround(this.#view, start, end))
      yield (always = false) => {
        const line = positionOf(this.#view, region.start).line;
        return this.#cached(
          `${region.manner} ${region.start} ${region.end}`,
          `line ${line}`,
          '',
          always,
          () => {
            const text = region.open();
            return text === null ? null : { text, exact: true };
          },
        );
      };
  }

  /** Whether a place may be free text: not where a structure says what it is; words over several lines are no such value. */
  #mayBeFree(leaf: Leaf | null): boolean {
    const syntax = this.#structure?.syntax;
    if (syntax === 'json' || syntax === 'json-lines') return false;
    // Lines of names and values may be those of a tool's own format, with something else before them.
    if (syntax === 'dotenv' || syntax === 'ini') return true;
    // What a patch or a mail puts before each line may look like a part of its names.
    const line =
      leaf === null ? '' : leaf.view.text.slice(lineStart(leaf.view.text, leaf.outerStart), leaf.outerStart);
    if (/^\s*(?:[+>!]|\/\/|--)/.test(line.slice(0, 64))) return true;
    return leaf === null || leaf.style === 'template' || (leaf.style === 'plain' && leaf.raw.includes('\n'));
  }

  /** Asked by rising positions. */
  #leafAt(start: number, end: number): Leaf | null {
    const leaves = this.#structure?.leaves ?? [];
    while ((leaves[this.#nextLeaf]?.outerEnd ?? Number.POSITIVE_INFINITY) <= start) this.#nextLeaf++;
    const leaf = leaves[this.#nextLeaf];
    return leaf !== undefined && leaf.outerStart <= start && end <= leaf.outerEnd ? leaf : null;
  }

  #cached(
    key: string,
    place: string,
    name: string,
    always: boolean,
    open: () => { text: InnerText; exact: boolean } | null,
  ): Inner | null {
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const opened = open();
    const inner =
      opened === null || !(always || mayHold(opened.text)) ? null : this.#readIn(opened, place, name);
    this.#cache.set(key, inner);
    return inner;
  }

  #readIn(opened: { text: InnerText; exact: boolean }, place: string, name: string): Inner {
    const found = this.#read(opened.text.bytes, name);
    const byStart = new Map(found.blobs.map((one) => [opened.text.range(one.range).start, one]));
    return { ...opened, place, found, byStart };
  }

  /** A blob as its inner text has it, written as the outer text has it. */
  #readAnew(inner: Inner, blob: FoundBlob): FoundBlob {
    const same = sameBlob(inner, blob);
    if (same === undefined) return blob;
    const lifted = this.#lifted(inner, same);
    // The outer writing is known exactly, where it is of just these bytes.
    const isSame = lifted.within === undefined && lifted.range.end === blob.range.end;
    return isSame ? { ...lifted, encoding: blob.encoding } : lifted;
  }

  #lifted({ text, place, exact }: Inner, one: FoundBlob): FoundBlob {
    const lifted = text.lift(one);
    return {
      ...lifted,
      place: one.place === '' ? place : `${place}: ${one.place}`,
      ...(exact || one.notPutBack !== undefined ? {} : { notPutBack: NOT_EXACT }),
    };
  }
}

const NOT_EXACT =
  'It stands in a text with folded lines, so that what must change with it cannot be written exactly. Write ' +
  'that text as a literal block (`|` in YAML), then add the file again.';

/** The blob of an inner text that stands where a blob of the outer one does. */
function sameBlob({ byStart }: Inner, blob: FoundBlob): FoundBlob | undefined {
  const one = byStart.get(blob.range.start);
  if (one === undefined || one.within !== undefined) return one;
  return Buffer.compare(one.bytes, blob.bytes) === 0 ? one : undefined;
}

/**
 * Parts of a free text around `[start, end)` that may be texts of their own, larger ones first: fences and heredocs, blocks of
 * lines with one beginning, strings of a program, JSON, XML, a URL.
 */
function regionsAround(view: TextView, start: number, end: number): Region[] {
  const { text } = view;
  const work = workOf(view);
  if (work.left <= 0) return [];
  const regions = [
    ...blocksOf(view).around(start, end),
    ...prefixed(view, start, end),
    ...strings(view, start, end),
    ...(work.hasReferences ? references(view, start, end) : []),
    ...(work.hasPercents ? percents(view, start, end) : []),
    ...(work.hasSoftBreaks ? quotedPrintable(view, start, end) : []),
    ...jsonAround(view, start, end),
  ];
  return regions
    .filter(
      (one) =>
        one.end - one.start > end - start &&
        !(one.start === 0 && one.end === text.length && one.manner === 'as it is'),
    )
    .sort((a, b) => b.end - b.start - (a.end - a.start));
}
