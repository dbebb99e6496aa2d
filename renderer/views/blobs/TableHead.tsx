import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo } from 'react';
import { Box, Cell } from '../../components/grid.tsx';
import { TickBox } from '../../components/TickBox.tsx';
import { tickOf } from '../../lib/selection.ts';
import { useArrange } from '../../store/arrange.ts';
import { useSelection } from '../../store/selection.ts';
import { COLUMNS } from './columns.ts';
import type { Arranged } from './useArranged.ts';

/** Column heads: a press sorts, a second turns the order around. By keyboard, sorting is in the toolbar. */
export function TableHead({ arranged, height }: { readonly arranged: Arranged; readonly height: number }) {
  const sort = useArrange((state) => state.sort);
  const sortBy = useArrange((state) => state.sortBy);
  const selected = useSelection((state) => state.selected);
  const toggleMany = useSelection((state) => state.toggleMany);
  const ids = useMemo(() => arranged.shown.map((row) => row.id), [arranged.shown]);
  const tick = useMemo(() => tickOf(selected, ids), [selected, ids]);
  return (
    <Box className="table-head" role="rowgroup">
      <Box className="table-row table-row-head" role="row" aria-rowindex={1} style={{ height }}>
        <Cell role="columnheader" className="col-tick">
          <TickBox label="Select all shown" tick={tick} onToggle={() => toggleMany(ids)} />
        </Cell>
        {COLUMNS.map(({ id, name, className }) => {
          const direction = sort.column !== id ? 'none' : sort.descending ? 'descending' : 'ascending';
          const Arrow = sort.descending ? ArrowDown : ArrowUp;
          return (
            <Cell key={id} role="columnheader" className={className} aria-sort={direction}>
              <button type="button" tabIndex={-1} className="head-button" onClick={() => sortBy(id)}>
                {name}
                {direction !== 'none' && <Arrow className="icon icon-small" aria-hidden="true" />}
              </button>
            </Cell>
          );
        })}
      </Box>
    </Box>
  );
}
