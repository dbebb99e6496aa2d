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
