import { expect } from 'vitest';
import type { ByteRange } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { manyRuns } from '../../../../../tools/many-runs.ts';
import { type FoundBlob, type NewBlob, rewrite, type Scan, scan } from '../../index.ts';
import { Group, readStructure } from '../../structure/index.ts';
import { viewText } from '../../text/text-view.ts';
import { GROUP_FORMATS } from './index.ts';

export const OLD = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const NEW = 'arn:aws:kms:us-west-2:444455556666:key/mrk-0123456789abcdef0123456789abcdef';
export const OLD_AT = '2024-05-06T07:08:09Z';
const NEW_AT = '2026-11-24T08:00:00Z';

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
export const json = (value: unknown, indent: string | number = 2): Uint8Array =>
  text(`${JSON.stringify(value, null, indent)}\n`);

export function nextBlob(bytes: Uint8Array, more: Partial<NewBlob> = {}): NewBlob {
  return {
    bytes,
    keyArn: NEW,
    sourceKeyArn: OLD,
    algorithm: 'SYMMETRIC_DEFAULT',
    sourceAlgorithm: 'SYMMETRIC_DEFAULT',
    keyMaterialId: null,
    sourceKeyMaterialId: null,
    context: null,
    at: NEW_AT,
    ...more,
  };
}

/** The blob at a place; fails with what was found instead. */
export function at(found: Scan, place: string): FoundBlob {
  const blob = found.blobs.find((one) => one.place === place);
  if (blob === undefined)
    throw new Error(`no blob at "${place}", but ${JSON.stringify(found.blobs.map((b) => b.place))}`);
  return blob;
}

/** The file without the blob and all that is declared to follow it: what no rewrite may change. */
function rest(file: Uint8Array, found: FoundBlob): string {
  const ranges: ByteRange[] = [found.range, ...found.linkedValues.map(({ range }) => range)];
  ranges.sort((a, b) => a.start - b.start);
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const { start, end } of ranges) {
    expect(start, 'declared ranges are apart').toBeGreaterThanOrEqual(from);
    kept.push(file.subarray(from, start), Buffer.from('|'));
    from = end;
  }
  kept.push(file.subarray(from));
  return Buffer.concat(kept).toString('latin1');
}

interface RoundTrip {
  readonly file: Uint8Array;
  readonly name?: string;
  readonly place: string;
  readonly other: Uint8Array;
  /** Context of the blob as it is, and of the new one. */
  readonly context: EncryptionContext | null;
  readonly newContext?: EncryptionContext | null;
}

/**
 * Puts the same blob back (with the same key, time and context: the same bytes), then another one, and finds it again
 * at its place with everything that follows it; returns it as it was found again.
 */
export function roundTrip({ file, name = 'file', place, other, context, newContext }: RoundTrip): FoundBlob {
  const before = scan(file, name);
  expectNames(file, name);
  const found = at(before, place);
  const same = nextBlob(found.bytes.slice(), { keyArn: OLD, context, at: OLD_AT });
  expect(Buffer.from(rewrite(file, before, [{ found, next: same }])).equals(file), 'the same blob').toBe(
    true,
  );
  const next = nextBlob(other, { context: newContext === undefined ? context : newContext });
  const written = rewrite(file, before, [{ found, next }]);
  const after = scan(written, name);
  expect(after.blobs.map((one) => one.place)).toEqual(before.blobs.map((one) => one.place));
  const again = at(after, place);
  expect(base64(again.bytes)).toBe(base64(other));
  expect(again.container).toBe(found.container);
  expect(again.linkedValues.map((one) => one.name)).toEqual(found.linkedValues.map((one) => one.name));
  if (found.within === undefined) expect(rest(written, again)).toBe(rest(file, found));
  else {
    expect(rest(written, again)).toBe(rest(file, found));
    expect(again.within?.bytes).not.toEqual(found.within.bytes);
  }
  for (const { name: linkedValue, range, write } of again.linkedValues)
    expect(base64(write(next)), linkedValue).toBe(base64(written.subarray(range.start, range.end)));
  // Once more to the same: nothing is left to do.
  expect(Buffer.from(rewrite(written, after, [{ found: again, next }])).equals(written)).toBe(true);
  return again;
}

/** A format that finds something in a map of this file has a name in its text, so that the file is looked at for it. */
function expectNames(file: Uint8Array, name: string): void {
  const view = viewText(file);
  const waiting: Group[] = [...(view === null ? [] : (readStructure(view, name)?.roots ?? []))];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    for (const member of group.members) if (member instanceof Group) waiting.push(member);
    if (group.kind !== 'map') continue;
    for (const format of GROUP_FORMATS) {
      const out = { blobs: [], findings: [], plaintext: [] };
      format.read(group, out);
      if (out.blobs.length + out.findings.length > 0) expect(view?.text).toMatch(format.names);
    }
  }
}

/** Cuts and flips a file everywhere (at most `times` each): whatever comes of it, nothing throws. */
export function harm(file: Uint8Array, name: string, times = manyRuns(150, 40)): void {
  const step = Math.max(1, Math.floor(file.length / times));
  for (let i = 0; i < file.length; i += step) {
    scanAndRewrite(file.subarray(0, i), name);
    scanAndRewrite(file.subarray(i), name);
    const flipped = file.slice();
    flipped[i] = (flipped[i] ?? 0) ^ (1 << (i % 8));
    scanAndRewrite(flipped, name);
  }
}

function scanAndRewrite(file: Uint8Array, name: string): void {
  const found = scan(file, name);
  for (const blob of found.blobs) {
    if (blob.notPutBack !== undefined) continue;
    rewrite(file, found, [{ found: blob, next: nextBlob(blob.bytes.slice(0, -1)) }]);
  }
}
