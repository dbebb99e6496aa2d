import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import { positionOf } from '../structure/index.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob } from '../types.ts';
import { labelsOf } from './names.ts';

/** How far from a blob a key is said to stand beside it, in characters and in lines. */
const REACH = 2000;
const LINES = 12;
/** The same for a name before several blobs: they stand between it and the last of them. */
const SHARED_REACH = 4 * REACH;
/** Names looked at around one blob. */
const MOST_AROUND = 50;

/** A colon and a slash as they are, and as URLs, JSON, programs and XML may write them. */
const COLON = '(?::|%3[Aa]|\\\\u003[aA]|&#(?:58|x3[aA]);|&colon;)';
const SLASH = '(?:\\\\{0,2}\\/|%2[Ff]|\\\\u002[fF]|&#(?:47|x2[fF]);|&sol;)';
const ANY = /arn(?::|%|\\u|&)|alias(?:[/\\%&])|mrk-|[kK]ey_?-?[iI]d|KEY_?ID|YXJuOmF3c/;
const ARN = new RegExp(
  `arn${COLON}aws[\\w-]{0,20}${COLON}kms${COLON}[a-z0-9-]{1,40}${COLON}\\d{12}${COLON}(?:key|alias)${SLASH}[\\w/-]{1,256}`,
  'g',
);
/** An alias or a multi-Region key by itself: no part of an ARN, a path or a name. */
const BY_ITSELF = new RegExp(
  `(?<![\\w/:.-])(?:alias${SLASH}[A-Za-z0-9_/-]{1,250}|mrk-[0-9a-f]{32}(?![\\w-]))`,
  'g',
);
/** The base64 of an ARN: data of a Kubernetes Secret. */
const IN_BASE64 = /YXJuOmF3c[A-Za-z0-9+/]{50,400}={0,2}/g;

/** A key that is named somewhere. */
interface Name {
  readonly start: number;
  readonly end: number;
  /** The key without what its writing adds. */
  readonly key: string;
}

/**
 * Blobs of a file in which a key is named that no reader brings up to date: each says so. A name is that of the blobs beside it; one
 * between two blobs is reported for the one before it and the one behind it. A name that stands beside none is that of every
 * blob, where the file names no other key; else that of the nearest one.
 */
export function withStayingLabels(view: TextView, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (blobs.length === 0 || !ANY.test(view.text) || !blobs.some(mayMove)) return blobs;
  const followed = blobs.flatMap(({ linkedValues }) => linkedValues.map(({ range }) => range));
  followed.sort((a, b) => a.start - b.start);
  const staying = namesIn(view.text).filter(({ start }) => !isFollowed(followed, view.byteAt(start)));
  if (staying.length === 0) return blobs;
  return new Labels(view, blobs, staying).result();
}

/** Every key that a text names, in its order. */
function namesIn(text: string): Name[] {
  const names: Name[] = [];
  const add = (start: number, written: string, key: string): void => {
    names.push({ start, end: start + written.length, key });
  };
  for (const { 0: written, index } of text.matchAll(ARN)) add(index, written, plain(written));
  for (const { 0: written, index } of text.matchAll(BY_ITSELF)) add(index, written, plain(written));
  for (const { 0: written, index } of text.matchAll(IN_BASE64)) {
    const key = Buffer.from(written, 'base64').toString('latin1').trim();
    if (/^arn:aws[\w-]*:kms:\S+$/.test(key)) add(index, written, key);
  }
  for (const { name, start, end, value } of labelsOf(text))
    if (!/algorithm|material/i.test(name)) names.push({ start, end, key: value });
  return names.sort((a, b) => a.start - b.start);
}

const COLONS = new RegExp(COLON, 'g');
const SLASHES = new RegExp(SLASH, 'g');

/** A name as KMS writes it. */
function plain(written: string): string {
  return written.replaceAll(COLONS, ':').replaceAll(SLASHES, '/');
}

/** Whether a blob may be put back, and so leave a name behind. */
function mayMove({ notPutBack, identification: { kind } }: FoundBlob): boolean {
  return notPutBack === undefined && kind.startsWith('kms-');
}

class Labels {
  readonly #view: TextView;
  readonly #blobs: readonly FoundBlob[];
  readonly #names: readonly Name[];
  readonly #starts: readonly number[];
  readonly #ends: readonly number[];
  readonly #found = new Map<number, Name>();
  readonly #findings = new Map<Name, Finding>();

  constructor(view: TextView, blobs: readonly FoundBlob[], names: readonly Name[]) {
    this.#view = view;
    this.#blobs = blobs;
    this.#names = names;
    const first = view.byteAt(0);
    const unit = view.byteAt(1) - first;
    this.#starts = blobs.map(({ range }) => (range.start - first) / unit);
    this.#ends = blobs.map(({ range }) => (range.end - first) / unit);
  }

