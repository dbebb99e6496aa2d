import type { Frames } from './page/probe.ts';
import { median, table } from './results.ts';

/** One figure of one list, in one round. `ms` from the input event to the frame that shows its effect. */
export interface Act {
  readonly ms: number;
  /** Time that the page's main thread was scheduled for it, milliseconds: not raised by other programs. */
  readonly cpu: number;
}

/** What was measured of one list in one round. */
export interface WindowFigures {
  readonly acts: Readonly<Record<string, Act>>;
  readonly wheel: Frames;
  readonly thumb: Frames;
  /** MiB of JavaScript heap after a collection. */
  readonly heapMiB: number;
  readonly firstRow: number | null;
  readonly allRows: number | null;
}

/** One line for each figure, one column for each list: medians of the rounds. */
export function windowTable(
  ...lists: readonly [readonly WindowFigures[], readonly WindowFigures[], readonly WindowFigures[]]
): string {
  const [app, , plain] = lists;
  const names = Object.keys(app[0]?.acts ?? {});
  const of = (
    list: readonly WindowFigures[],
    pick: (figures: WindowFigures) => number | null | undefined,
  ): number | null => {
    const values = list.map(pick).filter((value) => value != null);
    return values.length === 0 ? null : median(values);
  };
  const text = (value: number | null, unit: string): string =>
    value === null ? '' : `${value.toFixed(0)}${unit}`;
  const line = (
    name: string,
    pick: (figures: WindowFigures) => number | null | undefined,
    cell: (list: readonly WindowFigures[]) => string,
  ): string[] => {
    const [mine, other] = [of(app, pick), of(plain, pick)];
    return [name, ...lists.map(cell), mine === null || !other ? '' : (mine / other).toFixed(1)];
  };
  const acts = names.map((name) => {
    const ms = ({ acts }: WindowFigures) => acts[name]?.ms;
    const cpu = ({ acts }: WindowFigures) => acts[name]?.cpu;
    return line(name, ms, (list) =>
      of(list, ms) === null ? '' : `${text(of(list, ms), ' ms')} (${text(of(list, cpu), '')})`,
    );
  });
  const scrolls = (['wheel', 'thumb'] as const).map((how) => {
    const longest = (figures: WindowFigures) => figures[how].longest;
    return line(
      how === 'wheel' ? 'scrolled by wheel' : 'thumb through the whole list',
      longest,
      (list) =>
        `${text(of(list, longest), ' ms')}, ${text(
          of(list, (f) => f[how].long),
          '',
        )} of ${text(
          of(list, (f) => f[how].count),
          '',
        )}`,
    );
  });
  const single = (name: string, pick: (figures: WindowFigures) => number | null, unit: string): string[] =>
    line(name, pick, (list) => text(of(list, pick), unit));
  return table(
    ['', 'Rewrap', 'during a run', 'plain list', 'ratio'],
    [
      single('page opened to first row', ({ firstRow }) => firstRow, ' ms'),
      single('page opened to every row', ({ allRows }) => allRows, ' ms'),
      ...acts,
      ...scrolls,
      single('JavaScript heap', ({ heapMiB }) => heapMiB, ' MiB'),
    ],
  );
}
