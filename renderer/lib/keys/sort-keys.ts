import { compareKeys } from '#shared/kms/key-order.ts';
import type { KeyInfo } from '#shared/model/key.ts';

/** What keys are sorted by in each column; a value that is not known is empty, and comes last. */
const VALUES: Readonly<Record<string, (key: KeyInfo) => string>> = {
  spec: ({ spec, usage }) => `${spec ?? ''} ${usage ?? ''}`.trim(),
  state: ({ state }) => state ?? '',
  rotation: ({ rotation }) =>
    rotation === null ? '' : rotation.enabled ? `0 ${rotation.nextAt ?? ''}` : '1',
  origin: ({ origin, manager }) => `${origin ?? ''} ${manager ?? ''}`.trim(),
  created: ({ createdAt }) => createdAt ?? '',
};

/** Ids of the columns that keys can be sorted by. */
export const SORTABLE_KEY_COLUMNS: ReadonlySet<string> = new Set(['name', ...Object.keys(VALUES)]);

/** Keys in the order of a column; those that are alike in it stay in the order of their names. */
export function sortKeys(
  keys: readonly KeyInfo[],
  { column, descending }: { readonly column: string; readonly descending: boolean },
): readonly KeyInfo[] {
  const value = VALUES[column];
  const way = descending ? -1 : 1;
  if (value === undefined) return keys.toSorted((a, b) => way * compareKeys(a, b));
  const values = new Map(keys.map((key) => [key, value(key)]));
  return keys.toSorted((a, b) => {
    const [x, y] = [values.get(a) ?? '', values.get(b) ?? ''];
    if (x === y) return compareKeys(a, b);
    if (x === '' || y === '') return x === '' ? 1 : -1;
    return x < y ? -way : way;
  });
}
