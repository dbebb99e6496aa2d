import { type RefObject, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { fitColumns } from '../../lib/table/fit-columns.ts';
import type { GroupBy, Table } from '../../lib/table/table.ts';
import { useSettings } from '../../store/app/settings.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { COLUMNS, type ShownBlobColumn, TICK_REM } from './columns.tsx';

/** The table's width is followed in steps: another number of columns fits every few, and drawing costs each time. */
const STEP_REM = 0.5;

export interface BlobColumns {
  readonly shown: readonly ShownBlobColumn[];
  /** Grid tracks of a row, in CSS. Given to each row itself: as a property of the table, every cell would take it over. */
  readonly tracks: string;
  /** Width below which the table scrolls sideways, in CSS. */
  readonly least: string;
}

/** The columns that a table has room for, and how wide they are. */
export function useBlobColumns(
  box: RefObject<HTMLElement | null>,
  table: Table,
  group: GroupBy,
): BlobColumns {
  const choice = useArrange((state) => state.columns);
  const rem = useWidth(box);
  // Which columns say something is a matter of the whole list: a filter does not make them come and go.
  const repeats = COLUMNS.filter((column) => column.repeats?.(table, group))
    .map(({ id }) => id)
    .join(' ');
  const fitted = useMemo(
    () => fitColumns(COLUMNS, choice, { rem, lead: TICK_REM, repeats: new Set(repeats.split(' ')) }),
    [choice, rem, repeats],
  );
  // Rows are drawn anew only where other columns are shown, not for each width.
  const before = useRef(fitted.columns);
  const ids = (columns: readonly ShownBlobColumn[]): string =>
    columns.map(({ column, index }) => `${column.id} ${index}`).join();
  if (ids(before.current) !== ids(fitted.columns)) before.current = fitted.columns;
  return {
    shown: before.current,
    tracks: `${TICK_REM}rem ${fitted.tracks}`,
    least: `${fitted.least}rem`,
  };
}

/** Width of a box in rem, rounded down to a step. */
function useWidth(box: RefObject<HTMLElement | null>): number {
  const textSize = useSettings((state) => state.textSize);
  const [rem, setRem] = useState(Number.POSITIVE_INFINITY);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text size is another number of rem
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = (): void => {
      const base = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
      setRem(Math.floor(element.clientWidth / base / STEP_REM) * STEP_REM);
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [box, textSize]);
  return rem;
}
