import type { EncryptionContext } from '../model/context.ts';
import { type EncryptionAlgorithm, takesEncryptionContext } from './facts.ts';

/**
 * A blob's own context less the removed keys, with the added pairs. A pair with a key that the blob already has gets the new
 * value; keys are exact and case-sensitive.
 */
export function changedContext(
  own: EncryptionContext | null,
  { add, remove }: { readonly add: EncryptionContext; readonly remove: readonly string[] },
): EncryptionContext {
  const kept = Object.entries(own ?? {}).filter(([key]) => !remove.includes(key) && !Object.hasOwn(add, key));
  return Object.fromEntries([...kept, ...Object.entries(add)]);
}

/** Bytes of a context as compact JSON in UTF-8; 0 for an empty one. */
export function contextBytes(context: EncryptionContext): number {
  const pairs = Object.entries(context);
  if (pairs.length === 0) return 0;
  let characters = 1;
  for (const [key, value] of pairs)
    characters += utf8Length(JSON.stringify(key)) + utf8Length(JSON.stringify(value)) + 2;
  return characters;
}

/** `shared/` has no TextEncoder. A lone surrogate counts as the three bytes of U+FFFD. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** The context that a request names for a side: null where its algorithm takes none, or where it is empty. */
export function sentContext(
  algorithm: EncryptionAlgorithm,
  context: EncryptionContext | null,
): EncryptionContext | null {
  return takesEncryptionContext(algorithm) && context !== null && Object.keys(context).length > 0
    ? context
    : null;
}
