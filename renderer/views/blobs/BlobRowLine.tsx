import { type MouseEvent, memo } from 'react';
import { cellClass } from '../../components/columns.ts';
import { Box, Cell } from '../../components/grid.tsx';
import { TickBox } from '../../components/TickBox.tsx';
import { placeName } from '../../lib/format.ts';
import { hasMod } from '../../lib/platform.ts';
import type { RowFacts, ShownBlobColumn } from './columns.tsx';
import { domId, type LineFrame, lineProps } from './lines.ts';

interface RowProps extends LineFrame, RowFacts {
  readonly columns: readonly ShownBlobColumn[];
  readonly ticked: boolean;
  readonly on: RowHandlers;
}

/** What pressing a row does. The table gives it: a hook in each row would cost more than its drawing. */
export interface RowHandlers {
  /** Ticks everything from the anchor to a blob. */
  readonly extend: (id: string) => void;
  readonly toggle: (id: string) => void;
  readonly moveTo: (id: string) => void;
  readonly openInspector: () => void;
}

/** One blob. A press shows it in the inspector; ticking is the checkbox's, Ctrl's and Shift's. */
export const BlobRowLine = memo(function BlobRowLine(props: RowProps) {
  const { row, columns, ticked, on } = props;
  const press = (event: MouseEvent): void => {
    if (event.shiftKey) on.extend(row.id);
    else if (hasMod(event)) on.toggle(row.id);
    else on.moveTo(row.id);
  };
  return (
    <Box
      {...lineProps(props, domId(row.id), `table-blob${ticked ? ' is-ticked' : ''}`)}
      aria-selected={ticked}
      onMouseDown={(event) => {
        if (event.shiftKey) event.preventDefault();
      }}
      onClick={press}
      onDoubleClick={on.openInspector}
    >
      <Cell className="col-tick" aria-colindex={1}>
        <TickBox
          label={`Select ${placeName(row)}`}
          tick={ticked ? 'all' : 'none'}
          onToggle={(shift) => (shift ? on.extend(row.id) : on.toggle(row.id))}
        />
      </Cell>
      {columns.map(({ column, index }) => (
        <Cell
          key={column.id}
          className={cellClass(column)}
          aria-colindex={index}
          title={column.tooltip?.(props)}
        >
          {column.cell(props)}
        </Cell>
      ))}
    </Box>
  );
});
