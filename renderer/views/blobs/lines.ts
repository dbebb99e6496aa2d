export const domId = (lineId: string): string => `line-${lineId.replace(/[^\w-]/g, '_')}`;

/** Where a line stands. */
export interface LineFrame {
  readonly index: number;
  /** CSS pixels. */
  readonly top: number;
  readonly height: number;
  /** Whether the keyboard's cursor is on it. */
  readonly active: boolean;
}

/** What the row elements of groups and blobs have in common. */
export const lineProps = ({ index, top, height, active }: LineFrame, id: string, className: string) => ({
  id,
  className: `table-row ${className}${active ? ' is-active' : ''}`,
  role: 'row' as const,
  // The head is the first row.
  'aria-rowindex': index + 2,
  style: { height, transform: `translateY(${top}px)` },
});
