import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef } from 'react';
import { Box, Cell } from '../../components/grid.tsx';
import { lineId } from '../../lib/arrange.ts';
import { useInspector } from '../../store/inspector.ts';
import { useSelection } from '../../store/selection.ts';
import { useSettings } from '../../store/settings.ts';
import { BlobRowLine } from './BlobRowLine.tsx';
import { COLUMNS, domId } from './columns.ts';
import { GroupLine } from './GroupLine.tsx';
import { TableHead } from './TableHead.tsx';
import type { Arranged } from './useArranged.ts';
import { useTableKeys } from './useTableKeys.ts';

const ROW_REM = { compact: 28 / 13, comfortable: 36 / 13 };

/** Height of a row in CSS pixels at the present density and text size. */
function useRowHeight(): number {
  const density = useSettings((state) => state.density);
  useSettings((state) => state.textSize);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
  return Math.round(ROW_REM[density] * rem);
}

/**
 * The virtualised table: one ARIA grid and one tab stop. The focus stays on the grid and `aria-activedescendant`
 * names the cursor's row, so that scrolling a row out of the DOM cannot lose the focus.
 */
export function BlobTable({ arranged }: { readonly arranged: Arranged }) {
  const { lines, indexOf, shown } = arranged;
  const scroller = useRef<HTMLDivElement>(null);
  const cursor = useSelection((state) => state.cursor);
  const inspect = useInspector((state) => state.inspect);
  const rowHeight = useRowHeight();
  const cursorIndex = cursor === null ? undefined : indexOf.get(cursor);
  const rangeExtractor = useCallback(
    (range: Range) => {
      const indexes = defaultRangeExtractor(range);
      // The cursor's row stays in the DOM: aria-activedescendant points at it.
      if (cursorIndex === undefined || indexes.includes(cursorIndex)) return indexes;
      return [...indexes, cursorIndex].toSorted((a, b) => a - b);
    },
    [cursorIndex],
  );
  // Kept from render to render: a new function would make the virtualizer measure every row again.
  const getItemKey = useCallback(
    (i: number) => {
      const line = lines[i];
      return line === undefined ? i : lineId(line);
    },
    [lines],
  );
  const estimateSize = useCallback(() => rowHeight, [rowHeight]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    getItemKey,
    overscan: 12,
    scrollPaddingStart: rowHeight,
    rangeExtractor,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are measured anew when the row height changes
  useEffect(() => virtual.measure(), [rowHeight]);

  const first = shown[0]?.id;
  useEffect(() => {
    const { cursor: now, moveTo } = useSelection.getState();
    if (now === null && first !== undefined) moveTo(first);
  }, [first]);
  const inspected =
    cursor !== null && cursorIndex !== undefined && lines[cursorIndex]?.type === 'row' ? cursor : null;
  useEffect(() => {
    // Holding an arrow key down passes many rows: ask only where it rests.
    const timer = setTimeout(() => {
      if (inspected !== null) void inspect(inspected);
    }, 40);
    return () => clearTimeout(timer);
  }, [inspected, inspect]);

  const keys = useTableKeys(
    arranged,
    (index) => virtual.scrollToIndex(index, { align: 'auto' }),
    rowHeight,
    scroller,
  );
  const cursorLine = cursorIndex === undefined ? undefined : lines[cursorIndex];
  return (
    <Box
      className="table"
      ref={scroller}
      role="grid"
      aria-label="Blobs"
      aria-multiselectable="true"
      aria-rowcount={lines.length + 1}
      aria-colcount={COLUMNS.length + 1}
      aria-activedescendant={cursorLine === undefined ? undefined : domId(lineId(cursorLine))}
      tabIndex={0}
      onKeyDown={keys}
    >
      <TableHead arranged={arranged} height={rowHeight} />
      {lines.length === 0 ? (
        <Box className="table-none" role="row" aria-rowindex={2}>
          <Cell aria-colspan={COLUMNS.length + 1}>No blob matches the filter</Cell>
        </Box>
      ) : (
        <Box className="table-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            const place = {
              index: item.index,
              top: item.start,
              height: rowHeight,
              active: item.index === cursorIndex,
            };
            return line.type === 'group' ? (
              <GroupLine key={item.key} group={line.group} {...place} />
            ) : (
              <BlobRowLine key={item.key} row={line.row} order={arranged.order} {...place} />
            );
          })}
        </Box>
      )}
    </Box>
  );
}
