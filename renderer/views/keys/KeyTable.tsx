import { type KeyboardEvent, memo, useRef } from 'react';
import type { KeyInfo } from '#shared/model/key.ts';
import { cellClass, type ShownColumn, type TableColumn, useColumns } from '../../components/columns.ts';
import { Box, Cell } from '../../components/grid.tsx';
import { useRowHeight, useVisibleRows } from '../../components/useVisibleRows.ts';
import { useSettings } from '../../store/settings.ts';
import { KEY_COLUMNS } from './columns.tsx';

/** Two lines of text and their air, and the one line of the head, in rem. */
const ROW_REM = { compact: 42 / 13, comfortable: 50 / 13 };
const HEAD_REM = 28 / 13;

interface KeyTableProps {
  readonly label: string;
  readonly keys: readonly KeyInfo[];
  /** ARN of the key that the pane shows. */
  readonly chosen: string | null;
  readonly onChoose: (key: KeyInfo) => void;
  readonly onEnter: () => void;
}

/** The keys, virtualised: one ARIA grid, one tab stop, the chosen row named by `aria-activedescendant`. */
export function KeyTable({ label, keys, chosen, onChoose, onEnter }: KeyTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const height = useRowHeight(ROW_REM[useSettings((state) => state.density)]);
  const head = useRowHeight(HEAD_REM);
  const columns = useColumns(scroller, KEY_COLUMNS);
  const at = chosen === null ? -1 : keys.findIndex(({ arn }) => arn === chosen);
  const here = at < 0 ? undefined : at;
  const visible = useVisibleRows(scroller, { count: keys.length, height, head, always: here });
  const go = (index: number): void => {
    const next = Math.min(keys.length - 1, Math.max(0, index));
    const key = keys[next];
    if (key === undefined) return;
    onChoose(key);
    visible.reveal(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / height) - 1);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: keys.length - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) go(next);
    else if (event.key === 'Enter') onEnter();
    else return;
    event.preventDefault();
  };
  return (
    <Box
      className="key-table"
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={keys.length + 1}
      aria-colcount={KEY_COLUMNS.length}
      aria-activedescendant={chosen !== null && here !== undefined ? keyRowId(chosen) : undefined}
      tabIndex={0}
      style={columns.style}
      onKeyDown={onKeyDown}
    >
      <Box className="key-head" role="rowgroup">
        <Box className="key-row key-row-head" role="row" aria-rowindex={1} style={{ height: head }}>
          {columns.shown.map(({ column, index }) => (
            <Cell key={column.id} role="columnheader" className={cellClass(column)} aria-colindex={index}>
              {column.title}
            </Cell>
          ))}
        </Box>
      </Box>
      <Box className="key-body" role="rowgroup" style={{ height: keys.length * height }}>
        {visible.indexes.map((index) => {
          const info = keys[index];
          return info === undefined ? null : (
            <KeyRow
              key={visible.slot(index)}
              info={info}
              columns={columns.shown}
              index={index}
              height={height}
              active={index === at}
              onChoose={onChoose}
            />
          );
        })}
      </Box>
    </Box>
  );
}

/** Id of a key's row in the page. */
const keyRowId = (arn: string): string => `key-${arn.replace(/[^\w-]/g, '_')}`;

interface KeyRowProps {
  readonly info: KeyInfo;
  readonly columns: readonly ShownColumn<TableColumn<KeyInfo>>[];
  readonly index: number;
  /** CSS pixels. */
  readonly height: number;
  readonly active: boolean;
  readonly onChoose: (key: KeyInfo) => void;
}

const KeyRow = memo(function KeyRow({ info, columns, index, height, active, onChoose }: KeyRowProps) {
  return (
    <Box
      id={keyRowId(info.arn)}
      className={active ? 'key-row is-active' : 'key-row'}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={active}
      style={{ height, transform: `translateY(${index * height}px)` }}
      onClick={() => onChoose(info)}
    >
      {columns.map(({ column, index: at }) => (
        <Cell key={column.id} className={cellClass(column)} aria-colindex={at} title={column.tooltip?.(info)}>
          {column.cell(info)}
        </Cell>
      ))}
    </Box>
  );
});
