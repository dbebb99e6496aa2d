import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extend, moveTo, NOTHING_SELECTED, tickOf, toggle, toggleMany } from './selection.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const ticked = (selection: { selected: ReadonlySet<string> }): string[] => [...selection.selected].sort();

test('toggling twice gives back what was', () => {
  const once = toggle(NOTHING_SELECTED, 'b');
  expect(ticked(once)).toEqual(['b']);
  expect(ticked(toggle(once, 'b'))).toEqual([]);
});

test('moving ticks nothing and unticks nothing', () => {
  const state = moveTo(toggle(NOTHING_SELECTED, 'b'), 'd');
  expect(ticked(state)).toEqual(['b']);
  expect(state.cursor).toBe('d');
});

test('a range goes from the anchor, either way, and keeps ticks elsewhere', () => {
  const state = moveTo(toggle(NOTHING_SELECTED, 'e'), 'c');
  const up = extend(state, 'a', order);
  expect(ticked(up)).toEqual(['a', 'b', 'c', 'e']);
  expect(up.anchor).toBe('c');
  expect(ticked(extend(up, 'd', order))).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a range to something that is not shown changes nothing; a lost anchor ticks the target alone', () => {
  const state = moveTo(NOTHING_SELECTED, 'gone');
  expect(extend(state, 'missing', order)).toBe(state);
  expect(ticked(extend(state, 'c', order))).toEqual(['c']);
});

test('a group ticks as all, some or none', () => {
  const some = toggle(NOTHING_SELECTED, 'a');
  expect(tickOf(some.selected, ['a', 'b'])).toBe('some');
  const all = toggleMany(some, ['a', 'b']);
  expect(tickOf(all.selected, ['a', 'b'])).toBe('all');
  expect(tickOf(toggleMany(all, ['a', 'b']).selected, ['a', 'b'])).toBe('none');
  expect(tickOf(all.selected, [])).toBe('none');
});

test('extending never unticks', () => {
  const id = fc.constantFrom(...order);
  fc.assert(
    fc.property(fc.array(id), id, id, (ids, from, to) => {
      const start = moveTo({ ...NOTHING_SELECTED, selected: new Set(ids) }, from);
      const end = extend(start, to, order);
      for (const each of ids) expect(end.selected.has(each)).toBe(true);
      expect(end.selected.has(from) && end.selected.has(to)).toBe(true);
    }),
  );
});
