import { ArrowDown, ArrowUp } from 'lucide-react';
import { type FocusEvent, type KeyboardEvent, useMemo, useState } from 'react';
import { cellClass } from '../../components/columns.ts';
import { Box, Cell, TickBox } from '../../components/grid.tsx';
import type { Lines } from '../../lib/table/arrange.ts';
import { useArrange } from '../../store/arrange.ts';
import { useSelection } from '../../store/selection.ts';
import type { ShownBlobColumn } from './columns.tsx';

/**
 * Column heads: a press sorts, a second turns the order around. One tab stop; Left, Right, Home and End go from head
 * to head, Down back to the rows.
 */
export function TableHead({
  lines,
  height,
  columns,
}: {
  readonly lines: Lines;
  readonly height: number;
  readonly columns: readonly ShownBlobColumn[];
}) {
  const sort = useArrange((state) => state.sort);
  const sortBy = useArrange((state) => state.sortBy);
  const selected = useSelection((state) => state.selected);
  const toggleMany = useSelection((state) => state.toggleMany);
  const tick = useMemo(() => selected.in(lines.table).of(lines.shown), [selected, lines]);
  // The column with the tab stop may go when the table narrows: the last then has it.
  const [at, setAt] = useState(0);
  return (
    <Box className="table-head" role="rowgroup">
      <Box
        className="table-row table-row-head"
        role="row"
        aria-rowindex={1}
        style={{ height }}
        onKeyDown={headKeys}
        onBlur={(event: FocusEvent) => {
          if (!event.currentTarget.contains(event.relatedTarget)) setAt(0);
        }}
      >
        <Cell role="columnheader" className="col-tick" aria-colindex={1}>
          <TickBox label="Select all shown" tick={tick} onToggle={() => toggleMany(lines.shown)} />
        </Cell>
        {columns.map(({ column, index }, i) => {
          const { id, title } = column;
          const direction = sort.column !== id ? 'none' : sort.descending ? 'descending' : 'ascending';
          const Arrow = sort.descending ? ArrowDown : ArrowUp;
          return (
            <Cell
              key={id}
              role="columnheader"
              className={cellClass(column)}
              aria-colindex={index}
              aria-sort={direction}
            >
              <button
                type="button"
                tabIndex={i === Math.min(at, columns.length - 1) ? 0 : -1}
                className="head-button"
                title={`Sort by ${title.toLowerCase()}`}
                onFocus={() => setAt(i)}
                onClick={() => sortBy(id)}
              >
                {title}
                {direction !== 'none' && <Arrow className="icon icon-small" aria-hidden="true" />}
              </button>
            </Cell>
          );
        })}
      </Box>
    </Box>
  );
}

/** Keys of the head row. What it takes, the table must not take as well. */
function headKeys(event: KeyboardEvent<HTMLElement>): void {
  const { key, target, currentTarget } = event;
  if (!(target instanceof HTMLElement) || !target.matches('.head-button')) return;
  const heads = [...currentTarget.querySelectorAll<HTMLElement>('.head-button')];
  const at = heads.indexOf(target);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: heads.length - 1 }[key];
  if (to !== undefined) heads[Math.max(0, Math.min(heads.length - 1, to))]?.focus();
  else if (key === 'ArrowDown') currentTarget.closest<HTMLElement>('.table')?.focus();
  else if (key === 'Enter' || key === ' ') {
    event.stopPropagation();
    return;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
