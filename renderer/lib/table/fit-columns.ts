/** What a column of the list of blobs says of its width; rem throughout. */
export interface ColumnShape {
  readonly id: string;
  /** Of the column by itself; the first column's least one. */
  readonly width: number;
  /** Up to so much where there is room; absent: never more than `width`. */
  readonly roomy?: number;
  /** Those with lower numbers give way first where the table is narrow. */
  readonly importance: number;
  /** What it leaves the first column at least; absent: the first column's own width. */
  readonly leaves?: number;
}

/** What a person chose of the columns. */
export interface ColumnChoice {
  readonly order: readonly string[];
  readonly hidden: readonly string[];
  readonly shown: readonly string[];
  readonly widths: Readonly<Record<string, number>>;
}

export interface FittedColumn<Column> {
  readonly column: Column;
  /** Its place among all columns, from 1, as ARIA counts them. */
  readonly index: number;
}

interface Fitted<Column> {
  readonly columns: readonly FittedColumn<Column>[];
  /** Grid tracks of the columns, in CSS. */
  readonly tracks: string;
  /** Width below which the table scrolls sideways, rem. */
  readonly least: number;
}

/** Space between columns, and after the last. */
const GAP = 12 / 13;
/** The first column is left at least so much when a person asks for more columns than there is room for. */
const SQUEEZED = 12;
/** Room of the first column beyond which others may grow. */
const ROOMY_AT = 40;

/** Columns in the order that a person gave them, the first one always first. */
export function ordered<Column extends { readonly id: string }>(
  columns: readonly Column[],
  order: readonly string[],
): readonly Column[] {
  const [first, ...rest] = columns;
  if (first === undefined) return columns;
  const place = new Map(order.map((id, i) => [id, i]));
  const moved = rest
    .filter(({ id }) => place.has(id))
    .sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
  // The others keep their places, and those that were moved fill the rest.
  let next = 0;
  return [first, ...rest.map((column) => (place.has(column.id) ? (moved[next++] ?? column) : column))];
}

/**
 * Which columns a table `rem` wide shows, and how wide each is. The first gets what the others leave, and at least its
 * own width: others give way before it does, unless a person asked for them. `lead`: what stands before the columns.
 * `repeats`: ids of columns that would say the same in every row.
 */
export function fitColumns<Column extends ColumnShape>(
  columns: readonly Column[],
  choice: ColumnChoice,
  {
    rem,
    lead,
    repeats,
  }: { readonly rem: number; readonly lead: number; readonly repeats: ReadonlySet<string> },
): Fitted<Column> {
  const [first] = columns;
  if (first === undefined) return { columns: [], tracks: '', least: 0 };
  const widthOf = ({ id, width }: Column): number => choice.widths[id] ?? width;
  const asked = new Set(choice.shown);
  const hidden = new Set(choice.hidden);
  let left = rem - lead - 2 * GAP - first.width;
  const kept = new Set<Column>([first]);
  const byWeight = columns
    .filter((column) => column !== first)
    .sort((a, b) => Number(asked.has(b.id)) - Number(asked.has(a.id)) || b.importance - a.importance);
  for (const column of byWeight) {
    if (!asked.has(column.id) && (hidden.has(column.id) || repeats.has(column.id))) continue;
    const cost = widthOf(column) + GAP;
    const reserved = Math.max(0, (column.leaves ?? first.width) - first.width);
    if (!asked.has(column.id) && cost + reserved > left) continue;
    kept.add(column);
    left -= cost;
  }
  /** Shared by columns that can be wider, once the first has enough. */
  let spare = Math.max(0, left - (ROOMY_AT - first.width));
  const width = (column: Column): number => {
    const own = widthOf(column);
    if (choice.widths[column.id] !== undefined || column.roomy === undefined) return own;
    const more = Math.min(spare, column.roomy - own);
    spare -= more;
    return own + more;
  };
  const shown = ordered(columns, choice.order).flatMap((column, i) =>
    kept.has(column) ? [{ column, index: i + 2 }] : [],
  );
  const widths = shown.slice(1).map(({ column }) => width(column));
  const others = widths.reduce((sum, each) => sum + each + GAP, lead + 2 * GAP);
  const tracks = [`minmax(${SQUEEZED}rem, 1fr)`, ...widths.map((each) => `${round(each)}rem`)].join(' ');
  return { columns: shown, tracks, least: others + SQUEEZED };
}

const round = (rem: number): number => Math.round(rem * 100) / 100;
