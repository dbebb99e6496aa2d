import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, memo, type ReactElement, useEffect, useRef } from 'react';
import { type MenuEntry, showMenu } from '../store/app/menu.ts';
import { useSettings } from '../store/app/settings.ts';
import { cellClass, type ShownColumn, type TableColumn, useColumns } from './columns.ts';
import { Box, Cell } from './grid.tsx';
import { useRowHeight, useVisibleRows } from './useVisibleRows.ts';

/** Heights of a row of one line, and of two, in rem. */
export const ROW_REM = {
  one: { compact: 28 / 13, comfortable: 36 / 13 },
  two: { compact: 42 / 13, comfortable: 50 / 13 },
};
const HEAD_REM = 28 / 13;

export interface GridSort {
  readonly column: string;
  readonly descending: boolean;
}

interface DataGridProps<Row> {
  readonly label: string;
  /** Rows that there are; those that are not here yet are drawn as gaps. */
  readonly count: number;
  readonly rowAt: (index: number) => Row | undefined;
  /** Part of the row's id in the page: letters, digits, `_` and `-`. */
  readonly idOf: (row: Row) => string;
  readonly columns: readonly TableColumn<Row>[];
  readonly lines?: keyof typeof ROW_REM;
  /** Index of the row that the pane shows; null: none. */
  readonly chosen: number | null;
  readonly onChoose: (row: Row, index: number) => void;
  readonly onEnter?: ((row: Row, index: number) => void) | undefined;
  readonly onSpace?: ((row: Row) => void) | undefined;
  /** Rows that are about to be drawn. */
  readonly onSee?: (first: number, last: number) => void;
  readonly sort?: GridSort;
  /** Columns with these ids can be sorted by. */
  readonly sortable?: ReadonlySet<string>;
  readonly onSort?: (column: string) => void;
  readonly rowClass?: ((row: Row) => string) | undefined;
  /** Entries of the context menu of a row, and what the row is called. */
  readonly menu?:
    | ((row: Row) => { readonly label: string; readonly entries: readonly MenuEntry[] })
    | undefined;
}

/**
 * Many rows of one height, virtualised: one ARIA grid, one tab stop, the chosen row named by `aria-activedescendant`.
 * Heads that sort are buttons of their own after the grid's rows in the tab order of their row.
 */
export function DataGrid<Row>(props: DataGridProps<Row>) {
  const { label, count, rowAt, idOf, columns: all, lines = 'one', chosen, onChoose, onEnter, onSee } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const density = useSettings((state) => state.density);
  const height = useRowHeight(ROW_REM[lines][density]);
  const head = useRowHeight(HEAD_REM);
  const columns = useColumns(scroller, all);
  const here = chosen === null || chosen < 0 || chosen >= count ? undefined : chosen;
  const visible = useVisibleRows(scroller, { count, height, head, always: here });
  const { first, last } = visible.seen;
  useEffect(() => {
    // The chosen row may be far away: what lies between is not seen.
    if (here !== undefined) onSee?.(here, here);
    if (last >= first) onSee?.(first, last);
  }, [here, first, last, onSee]);
  const go = (index: number): void => {
    const next = Math.min(count - 1, Math.max(0, index));
    const row = rowAt(next);
    visible.reveal(next);
    if (row !== undefined) onChoose(row, next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const at = here ?? -1;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / height) - 1);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: count - 1,
    };
    const next = steps[event.key];
    const row = at < 0 ? undefined : rowAt(at);
    if (next !== undefined && count > 0) go(next);
    else if (event.key === 'Enter' && row !== undefined && onEnter !== undefined) onEnter(row, at);
    else if (event.key === ' ' && row !== undefined && props.onSpace !== undefined) props.onSpace(row);
    else return;
    event.preventDefault();
  };
  const active = here === undefined ? undefined : rowAt(here);
  return (
    <Box
      className="data-grid"
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={all.length}
      aria-activedescendant={active === undefined ? undefined : rowId(idOf(active))}
      tabIndex={0}
      style={columns.style}
      onKeyDown={onKeyDown}
      onContextMenu={(event) => {
        // From the keyboard: of the row that is chosen. That of the pointer is the row's own.
        if (active === undefined || props.menu === undefined) return;
        const { label: of, entries } = props.menu(active);
        showMenu(event, document.getElementById(rowId(idOf(active))), of, entries);
      }}
    >
      <Box className="data-grid-head" role="rowgroup">
        <Box
          className="data-grid-row data-grid-row-head"
          role="row"
          aria-rowindex={1}
          style={{ height: head }}
        >
          {columns.shown.map(({ column, index }) => (
            <Head key={column.id} column={column} index={index} {...props} />
          ))}
        </Box>
      </Box>
      <Box className="data-grid-body" role="rowgroup" style={{ height: count * height }}>
        {visible.indexes.map((index) => (
          <GridRow
            key={visible.slot(index)}
            row={rowAt(index)}
            idOf={idOf}
            columns={columns.shown}
            index={index}
            height={height}
            isActive={index === here}
            onChoose={onChoose}
            onEnter={onEnter}
            rowClass={props.rowClass}
            menu={props.menu}
          />
        ))}
      </Box>
    </Box>
  );
}

