import { hash } from 'node:crypto';

/**
 * JSON with the members of every object sorted by name (UTF-16 code units) and no white space, so that equal values
 * have equal bytes: the form of RFC 8785 for the strings, booleans, nulls and whole numbers that records hold.
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Hash in hex. */
export const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex');
