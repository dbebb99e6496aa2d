// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render } from '@testing-library/react';
import { useRef } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useVisibleRows } from './useVisibleRows.ts';

const HEIGHT = 28;
/** Rows that the box shows. */
const SEEN = 10;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(SEEN * HEIGHT);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function List({ count, always }: { readonly count: number; readonly always?: number }) {
  const box = useRef<HTMLDivElement>(null);
  const { indexes, slot } = useVisibleRows(box, { count, height: HEIGHT, always });
  return (
    <div ref={box} data-testid="box">
      {indexes.map((index) => (
        <p key={slot(index)}>{index}</p>
      ))}
    </div>
  );
}

const drawn = (): number[] => [...document.querySelectorAll('p')].map((p) => Number(p.textContent));
const sorted = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);
const from = (first: number, rows: number): number[] => Array.from({ length: rows }, (_, i) => first + i);

function scrollTo(row: number): void {
  const box = document.querySelector<HTMLElement>('[data-testid=box]');
  if (box === null) throw new Error('no box');
  box.scrollTop = row * HEIGHT;
  fireEvent.scroll(box);
}

test('what is seen is drawn first, and what is beyond the edge once that is on the screen', () => {
  render(<List count={1000} />);
  expect(drawn()).toEqual(from(0, SEEN + 1));
  act(() => vi.runAllTimers());
  expect(drawn()).toEqual(from(0, SEEN + 20));
});

test('a small scroll draws what is seen and some beyond each edge', () => {
  render(<List count={1000} />);
  scrollTo(24);
  expect(sorted(drawn())).toEqual(from(16, 30));
});

test('a leap changes the rows that are seen and leaves the others as they are, until scrolling rests', () => {
  render(<List count={100_000} />);
  act(() => vi.runAllTimers());
  const before = drawn();
  const elements = new Set(document.querySelectorAll('p'));
  scrollTo(50_001);
  const seen = from(50_001, SEEN + 1);
  expect(drawn().filter((index) => index >= 50_001)).toEqual(expect.arrayContaining(seen));
  expect(drawn().filter((index) => !seen.includes(index) && !before.includes(index))).toEqual([]);
  expect(drawn()).toHaveLength(before.length);
  expect([...document.querySelectorAll('p')].every((p) => elements.has(p))).toBe(true);
  // Another leap, then a step further: no row that is seen is missing.
  scrollTo(90_000);
  expect(drawn()).toEqual(expect.arrayContaining(from(90_000, SEEN + 1)));
  scrollTo(90_002);
  expect(drawn()).toEqual(expect.arrayContaining(from(90_002, SEEN + 1)));
  scrollTo(10_000);
  act(() => vi.runAllTimers());
  expect(drawn()).toEqual(from(9_992, 30));
});

test('a leap to the end draws no row beyond it, and the row that is always drawn stays', () => {
  render(<List count={5_000} always={3} />);
  scrollTo(4_990);
  expect(drawn()).toEqual(expect.arrayContaining([3, ...from(4_990, SEEN)]));
  expect(Math.max(...drawn())).toBe(4_999);
  expect(new Set(drawn()).size).toBe(drawn().length);
});
