import type { ReactNode } from 'react';

/** A head of a column; of numbers where its cells are, and then at their end. */
interface NumberHead {
  readonly number: string;
}

interface FramedTableProps {
  readonly head: readonly (string | NumberHead)[];
  /** Its name where no caption says it. */
  readonly label?: string;
  readonly caption?: string;
  /** Whether the caption is only for screen readers. */
  readonly captionHidden?: boolean;
  readonly className?: string;
  /** The rows: `<tr>` elements, with {@link NumberCell} for numbers. */
  readonly children: ReactNode;
}

/** A small table of a page: all its rows are drawn. A list that grows is a `DataGrid`. */
export function FramedTable({ head, label, caption, captionHidden, className, children }: FramedTableProps) {
  return (
    <table className={`data-table data-table-framed ${className ?? ''}`} aria-label={label}>
      {caption !== undefined && (
        <caption className={captionHidden === true ? 'visually-hidden' : 'hint'}>{caption}</caption>
      )}
      <thead>
        <tr>
          {head.map((one) =>
            typeof one === 'string' ? (
              <th key={one} scope="col">
                {one}
              </th>
            ) : (
              <th key={one.number} scope="col" className="chart-number">
                {one.number}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

export function NumberCell({ children }: { readonly children: ReactNode }) {
  return <td className="tabular chart-number">{children}</td>;
}
