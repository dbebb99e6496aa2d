import { type RefObject, useCallback, useLayoutEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { useSettings } from '../store/app/settings.ts';

/** Rows beyond each edge of what is seen, so that a small scroll finds them drawn. */
const OVERSCAN = 8;
/** The window moves by whole steps: scrolling by less draws nothing. */
const STEP = 4;
/** Scrolling has come to rest after so long. */
const REST_MS = 150;

/** Height in whole CSS pixels of a row that is `rem` times the base text size. */
export function useRowHeight(rem: number): number {
  useSettings((state) => state.textSize);
  useSettings((state) => state.density);
  const base = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
  return Math.round(rem * base);
}

interface VisibleRows {
  /**
   * Indexes of the rows to draw: from top to bottom when at rest, which is the order in which a screen reader meets
   * them; while scrolling, in the order of their slots, so that no element has to move.
   */
  readonly indexes: readonly number[];
  /** The rows about what is seen, both inclusive: without a row that is drawn wherever it is, or one that a leap left. */
  readonly seen: { readonly first: number; readonly last: number };
  /** Whether a row is on the screen, or would be with a scroll too small to draw others. */
  inSight(index: number): boolean;
  /**
   * Key of a row for React: rows that leave on one side come back on the other, so that scrolling changes texts and
   * makes no elements.
   */
  slot(index: number): number;
  /** The thumb is pulled: each frame shows other rows, too many to be read. */
  readonly leaping: boolean;
  /** Scrolls as little as it takes to have a row in full. */
  reveal(index: number): void;
}

interface Shape {
  readonly count: number;
  /** Of each row, CSS pixels. */
  readonly height: number;
  /** Of what sticks to the top edge, CSS pixels. */
  readonly head?: number;
  /** A row that is drawn wherever it is: `aria-activedescendant` points at it. */
  readonly always?: number | undefined;
}

interface View {
  readonly step: number;
  /** Rows that the box has room for. */
  readonly rows: number;
  readonly moving: boolean;
  /** After a leap: what is drawn, by slot. The rows that are seen, and of those that were drawn before it what left its slot free. */
  readonly leapt: readonly number[] | null;
  /** Whether that leap was made by scrolling. */
  readonly leaping: boolean;
}

/** Before the box was measured nothing is drawn: it is laid out once, with the rows that it has room for. */
const UNSEEN: View = { step: 0, rows: 0, moving: false, leapt: [], leaping: false };

const slots = (rows: number): number => rows + 2 * OVERSCAN + STEP;

/**
 * What is drawn after a leap, by which no row that was drawn is seen any more: the thumb is pulled. Only rows that are seen
 * change; the others stay what and where they are until scrolling rests. `top`: the first row that is seen.
 */
function leap(before: View, top: number): readonly number[] {
  const drawn = slots(before.rows);
  const first = Math.max(0, before.step * STEP - OVERSCAN);
  const bySlot = before.leapt === null ? [] : [...before.leapt];
  if (before.leapt === null) for (let i = first; i < first + drawn; i += 1) bySlot[i % drawn] = i;
  for (let i = top; i <= top + before.rows; i += 1) bySlot[i % drawn] = i;
  return bySlot;
}

/** Which of many rows of one height are to be drawn in a scrolling box. */
export function useVisibleRows(
  scroller: RefObject<HTMLElement | null>,
  { count, height, head = 0, always }: Shape,
): VisibleRows {
  const [view, setView] = useState(UNSEEN);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    let rest = 0;
    const look = (moving: boolean): void => {
      const step = Math.floor(box.scrollTop / (height * STEP));
      const rows = Math.ceil(box.clientHeight / height);
      setView((before) => {
        const top = Math.floor(box.scrollTop / height);
        // What is beyond the edges comes once the first rows are on the screen.
        if (before === UNSEEN && rows > 0)
          return { step, rows, moving: true, leapt: leap({ ...UNSEEN, rows }, top), leaping: false };
        const same = before !== UNSEEN && before.step === step && before.rows === rows;
        // A leap drew the rows of one place: a little further there are others.
        if (same && (moving ? before.leapt === null : !before.moving)) return before;
        const leaps = moving && before.rows === rows && Math.abs(step - before.step) * STEP >= slots(rows);
        return { step, rows, moving, leapt: leaps ? leap(before, top) : null, leaping: leaps };
      });
    };
    const scrolled = (): void => {
      // Drawn in the frame of the scroll itself: a later one would show a gap first.
      flushSync(() => look(true));
      clearTimeout(rest);
      rest = window.setTimeout(() => look(false), REST_MS);
    };
    look(false);
    rest = window.setTimeout(() => look(false), REST_MS);
    box.addEventListener('scroll', scrolled, { passive: true });
    const sizes = new ResizeObserver(() => look(false));
    sizes.observe(box);
    return () => {
      clearTimeout(rest);
      box.removeEventListener('scroll', scrolled);
      sizes.disconnect();
    };
  }, [scroller, height]);

  const reveal = useCallback(
    (index: number): void => {
      const box = scroller.current;
      if (box === null) return;
      const top = index * height;
      const lowest = head + top + height - box.clientHeight;
      if (box.scrollTop > top) box.scrollTop = top;
      else if (box.scrollTop < lowest) box.scrollTop = lowest;
    },
    [scroller, height, head],
  );

  const drawn = slots(view.rows);
  // A list that became shorter is drawn at its end before the box has scrolled there.
  const first = Math.max(0, Math.min(view.step * STEP - OVERSCAN, count - view.rows - OVERSCAN));
  const last = Math.min(count, first + drawn);
  const indexes =
    view.leapt?.filter((index) => index < count) ??
    Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  if (view.moving) indexes.sort((a, b) => (a % drawn) - (b % drawn));
  const apart =
    view !== UNSEEN && always !== undefined && always < count && !indexes.includes(always) ? always : null;
  const top = Math.max(0, Math.min(view.step * STEP, count - view.rows));
  return {
    indexes: apart === null ? indexes : [...indexes, apart],
    seen: { first, last: last - 1 },
    inSight: (index) => index >= top && index < top + view.rows + STEP,
    slot: (index) => (index === apart ? drawn : index % drawn),
    leaping: view.leaping,
    reveal,
  };
}
