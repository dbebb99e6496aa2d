import { KmsError } from './errors.ts';
import { LENGTHS, type RequestMembers } from './members.ts';

/** `Limit` and `Marker` of a list operation. The marker is the last name given out, so pages stay true to changes. */
export function pageMembers(
  members: RequestMembers,
  defaultLimit: number,
  maxLimit: number,
): { limit: number; after: string } {
  const limit = members.integer('Limit', 1, maxLimit) ?? defaultLimit;
  const marker = members.string('Marker', LENGTHS.marker);
  return { limit, after: marker === null ? '' : decodeMarker(marker) };
}

/** Cuts `items`, of which one more than `limit` was asked for, to a page. */
export function pageOf<T>(
  items: readonly T[],
  limit: number,
  nameOf: (item: T) => string,
): { items: readonly T[]; more: { NextMarker?: string; Truncated: boolean } } {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  if (items.length <= limit || last === undefined) return { items: page, more: { Truncated: false } };
  return { items: page, more: { NextMarker: encodeMarker(nameOf(last)), Truncated: true } };
}

const PREFIX = 'practice:';

function encodeMarker(name: string): string {
  return Buffer.from(PREFIX + name, 'utf8').toString('base64');
}

/** @throws KmsError InvalidMarkerException. */
function decodeMarker(marker: string): string {
  const text = Buffer.from(marker, 'base64').toString('utf8');
  if (!text.startsWith(PREFIX)) throw new KmsError('InvalidMarkerException', 'Could not deserialize marker.');
  return text.slice(PREFIX.length);
}
