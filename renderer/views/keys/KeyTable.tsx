import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useRef } from 'react';
import type { KeyInfo } from '#shared/model/key.ts';
import { Box, Cell } from '../../components/grid.tsx';
import { useSettings } from '../../store/settings.ts';
import { KEY_COLUMNS, KeyRow, keyRowId } from './KeyRow.tsx';

/** Two lines of text and their air, in rem. */
const ROW_REM = { compact: 42 / 13, comfortable: 50 / 13 };

function useRowHeight(): number {
  const density = useSettings((state) => state.density);
  useSettings((state) => state.textSize);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
  return Math.round(ROW_REM[density] * rem);
}

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
  const rowHeight = useRowHeight();
  const at = chosen === null ? -1 : keys.findIndex(({ arn }) => arn === chosen);
  const estimateSize = useCallback(() => rowHeight, [rowHeight]);
  const getItemKey = useCallback((i: number) => keys[i]?.arn ?? i, [keys]);
  const virtual = useVirtualizer({
    count: keys.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    getItemKey,
    overscan: 10,
    scrollPaddingStart: rowHeight,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are measured anew when the row height changes
  useEffect(() => virtual.measure(), [rowHeight]);
  const go = (index: number): void => {
    const next = Math.min(keys.length - 1, Math.max(0, index));
    const key = keys[next];
    if (key === undefined) return;
    onChoose(key);
    virtual.scrollToIndex(next, { align: 'auto' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1);
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
  const items = virtual.getVirtualItems();
  const drawn = items.some(({ index }) => index === at);
  return (
    <Box
      className="key-table"
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={keys.length + 1}
      aria-colcount={KEY_COLUMNS.length}
      aria-activedescendant={drawn && chosen !== null ? keyRowId(chosen) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <Box className="key-head" role="rowgroup">
        <Box className="key-row key-row-head" role="row" aria-rowindex={1}>
          {KEY_COLUMNS.map(({ id, name }) => (
            <Cell key={id} role="columnheader" className={`key-col-${id}`}>
              {name}
            </Cell>
          ))}
        </Box>
      </Box>
      <Box className="key-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const key = keys[item.index];
          return key === undefined ? null : (
            <KeyRow
              key={item.key}
              info={key}
              index={item.index}
              top={item.start}
              height={rowHeight}
              active={item.index === at}
              onChoose={onChoose}
            />
          );
        })}
      </Box>
    </Box>
  );
}
