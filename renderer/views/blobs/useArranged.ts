import { useMemo } from 'react';
import { among, foreignBelow, Groups, Lines, marked, matching, sorted } from '../../lib/arrange.ts';
import { rowState } from '../../lib/words.ts';
import { useArrange } from '../../store/arrange.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useKeyGroups } from '../../store/key-groups.ts';
import { useRuns } from '../../store/runs.ts';

/** The table's lines: sorted, filtered, grouped. Each step is kept until something it depends on changes. */
export function useArranged(): Lines {
  const table = useBlobs((state) => state.table);
  const { query, kind, finding, repository, only, group, sort, collapsed } = useArrange();
  const keys = useKeyGroups((state) => state.keys);
  // Results matter to the order only when the state column is sorted by.
  const results = useRuns((state) => (sort.column === 'state' ? state.results : null));
  const order = useMemo(
    () => sorted(table, sort, (row) => rowState(row, results?.get(row.id)).word),
    [table, sort, results],
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
