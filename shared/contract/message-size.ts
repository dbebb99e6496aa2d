/** Bytes of the largest message that a page sends: a paste of 32,000,000 characters, and room for its form. */
export const MOST_MESSAGE_BYTES = 48 * 1024 * 1024;
/** Levels of the deepest request, many times over. */
const MOST_LEVELS = 64;
/** What a value costs beside its text. */
const VALUE_BYTES = 8;

/**
 * Whether a request is larger, or deeper, than any that the contract knows. Cheap: it reads lengths, looks no further
 * than the limit, and builds nothing. For where messages arrive as values, before anything is made of them.
 */
export function isTooLarge(message: unknown, most: number = MOST_MESSAGE_BYTES): boolean {
  let bytes = 0;
  const waiting: { readonly value: unknown; readonly level: number }[] = [{ value: message, level: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, level } = next;
    bytes += VALUE_BYTES;
    if (typeof value === 'string') bytes += value.length;
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) bytes += value.byteLength;
    else if (typeof value === 'object' && value !== null) {
      if (level === MOST_LEVELS) return true;
      for (const key in value) {
        if (!Array.isArray(value)) bytes += key.length;
        waiting.push({ value: (value as Record<string, unknown>)[key], level: level + 1 });
        if (bytes + waiting.length * VALUE_BYTES > most) return true;
      }
    }
    if (bytes > most) return true;
  }
  return false;
}
