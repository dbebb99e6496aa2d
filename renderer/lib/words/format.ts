import { count, plural } from '#shared/format.ts';

export { count, plural };

/** Size in bytes for people; bytes stay exact below 10,000 since blobs are that small. */
export function bytes(n: number): string {
  if (n < 10_000) return `${count(n)} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = n / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? 'GB'}`;
}

/** Seconds as "40 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 > 0 ? ` ${s % 60} s` : ''}`;
  return `${Math.floor(s / 3600)} h${Math.floor((s % 3600) / 60) > 0 ? ` ${Math.floor((s % 3600) / 60)} min` : ''}`;
}

/** An ISO time as local date and time, to the second where `exact`. */
export function moment(iso: string, exact = false): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: exact ? 'medium' : 'short' });
}

/** An ISO time as a local date. */
export function day(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleDateString(undefined, { dateStyle: 'medium' });
}

/** First eight hex digits of a fingerprint, as it is shown everywhere. */
export const shortHex = (hex: string): string => hex.slice(0, 8);

/** The id or alias at the end of a key ARN; the text itself where it is no ARN. */
export function shortKeyName(arnOrId: string): string {
  const match = /:(?:key\/([^/]+)|(alias\/.+))$/.exec(arnOrId);
  return match?.[1] ?? match?.[2] ?? arnOrId;
}

/** Last part of a path, either slash. A character that draws nothing is there as `\u{…}`, which is no slash. */
export const fileName = (path: string): string => path.split(/\/|\\(?!u\{)/).at(-1) ?? path;

/** The folder of a path with its slash at the end, either slash; empty where the path has none. */
export const folderName = (path: string): string => path.slice(0, path.length - fileName(path).length);

/** A blob by its file's name and the place in it. */
export const placeName = ({ file, place }: { readonly file: string; readonly place: string }): string =>
  place === '' ? fileName(file) : `${fileName(file)} · ${place}`;
