/**
 * A declared creation date as ISO 8601; null when it is none. Takes RFC 3339 and seconds since 1970, which SOPS wrote
 * in 2015. Dates come from containers alone: none can be read from a blob.
 */
export function declaredDate(text: string | null): string | null {
  if (text === null) return null;
  const trimmed = text.trim();
  const seconds = /^\d{9,10}(\.\d+)?$/.test(trimmed) ? Number(trimmed) : null;
  const time = seconds === null ? Date.parse(trimmed) : seconds * 1000;
  if (!/^\d{4}-\d{2}-\d{2}/.test(trimmed) && seconds === null) return null;
  if (Number.isNaN(time) || time < 0 || time > 253_402_300_799_000) return null;
  return new Date(time).toISOString();
}