const rowId = (id: string): string => `row-${id.replace(/[^\w-]/g, '_')}`;

function Head<Row>({
  column,
  index,
  sort,
  sortable,
  onSort,
}: DataGridProps<Row> & { readonly column: TableColumn<Row>; readonly index: number }) {
  const sorts = onSort !== undefined && sortable?.has(column.id) === true;
  const on = sort?.column === column.id;
  const Arrow = sort?.descending === true ? ArrowDown : ArrowUp;
  return (
    <Cell
      role="columnheader"
      className={cellClass(column)}
      aria-colindex={index}
      aria-sort={sorts ? (on ? (sort.descending ? 'descending' : 'ascending') : 'none') : undefined}
    >
      {sorts ? (
        <button type="button" className="data-grid-sort" onClick={() => onSort(column.id)}>
          {column.title}
          {on && <Arrow className="icon icon-small" aria-hidden="true" />}
        </button>
      ) : (
        column.title
      )}
    </Cell>
  );
}

interface GridRowProps<Row>
  extends Pick<DataGridProps<Row>, 'idOf' | 'onChoose' | 'onEnter' | 'rowClass' | 'menu'> {
  readonly row: Row | undefined;
  readonly columns: readonly ShownColumn<TableColumn<Row>>[];
  readonly index: number;
  /** CSS pixels. */
  readonly height: number;
  readonly isActive: boolean;
}

const GridRow = memo(function GridRow<Row>(props: GridRowProps<Row>) {
  const { row, idOf, columns, index, height, isActive, onChoose, onEnter, rowClass, menu } = props;
  const style = { height, transform: `translateY(${index * height}px)` };
  if (row === undefined)
    return (
      <Box className="data-grid-row" role="row" aria-rowindex={index + 2} style={style}>
        <Cell className="data-grid-gap" aria-colindex={1}>
          …
        </Cell>
      </Box>
    );
  const classes = ['data-grid-row', isActive ? 'is-active' : '', rowClass?.(row) ?? ''];
  return (
    <Box
      id={rowId(idOf(row))}
      className={classes.filter(Boolean).join(' ')}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      style={style}
      onClick={() => onChoose(row, index)}
      onDoubleClick={() => onEnter?.(row, index)}
      onContextMenu={(event) => {
        if (menu === undefined) return;
        event.stopPropagation();
        onChoose(row, index);
        const { label, entries } = menu(row);
        showMenu(event, event.currentTarget, label, entries);
      }}
    >
      {columns.map(({ column, index: at }) => (
        <Cell key={column.id} className={cellClass(column)} aria-colindex={at} title={column.tooltip?.(row)}>
          {column.cell(row)}
        </Cell>
      ))}
    </Box>
  );
}) as <Row>(props: GridRowProps<Row>) => ReactElement;
