import { useDeferredValue, useMemo } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import {
  filterRows,
  type Group,
  groupRows,
  type Line,
  lineId,
  linesOf,
  narrowRows,
  sortRows,
} from '../../lib/arrange.ts';
import { rowState } from '../../lib/words.ts';
import { useArrange } from '../../store/arrange.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useRuns } from '../../store/runs.ts';

export interface Arranged {
  readonly shown: readonly BlobRow[];
  readonly groups: readonly Group[] | null;
  readonly lines: readonly Line[];
  /** Ids of the rows in the order shown, for ranges; collapsed groups are not in it. */
  readonly order: readonly string[];
  readonly indexOf: ReadonlyMap<string, number>;
}

/** The table's lines: sorted, filtered, grouped. Each step is kept until something it depends on changes. */
export function useArranged(): Arranged {
  const rows = useBlobs((state) => state.rows);
  const { query, kind, finding, group, sort, collapsed } = useArrange();
  // Results matter to the order only when the state column is sorted by.
  const results = useRuns((state) => (sort.column === 'state' ? state.results : null));
  const words = useDeferredValue(query);
  const sorted = useMemo(
    () => sortRows(rows, sort, (row) => rowState(row, results?.get(row.id)).word),
    [rows, sort, results],
  );
  const narrowed = useMemo(() => narrowRows(sorted, kind, finding), [sorted, kind, finding]);
  const shown = useMemo(() => filterRows(narrowed, words), [narrowed, words]);
  const groups = useMemo(() => (group === 'none' ? null : groupRows(shown, group)), [shown, group]);
  return useMemo(() => {
    const lines = linesOf(shown, groups, collapsed);
    const order: string[] = [];
    const indexOf = new Map<string, number>();
    lines.forEach((line, i) => {
      indexOf.set(lineId(line), i);
      if (line.type === 'row') order.push(line.row.id);
    });
    return { shown, groups, lines, order, indexOf };
  }, [shown, groups, collapsed]);
}