  result(): readonly FoundBlob[] {
    this.#beside();
    this.#elsewhere();
    return this.#blobs.map((blob, index) => {
      const name = this.#found.get(index);
      return name === undefined || blob.findings.some(({ code }) => code === 'key-label-stays')
        ? blob
        : { ...blob, findings: [...blob.findings, this.#stays(name)] };
    });
  }

  #beside(): void {
    /** A name before several blobs is said of each of them. */
    let shared: Name | null = null;
    for (const [index, blob] of this.#blobs.entries()) {
      if (!mayMove(blob)) {
        shared = null;
        continue;
      }
      const own = this.#nearest(index);
      const start = this.#starts[index] ?? 0;
      // Beside a key of its own, a name before others is theirs.
      const isOwn = blob.declared.keyArn !== null;
      const name: Name | null =
        own ?? (!isOwn && shared !== null && this.#isNear(shared.end, start) ? shared : null);
      shared = name !== null && name.end <= start ? name : null;
      if (name !== null) this.#found.set(index, name);
    }
  }

  /** Of a blob with a key of its own beside it, only the same key by another name is one that stays. */
  #nearest(index: number): Name | null {
    const { declared } = this.#blobs[index] ?? { declared: { keyArn: null } };
    const start = this.#starts[index] ?? 0;
    const end = this.#ends[index] ?? 0;
    const before = this.#ends[index - 1] ?? 0;
    const behind = this.#starts[index + 1] ?? Number.POSITIVE_INFINITY;
    const { text } = this.#view;
    let best: Name | null = null;
    for (let at = this.#firstFrom(Math.max(before, start - REACH)), n = 0; n < MOST_AROUND; at++, n++) {
      const one = this.#names[at];
      if (one === undefined || one.start > Math.min(behind, end + REACH)) break;
      if (declared.keyArn !== null && one.key !== declared.keyArn) continue;
      const gap = one.end <= start ? text.slice(one.end, start) : text.slice(end, one.start);
      if (linesOf(gap) > LINES) continue;
      best ??= one;
      if (one.start >= end) break;
      best = one;
    }
    return best;
  }

  /** Names that stand beside no blob. */
  #elsewhere(): void {
    const free = this.#blobs.flatMap((blob, index) =>
      mayMove(blob) && blob.declared.keyArn === null ? [index] : [],
    );
    if (free.length === 0) return;
    const isOne = new Set(this.#names.map(({ key }) => key)).size === 1;
    if (isOne) {
      for (const index of free) {
        const before = this.#names[this.#firstFrom(this.#starts[index] ?? 0) - 1] ?? this.#names[0];
        if (before !== undefined && !this.#found.has(index)) this.#found.set(index, before);
      }
      return;
    }
    const said = new Set(this.#found.values());
    const gaps = new Map<number, number>();
    let next = 0;
    for (const name of this.#names) {
      while (next < free.length && (this.#starts[free[next] ?? 0] ?? 0) < name.start) next++;
      if (said.has(name)) continue;
      const [behind, before] = [this.#gap(name, free[next]), this.#gap(name, free[next - 1])];
      const nearest = behind <= before ? free[next] : free[next - 1];
      const gap = Math.min(behind, before);
      if (nearest === undefined || (this.#found.has(nearest) && !(gap < (gaps.get(nearest) ?? 0)))) continue;
      this.#found.set(nearest, name);
      gaps.set(nearest, gap);
    }
  }

  /** Characters between a name and a blob. */
  #gap(name: Name, index: number | undefined): number {
    if (index === undefined) return Number.POSITIVE_INFINITY;
    return Math.max((this.#starts[index] ?? 0) - name.end, name.start - (this.#ends[index] ?? 0));
  }

  /** Index of the first name at or behind a character. */
  #firstFrom(from: number): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#names[middle]?.start ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether what stands behind a name is not far from it. */
  #isNear(end: number, start: number): boolean {
    return start - end <= SHARED_REACH && linesOf(this.#view.text.slice(end, start)) <= LINES;
  }

  #stays(name: Name): Finding {
    const known = this.#findings.get(name);
    if (known !== undefined) return known;
    const { start, end, key } = name;
    const { line } = positionOf(this.#view, start);
    const made = finding('key-label-stays', {
      evidence: [`Line ${line} names ${key.slice(0, 300)}.`],
      range: { start: this.#view.byteAt(start), end: this.#view.byteAt(end) },
    });
    this.#findings.set(name, made);
    return made;
  }
}

const linesOf = (text: string): number => text.split('\n').length - 1;

function isFollowed(ranges: readonly { start: number; end: number }[], at: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.start ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  const last = ranges[low - 1];
  return last !== undefined && at < last.end;
}
