import { ArrowDown, ArrowUp } from 'lucide-react';
import { type FocusEvent, type KeyboardEvent, useMemo, useState } from 'react';
import { Box, Cell } from '../../components/grid.tsx';
import { TickBox } from '../../components/TickBox.tsx';
import type { Lines } from '../../lib/arrange.ts';
import { useArrange } from '../../store/arrange.ts';
import { useSelection } from '../../store/selection.ts';
import { COLUMNS } from './columns.ts';

/**
 * Column heads: a press sorts, a second turns the order around. One tab stop; Left, Right, Home and End go from head
 * to head, Down back to the rows.
 */
export function TableHead({ lines, height }: { readonly lines: Lines; readonly height: number }) {
  const sort = useArrange((state) => state.sort);
  const sortBy = useArrange((state) => state.sortBy);
  const selected = useSelection((state) => state.selected);
  const toggleMany = useSelection((state) => state.toggleMany);
  const tick = useMemo(() => selected.in(lines.table).of(lines.shown), [selected, lines]);
  // A column that has the tab stop may be hidden when the table narrows; the first never is.
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
        <Cell role="columnheader" className="col-tick">
          <TickBox label="Select all shown" tick={tick} onToggle={() => toggleMany(lines.shown)} />
        </Cell>
        {COLUMNS.map(({ id, name, className }, i) => {
          const direction = sort.column !== id ? 'none' : sort.descending ? 'descending' : 'ascending';
          const Arrow = sort.descending ? ArrowDown : ArrowUp;
          return (
            <Cell key={id} role="columnheader" className={className} aria-sort={direction}>
              <button
                type="button"
                tabIndex={i === at ? 0 : -1}
                className="head-button"
                title={`Sort by ${name.toLowerCase()}`}
                onFocus={() => setAt(i)}
                onClick={() => sortBy(id)}
              >
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

/** Keys of the head row. What it takes, the table must not take as well. */
function headKeys(event: KeyboardEvent<HTMLElement>): void {
  const { key, target, currentTarget } = event;
  if (!(target instanceof HTMLElement) || !target.matches('.head-button')) return;
  // Hidden columns have no box.
  const heads = [...currentTarget.querySelectorAll<HTMLElement>('.head-button')].filter(
    (head) => head.getClientRects().length > 0,
  );
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
