import { ArrowDown, ArrowUp } from 'lucide-react';
import { type FocusEvent, type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from 'react';
import { cellClass } from '../../components/columns.ts';
import { Box, Cell, TickBox } from '../../components/grid.tsx';
import { NativeTip } from '../../components/Tip.tsx';
import type { Lines } from '../../lib/table/arrange.ts';
import { ordered } from '../../lib/table/fit-columns.ts';
import { useActions } from '../../store/app/actions.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useSelection } from '../../store/blobs/selection.ts';
import { COLUMNS } from './columns.tsx';
import type { BlobColumns } from './useBlobColumns.ts';

/** The element that says that no blob is shown. */
export const NONE_ID = 'no-blob-shown';
/** Narrowest and widest that a person can make a column, rem. */
const LEAST = 2;
const MOST = 60;
/** What one press of a key changes of a width, rem. */
const STEP = 0.5;

const clamp = (rem: number): number => Math.round(Math.min(MOST, Math.max(LEAST, rem)) * 10) / 10;
const baseRem = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;

interface TableHeadProps {
  readonly lines: Lines;
  readonly height: number;
  readonly columns: BlobColumns;
}

/**
 * Column heads: a press sorts, a second turns the order around; a drag moves a column, and its left edge resizes it. One
 * tab stop: Left, Right, Home and End go from head to head, Alt moves the column, Shift resizes it, Down leads to the rows.
 */
export function TableHead({ lines, height, columns: { shown: columns, tracks, least } }: TableHeadProps) {
  const sort = useArrange((state) => state.sort);
  const { sortBy, setWidth, setColumn } = useActions(useArrange);
  const selected = useSelection((state) => state.selected);
  const toggleMany = useSelection((state) => state.toggleMany);
  const tick = useMemo(() => selected.in(lines.table).of(lines.shown), [selected, lines]);
  // The column with the tab stop may go when the table narrows: the last then has it.
  const [at, setAt] = useState(0);
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  return (
    <Box className="table-head" role="rowgroup" style={{ minWidth: least }}>
      <Box
        className="table-row table-row-head"
        role="row"
        aria-rowindex={1}
        style={{ height, gridTemplateColumns: tracks }}
        onKeyDown={headKeys}
        onBlur={(event: FocusEvent) => {
          if (!event.currentTarget.contains(event.relatedTarget)) setAt(0);
        }}
      >
        <Cell role="columnheader" className="col-tick" aria-colindex={1}>
          <TickBox
            label="Select all shown"
            tick={tick}
            noneId={lines.shown.length === 0 ? NONE_ID : undefined}
            onToggle={() => toggleMany(lines.shown)}
          />
        </Cell>
        {columns.map(({ column, index }, i) => {
          const { id, title, icon } = column;
          const direction = sort.column !== id ? 'none' : sort.descending ? 'descending' : 'ascending';
          const Arrow = sort.descending ? ArrowDown : ArrowUp;
          const first = i === 0;
          return (
            <Cell
              key={id}
              role="columnheader"
              className={`${cellClass(column)}${over === id && dragged !== id ? ' is-target' : ''}`}
              aria-colindex={index}
              aria-sort={direction}
              onDragOver={(event) => {
                if (dragged === null || first) return;
                event.preventDefault();
                // The window says of everything that is no file that it cannot be dropped.
                event.stopPropagation();
                setOver(id);
              }}
              onDrop={(event) => {
                event.preventDefault();
                event.stopPropagation();
                if (dragged !== null) moveColumn(dragged, id);
                setDragged(null);
                setOver(null);
              }}
            >
              {!first && <Edge id={id} onFit={() => setWidth(id, null)} />}
              <NativeTip
                text={`Sort by ${title.toLowerCase()}${first ? '' : '. Drag to move; Alt and Shift with ← → move and resize; Delete hides'}`}
              >
                <button
                  type="button"
                  tabIndex={i === Math.min(at, columns.length - 1) ? 0 : -1}
                  className="head-button"
                  data-column={id}
                  aria-label={icon === undefined ? undefined : title}
                  draggable={!first}
                  onDragStart={(event) => {
                    event.dataTransfer.setData('text/plain', title);
                    event.dataTransfer.effectAllowed = 'move';
                    setDragged(id);
                  }}
                  onDragEnd={() => {
                    setDragged(null);
                    setOver(null);
                  }}
                  onFocus={() => setAt(i)}
                  onClick={() => sortBy(id)}
                  onKeyDown={(event) => {
                    if (first || (event.key !== 'Delete' && event.key !== 'Backspace')) return;
                    event.stopPropagation();
                    setColumn(id, 'hidden');
                  }}
                >
                  {icon ?? title}
                  {direction !== 'none' && <Arrow className="icon icon-small" aria-hidden="true" />}
                </button>
              </NativeTip>
            </Cell>
          );
        })}
      </Box>
    </Box>
  );
}

/** Puts a column in the place of another. */
function moveColumn(id: string, before: string): void {
  const { columns, setColumnOrder } = useArrange.getState();
  const ids = ordered(COLUMNS, columns.order).map((column) => column.id);
  const from = ids.indexOf(id);
  const to = ids.indexOf(before);
  if (from < 1 || to < 1 || from === to) return;
  ids.splice(from, 1);
  ids.splice(to, 0, id);
  setColumnOrder(ids);
}

/** The left edge of a column: dragged, it makes the column wider or narrower; pressed twice, as wide as it was at first. */
function Edge({ id, onFit }: { readonly id: string; readonly onFit: () => void }) {
  const setWidth = useArrange((state) => state.setWidth);
  const begun = useRef({ x: 0, width: 0 });
  const move = (event: PointerEvent<HTMLSpanElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { x, width } = begun.current;
    setWidth(id, clamp((width + x - event.clientX) / baseRem()));
  };
  return (
    <span
      className="head-edge"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.preventDefault();
        const cell = event.currentTarget.parentElement?.getBoundingClientRect();
        begun.current = { x: event.clientX, width: cell?.width ?? 0 };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move}
      onDoubleClick={onFit}
    />
  );
}

/** Keys of the head row. What it takes, the table must not take as well. */
function headKeys(event: KeyboardEvent<HTMLElement>): void {
  const { key, target, currentTarget } = event;
  if (!(target instanceof HTMLElement) || !target.matches('.head-button')) return;
  const heads = [...currentTarget.querySelectorAll<HTMLElement>('.head-button')];
  const at = heads.indexOf(target);
  const sideways = key === 'ArrowLeft' || key === 'ArrowRight';
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: heads.length - 1 }[key];
  const id = target.dataset.column ?? '';
  if (sideways && event.altKey) {
    const other = heads[to ?? at]?.dataset.column;
    if (other !== undefined) moveColumn(id, other);
    // What is moved in the page loses the focus.
    requestAnimationFrame(() =>
      currentTarget.querySelector<HTMLElement>(`[data-column="${CSS.escape(id)}"]`)?.focus(),
    );
  } else if (sideways && event.shiftKey && at > 0) {
    const width = (target.parentElement?.getBoundingClientRect().width ?? 0) / baseRem();
    useArrange.getState().setWidth(id, clamp(width + (key === 'ArrowLeft' ? -STEP : STEP)));
  } else if (to !== undefined) heads[Math.max(0, Math.min(heads.length - 1, to))]?.focus();
  else if (key === 'ArrowDown') currentTarget.closest<HTMLElement>('.table')?.focus();
  else if (key === 'Enter' || key === ' ') {
    event.stopPropagation();
    return;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
