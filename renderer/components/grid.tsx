import type { HTMLAttributes, Ref } from 'react';

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
