import type { SortColumn } from '../../lib/arrange.ts';

/** Columns in order; `className` places each and lets narrow tables hide the less important ones. */
export const COLUMNS: readonly {
  readonly id: SortColumn;
  readonly name: string;
  readonly className: string;
}[] = [
  { id: 'name', name: 'Name', className: 'col-name' },
  { id: 'kind', name: 'Kind', className: 'col-kind' },
  { id: 'key', name: 'Key', className: 'col-key' },
  { id: 'algorithm', name: 'Encoding', className: 'col-encoding' },
  { id: 'size', name: 'Plaintext', className: 'col-size' },
  { id: 'context', name: 'Context', className: 'col-context' },
  { id: 'findings', name: 'Findings', className: 'col-findings' },
  { id: 'state', name: 'State', className: 'col-state' },
];

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
