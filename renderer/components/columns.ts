import {
  type CSSProperties,
  type ReactNode,
  type RefObject,
  useLayoutEffect,
  useMemo,
  useState,
} from 'react';
import { useSettings } from '../store/app/settings.ts';

/** One column of a table: its head, its cells and its width. `Props` is what a row knows. */
export interface TableColumn<Props> {
  /** Also the cells' class, `col-<id>`. */
  readonly id: string;
  readonly title: string;
  /** Size of its grid track, in CSS. */
  readonly width: string;
  /** Width of the narrowest table that shows it, in rem: what the pane beside the table repeats gives way first. */
  readonly minTable: number;
  readonly cell: (row: Props) => ReactNode;
  /** Full text behind a cell that may be cut short. */
  readonly tooltip?: (row: Props) => string | undefined;
  /** How its cells lie: `flex` for an icon and words, `end` for numbers, `center` for one icon. */
  readonly align?: 'flex' | 'end' | 'center';
}

/** A column that is shown, with its place among all columns, from 1, as ARIA counts them. */
export interface ShownColumn<Column> {
  readonly column: Column;
  readonly index: number;
}

/** Class of the cells of a column. */
export const cellClass = ({ id, align }: Pick<TableColumn<never>, 'id' | 'align'>): string =>
  align === undefined ? `col-${id}` : `col-${id} cell-${align}`;

/** Columns of `columns` that a table `rem` wide shows. `before`: columns that stand before them and are always shown. */
const columnsAt = <Column extends Pick<TableColumn<never>, 'minTable'>>(
  columns: readonly Column[],
  rem: number,
  before = 0,
): readonly ShownColumn<Column>[] =>
  columns.flatMap((column, i) => (column.minTable <= rem ? [{ column, index: i + 1 + before }] : []));

/** The columns that the table has room for, and the style that gives its rows their tracks (`--columns`). */
export function useColumns<Column extends Pick<TableColumn<never>, 'minTable' | 'width'>>(
  table: RefObject<HTMLElement | null>,
  columns: readonly Column[],
  /** Track of what stands before the columns, in CSS; empty: nothing does. */
  lead = '',
): { readonly shown: readonly ShownColumn<Column>[]; readonly style: CSSProperties } {
  const textSize = useSettings((state) => state.textSize);
  const [thresholds, setThresholds] = useState(Number.POSITIVE_INFINITY);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text size is another number of rem
  useLayoutEffect(() => {
    const box = table.current;
    if (box === null) return;
    const look = (): void => {
      const base = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
      const rem = box.clientWidth / base;
      // Drawn anew only where another set of columns fits.
      setThresholds(Math.max(0, ...columns.map(({ minTable }) => minTable).filter((least) => least <= rem)));
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    return () => sizes.disconnect();
  }, [table, columns, textSize]);
  return useMemo(() => {
    const shown = columnsAt(columns, thresholds, lead === '' ? 0 : 1);
    const tracks = [lead, ...shown.map(({ column }) => column.width)].filter(Boolean).join(' ');
    return { shown, style: { '--columns': tracks } as CSSProperties };
  }, [columns, thresholds, lead]);
}
