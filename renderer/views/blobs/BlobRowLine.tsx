import { type MouseEvent, memo, type ReactElement } from 'react';
import { cellClass } from '../../components/columns.ts';
import { Box, Cell, TickBox } from '../../components/grid.tsx';
import { hasMod } from '../../lib/platform.ts';
import { placeName, shortHex } from '../../lib/words/format.ts';
import { showMenu } from '../../store/app/menu.ts';
import { blobEntries } from '../../store/blob-menu.ts';
import { dragRow, pressRow } from '../../store/drag-out.ts';
import type { RowFacts, ShownBlobColumn } from './columns.tsx';

interface RowProps extends LineFrame, RowFacts {
  readonly columns: readonly ShownBlobColumn[];
  readonly ticked: boolean;
  /** Whether it stands under a group's head. */
  readonly member: boolean;
  readonly on: RowHandlers;
}

/** What pressing a row does. The table gives it: a hook in each row would cost more than its drawing. */
export interface RowHandlers {
  /** Ticks everything from the anchor to a blob. */
  readonly extend: (id: string) => void;
  readonly toggle: (id: string) => void;
  readonly moveTo: (id: string) => void;
  readonly openInspector: () => void;
  readonly findKey: (blobId: string | null) => void;
}

/** One blob. A press shows it in the inspector; ticking is the checkbox's, Ctrl's and Shift's. */
export const BlobRowLine = memo(function BlobRowLine(props: RowProps) {
  const { row, columns, ticked, member, face, on } = props;
  const look = `table-blob${ticked ? ' is-ticked' : ''}${member ? ' is-member' : ''}${face === 'key' ? ' is-alone' : ''}`;
  const press = (event: MouseEvent): void => {
    if (event.shiftKey) on.extend(row.id);
    else if (hasMod(event)) on.toggle(row.id);
    else on.moveTo(row.id);
  };
  return (
    <Box
      {...lineProps(props, domId(row.id), look)}
      aria-selected={ticked}
      draggable
      onDragStart={(event) => dragRow(event, row)}
      onMouseDown={(event) => {
        if (event.shiftKey) event.preventDefault();
        else if (event.button === 0) pressRow(row);
      }}
      onClick={press}
      onMouseMove={(event) => nameCell(event, props)}
      onContextMenu={(event) => {
        event.stopPropagation();
        on.moveTo(row.id);
        showMenu(event, event.currentTarget, row.file, blobEntries(row));
      }}
      onDoubleClick={on.openInspector}
    >
      <Cell className="col-tick" aria-colindex={1}>
        <TickBox
          label={`Select ${placeName(row)}`}
          tick={ticked ? 'all' : 'none'}
          onToggle={(shift) => (shift ? on.extend(row.id) : on.toggle(row.id))}
        />
      </Cell>
      {columns.map((shown) => keptCell(shown, props))}
    </Box>
  );
});

/** Cells by all that they depend on. React passes over an element that it has drawn already. */
const kept = new Map<string, ReactElement>();
const MOST_KEPT = 5000;

function keptCell(shown: ShownBlobColumn, props: RowProps): ReactElement {
  const { column, index } = shown;
  if (column.shows === undefined) return cellOf(shown, props);
  const key = `${column.id} ${index} ${column.shows(props)}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  if (kept.size >= MOST_KEPT) kept.clear();
  const made = cellOf(shown, props);
  kept.set(key, made);
  return made;
}

const cellOf = ({ column, index }: ShownBlobColumn, props: RowProps): ReactElement => (
  <Cell key={column.id} className={cellClass(column)} aria-colindex={index}>
    {column.cell(props)}
    {column.id === 'name' && props.face === 'key' && props.keyName === null && <FindKey props={props} />}
  </Cell>
);

/** The full text of a cell, given when the pointer is over it: most cells are drawn and never pointed at. */
function nameCell({ target }: MouseEvent, props: RowProps): void {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[aria-colindex]') : null;
  const at = Number(cell?.getAttribute('aria-colindex'));
  const text = props.columns.find(({ index }) => index === at)?.column.tooltip?.(props) ?? '';
  if (cell !== null && cell.title !== text) cell.title = text;
}

/** As a group's head has it: the blob stands for its group. */
function FindKey({ props: { row, active, on } }: { readonly props: RowProps }) {
  const { keyFingerprint, reencryptable } = row.identification;
  if (keyFingerprint === null || !reencryptable) return null;
  return (
    <button
      type="button"
      tabIndex={active ? 0 : -1}
      className="group-action"
      aria-label={`Find the key of group key material ${shortHex(keyFingerprint)}`}
      onClick={(event) => {
        event.stopPropagation();
        on.findKey(row.id);
      }}
    >
      Find key…
    </button>
  );
}

export const domId = (lineId: string): string => `line-${lineId.replace(/[^\w-]/g, '_')}`;

/** Where a line stands. */
export interface LineFrame {
  readonly index: number;
  /** CSS pixels. */
  readonly top: number;
  readonly height: number;
  /** Grid tracks of its cells, in CSS. */
  readonly tracks: string;
  /** Whether the keyboard's cursor is on it. */
  readonly active: boolean;
}

/** What the row elements of groups and blobs have in common. */
export const lineProps = (
  { index, top, height, tracks, active }: LineFrame,
  id: string,
  className: string,
) => ({
  id,
  className: `table-row ${className}${active ? ' is-active' : ''}`,
  role: 'row' as const,
  // The head is the first row.
  'aria-rowindex': index + 2,
  style: { height, gridTemplateColumns: tracks, transform: `translateY(${top}px)` },
});
