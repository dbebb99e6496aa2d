import { useMemo } from 'react';
import { foreignBelow, Groups, Lines, marked, sorted } from '../../lib/table/arrange.ts';
import { among, matching, stateCodes } from '../../lib/table/narrow.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { sortOf } from './columns.tsx';

/** The state of each row of the list, as the table shows it. */
export function useStates() {
  const table = useBlobs((state) => state.table);
  const results = useRuns((state) => state.results);
  return useMemo(() => stateCodes(table, results), [table, results]);
}

/** The table's lines: sorted, filtered, grouped. Each step is kept until something it depends on changes. */
export function useArranged(): Lines {
  const table = useBlobs((state) => state.table);
  const { query, terms, state, kind, finding, repository, only, group, sort, collapsed } = useArrange();
  const keys = useKeyGroups((store) => store.keys);
  const listed = useKeys((store) => store.keys);
  const states = useStates();
  const by = sortOf(sort.column);
  // States matter to the order, and to the filter, only where they are asked for.
  const sortedBy = by === 'state' ? states : by;
  const order = useMemo(() => sorted(table, sortedBy, sort.descending), [table, sortedBy, sort.descending]);
  const keyTexts = useMemo(() => keys.texts(listed), [keys, listed]);
  const searched = query !== '' || terms.length > 0 || state !== null;
  const beside = useMemo(
    () => (searched ? { keys, keyTexts, states } : {}),
    [searched, keys, keyTexts, states],
  );
  const marks = useMemo(
    () =>
      among(
        table,
        only?.ids ?? null,
        matching(table, { query, terms, state, kind, finding, repository }, beside),
      ),
    [table, query, terms, state, kind, finding, repository, only, beside],
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
