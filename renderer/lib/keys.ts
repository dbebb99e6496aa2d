import type { KeyInfo } from '#shared/model/key.ts';
import { keyName } from './format.ts';

/** First alias of a key, or its id. */
export const keyLabel = (key: KeyInfo): string => key.aliases[0] ?? key.keyId;

/** A key by its ARN or id: its alias where the list knows it, otherwise the telling end of its ARN. */
export function keyWords(arnOrId: string, keys: readonly KeyInfo[] | null): string {
  const key = keys?.find((each) => each.arn === arnOrId || each.keyId === arnOrId);
  return key === undefined ? keyName(arnOrId) : keyLabel(key);
}

/** Text of a key that a search looks in. */
export const keyText = (key: KeyInfo): string =>
  [
    ...key.aliases,
    key.keyId,
    key.arn,
    key.description,
    key.spec,
    key.state,
    key.usage,
    key.origin,
    key.manager,
  ]
    .filter((part) => part !== null)
    .join('\n')
    .toLowerCase();

/** Keys that contain every word of `query`. */
export function filterKeys(keys: readonly KeyInfo[], query: string): readonly KeyInfo[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return keys;
  return keys.filter((key) => {
    const text = keyText(key);
    return words.every((word) => text.includes(word));
  });
}
