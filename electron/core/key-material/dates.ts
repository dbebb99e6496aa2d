/** A blob older than this is worth a second look, months. */
export const OLD_MONTHS = 24;

/** Whether a date or a time of the day says to which time zone it belongs. */
const ZONED = /(?:Z|[+-]\d{2}:?\d{2}|\b(?:UTC|GMT))$/i;

/**
 * A declared creation date as ISO 8601; null when it is none. Takes RFC 3339, with or without a time zone, and seconds
 * since 1970, which SOPS wrote in 2015. One without a zone is UTC, so that every machine reads it alike. Dates come from
 * containers alone: none can be read from a blob.
 */
export function declaredDate(text: string | null): string | null {
  if (text === null) return null;
  const trimmed = text.trim();
  const seconds = /^\d{9,10}(\.\d+)?$/.test(trimmed) ? Number(trimmed) : null;
  if (!/^\d{4}-\d{2}-\d{2}/.test(trimmed) && seconds === null) return null;
  const time = seconds === null ? Date.parse(inUtc(trimmed)) : seconds * 1000;
  if (Number.isNaN(time) || time < 0 || time > 253_402_300_799_000) return null;
  return new Date(time).toISOString();
}

/** Whether a declared date has a time of the day and no zone: it is read as UTC, which may be hours off. */
export const isZoneless = (text: string): boolean =>
  text.trim().length > 10 && !ZONED.test(text.trim()) && !/^\d{9}/.test(text.trim());

/** Text that begins with a date, with its zone. */
function inUtc(text: string): string {
  if (!isZoneless(text)) return text;
  // `Z` belongs to the form with T alone.
  return /^\d{4}-\d{2}-\d{2}T[\d:.,]+$/.test(text) ? `${text}Z` : `${text} UTC`;
}

/**
 * Blobs made before this are old, milliseconds: the start of the day, UTC, {@link OLD_MONTHS} months ago. Findings and
 * counts by age ask the same.
 */
export function oldLimit(now: number): number {
  const limit = new Date(now);
  limit.setUTCMonth(limit.getUTCMonth() - OLD_MONTHS);
  return limit.setUTCHours(0, 0, 0, 0);
}
