import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import { positionOf } from '../structure/index.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob } from '../types.ts';
import { ARN, labelsOf } from './names.ts';

/** How far from a blob a key is looked for, in characters and in lines. */
const REACH = 2000;
const LINES = 12;
/** The same for a name before several blobs: they stand between it and the last of them. */
const SHARED_REACH = 4 * REACH;
const ANY = /arn:aws[\w-]{0,20}:kms:|alias\/|[kK]ey_?-?[iI]d|KEY_?ID/;
/** An alias by itself: no part of an ARN, a path or a name. */
const ALIAS = /(?<![\w/:.-])alias\/[A-Za-z0-9_/-]{1,250}/g;
/** Blobs of one file that get such a finding. */
const MOST = 10_000;

/**
 * Blobs beside which a key is named that no reader brings up to date: each says so. A name between two blobs is reported for
 * the one before it and the one behind it.
 */
export function withStayingLabels(view: TextView, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (blobs.length === 0 || !ANY.test(view.text)) return blobs;
  const followed = blobs.flatMap(({ linkedValues }) => linkedValues.map(({ range }) => range));
  followed.sort((a, b) => a.start - b.start);
  const names: { start: number; end: number }[] = [];
  for (const match of view.text.matchAll(new RegExp(ARN, 'g')))
    names.push({ start: match.index, end: match.index + match[0].length });
  for (const match of view.text.matchAll(ALIAS))
    names.push({ start: match.index, end: match.index + match[0].length });
  for (const { name, start, end } of labelsOf(view.text))
    if (!/algorithm|material/i.test(name)) names.push({ start, end });
  names.sort((a, b) => a.start - b.start);
  const staying = names.filter(({ start }) => !isFollowed(followed, view.byteAt(start)));
  if (staying.length === 0) return blobs;
  const first = view.byteAt(0);
  const unit = view.byteAt(1) - first;
  let left = MOST;
  /** A name before several blobs is said of each of them. */
  let shared: { start: number; end: number } | null = null;
  return blobs.map((blob, index) => {
    if (left <= 0 || !mayMove(blob) || blob.within !== undefined) {
      shared = null;
      return blob;
    }
    const start = (blob.range.start - first) / unit;
    const end = (blob.range.end - first) / unit;
    const before = ((blobs[index - 1]?.range.end ?? first) - first) / unit;
    const behind = ((blobs[index + 1]?.range.start ?? Number.POSITIVE_INFINITY) - first) / unit;
    const own = nearest(view, staying, start, end, before, behind);
    const name = own ?? (shared !== null && isNear(view, shared.end, start) ? shared : null);
    shared = name !== null && name.end <= start ? name : null;
    if (name === null || blob.findings.some(({ code }) => code === 'key-label-stays')) return blob;
    left--;
    return { ...blob, findings: [...blob.findings, stays(view, name)] };
  });
}

/** Whether a blob may be put back with no key of its own declared beside it. */
function mayMove({ notPutBack, declared, identification: { kind } }: FoundBlob): boolean {
  return notPutBack === undefined && declared.keyArn === null && kind.startsWith('kms-');
}

function nearest(
  view: TextView,
  names: readonly { start: number; end: number }[],
  start: number,
  end: number,
  before: number,
  behind: number,
): { start: number; end: number } | null {
  let low = 0;
  let high = names.length;
  const from = Math.max(before, start - REACH);
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle]?.start ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  let best: { start: number; end: number } | null = null;
  for (let at = low, n = 0; at < names.length && n < 50; at++, n++) {
    const one = names[at];
    if (one === undefined || one.start > Math.min(behind, end + REACH)) break;
    const gap = one.end <= start ? view.text.slice(one.end, start) : view.text.slice(end, one.start);
    if (gap.split('\n').length - 1 > LINES) continue;
    best ??= one;
    if (one.start >= end) break;
    best = one;
  }
  return best;
}

/** Whether what stands behind a name is not far from it. */
function isNear({ text }: TextView, end: number, start: number): boolean {
  return start - end <= SHARED_REACH && text.slice(end, start).split('\n').length - 1 <= LINES;
}

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

function stays(view: TextView, { start, end }: { start: number; end: number }): Finding {
  const { line } = positionOf(view, start);
  return finding('key-label-stays', {
    evidence: [`Line ${line} names ${view.text.slice(start, end).slice(0, 300)}.`],
    range: { start: view.byteAt(start), end: view.byteAt(end) },
  });
}
