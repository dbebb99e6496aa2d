import { Check, Minus } from 'lucide-react';
import type { HTMLAttributes, Ref } from 'react';
import type { Tick } from '../lib/table/selection.ts';

/**
 * The parts of an ARIA grid. Rows are virtualised and placed absolutely, which a native table cannot do; the grid
 * itself is the one tab stop and names its current row with aria-activedescendant.
 */
type Role =
  | 'grid'
  | 'treegrid'
  | 'rowgroup'
  | 'row'
  | 'gridcell'
  | 'columnheader'
  | 'separator'
  | 'group'
  | 'checkbox';

type BoxProps = HTMLAttributes<HTMLDivElement> & {
  readonly role: Role;
  readonly ref?: Ref<HTMLDivElement>;
  readonly 'data-node'?: string;
};

/** A box with a role of its own. */
export function Box({ role, ...props }: BoxProps) {
  return <div role={role} {...props} />;
}

type CellProps = HTMLAttributes<HTMLSpanElement> & { readonly role?: Role };

/** A cell of a grid row. */
export function Cell({ role = 'gridcell', ...props }: CellProps) {
  return <span role={role} {...props} />;
}

interface TickBoxProps {
  readonly label: string;
  readonly tick: Tick;
  readonly onToggle: (shift: boolean) => void;
  /** Where there is nothing to tick: the id of the element that says so. */
  readonly noneId?: string | undefined;
}

/** A checkbox inside the table: for the pointer; the keyboard ticks with Space on the row. */
export function TickBox({ label, tick, onToggle, noneId }: TickBoxProps) {
  return (
    <Cell
      className="tick"
      role="checkbox"
      tabIndex={-1}
      aria-label={label}
      aria-checked={tick === 'some' ? 'mixed' : tick === 'all'}
      aria-disabled={noneId === undefined ? undefined : true}
      aria-describedby={noneId}
      onMouseDown={(event) => event.preventDefault()}
      onClick={(event) => {
        event.stopPropagation();
        if (noneId === undefined) onToggle(event.shiftKey);
      }}
      onKeyDown={(event) => {
        if (event.key !== ' ') return;
        event.preventDefault();
        event.stopPropagation();
        onToggle(event.shiftKey);
      }}
    >
      <span className="checkbox-box" data-on={tick !== 'none' || undefined} aria-hidden="true">
        {tick === 'all' ? <Check /> : tick === 'some' ? <Minus /> : null}
      </span>
    </Cell>
  );
}
