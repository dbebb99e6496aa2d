import { type RefObject, useCallback, useLayoutEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { useSettings } from '../store/settings.ts';

/** Rows beyond each edge of what is seen, so that a small scroll finds them drawn. */
const OVERSCAN = 8;
/** The window moves by whole steps: scrolling by less draws nothing. */
const STEP = 4;

/** Height in whole CSS pixels of a row that is `rem` times the base text size. */
export function useRowHeight(rem: number): number {
  useSettings((state) => state.textSize);
  useSettings((state) => state.density);
  const base = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
  return Math.round(rem * base);
}

export interface VisibleRows {
  /** Indexes of the rows to draw. */
  readonly indexes: readonly number[];
  /**
   * Key of a row for React: rows that leave on one side come back on the other, so that scrolling changes texts and
   * makes no elements.
   */
  slot(index: number): number;
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

/** Which of many rows of one height are to be drawn in a scrolling box. */
export function useVisibleRows(
  scroller: RefObject<HTMLElement | null>,
  { count, height, head = 0, always }: Shape,
): VisibleRows {
  const [view, setView] = useState({ step: 0, rows: 32 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const look = (): void => {
      const step = Math.floor(box.scrollTop / (height * STEP));
      const rows = Math.ceil(box.clientHeight / height);
      setView((before) => (before.step === step && before.rows === rows ? before : { step, rows }));
    };
    // Drawn in the frame of the scroll itself: a later one would show a gap first.
    const scrolled = (): void => flushSync(look);
    look();
    box.addEventListener('scroll', scrolled, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    return () => {
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

  const drawn = view.rows + 2 * OVERSCAN + STEP;
  // A list that became shorter is drawn at its end before the box has scrolled there.
  const first = Math.max(0, Math.min(view.step * STEP - OVERSCAN, count - view.rows - OVERSCAN));
  const last = Math.min(count, first + drawn);
  const indexes = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  const apart = always !== undefined && always < count && (always < first || always >= last);
  return {
    indexes: apart ? [...indexes, always] : indexes,
    slot: (index) => (index >= first && index < last ? index % drawn : drawn),
    reveal,
  };
}
