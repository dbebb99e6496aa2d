import { useMemo } from 'react';
import { among, foreignBelow, Groups, Lines, marked, matching, sorted } from '../../lib/table/arrange.ts';
import { useArrange } from '../../store/arrange.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useKeyGroups } from '../../store/key-groups.ts';
import { useRuns } from '../../store/runs.ts';
import { sortOf } from './columns.tsx';

/** The table's lines: sorted, filtered, grouped. Each step is kept until something it depends on changes. */
export function useArranged(): Lines {
  const table = useBlobs((state) => state.table);
  const { query, kind, finding, repository, only, group, sort, collapsed } = useArrange();
  const keys = useKeyGroups((state) => state.keys);
  const by = sortOf(sort.column);
  // Results matter to the order only where they are sorted by.
  const results = useRuns((state) => (typeof by === 'function' ? state.results : null));
  const order = useMemo(
    () =>
      sorted(table, typeof by === 'function' ? (row) => by(row, results?.get(row.id)) : by, sort.descending),
    [table, by, sort.descending, results],
  );
  const marks = useMemo(
    () => among(table, only?.ids ?? null, matching(table, { query, kind, finding, repository }, keys)),
    [table, query, kind, finding, repository, only, keys],
  );
  const shown = useMemo(() => {
    const kept = marked(order, marks);
    return group === 'none' ? foreignBelow(table, kept) : kept;
  }, [table, order, marks, group]);
  const groups = useMemo(
    () => (group === 'none' ? null : new Groups(table, shown, group, keys)),
    [table, shown, group, keys],
  );
  return useMemo(() => new Lines(table, shown, groups, collapsed), [table, shown, groups, collapsed]);
}
