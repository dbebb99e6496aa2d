import type { KeyInfo } from '../model/key.ts';

type Named = Pick<KeyInfo, 'aliases' | 'keyId'>;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Order in which keys are shown: by first alias, those without one last; then by id. */
export function compareKeys(a: Named, b: Named): number {
  // '~' sorts behind everything an alias may hold.
  return compare(a.aliases[0] ?? '~', b.aliases[0] ?? '~') || compare(a.keyId, b.keyId);
}
