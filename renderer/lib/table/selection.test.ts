import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Groups, Lines } from './arrange.ts';
import { makeRows } from './rows.test-help.ts';
import { extend, moveTo, type Selection, Ticks, toggle, toggleMany } from './selection.ts';
import { Table } from './table.ts';

const order = ['b0', 'b1', 'b2', 'b3', 'b4'];
const table = Table.of(makeRows(5));
const lines = new Lines(table, table.order([], false), null, new Set());
const NOTHING: Selection = { selected: new Ticks(table), cursor: null, anchor: null };
const ticked = ({ selected }: Selection): string[] => order.filter((id) => selected.has(id));

test('toggling twice gives back what was', () => {
  const once = toggle(NOTHING, 'b1');
  expect(ticked(once)).toEqual(['b1']);
  expect(once.selected.size).toBe(1);
  expect(ticked(toggle(once, 'b1'))).toEqual([]);
});

test('moving ticks nothing and unticks nothing', () => {
  const state = moveTo(toggle(NOTHING, 'b1'), 'b3');
  expect(ticked(state)).toEqual(['b1']);
  expect(state.cursor).toBe('b3');
});

test('a range goes from the anchor, either way, and keeps ticks elsewhere', () => {
  const state = moveTo(toggle(NOTHING, 'b4'), 'b2');
  const up = extend(state, 'b0', lines);
  expect(ticked(up)).toEqual(['b0', 'b1', 'b2', 'b4']);
  expect(up.anchor).toBe('b2');
  expect(ticked(extend(up, 'b3', lines))).toEqual(order);
});

test('a range steps over heads of groups', () => {
  const many = Table.of(makeRows(60));
  const groups = new Groups(many, many.order([], false), 'key');
  const grouped = new Lines(many, many.order([], false), groups, new Set());
  const [first, last] = [grouped.idAt(1), grouped.idAt(grouped.count - 1)];
  const state = moveTo({ ...NOTHING, selected: new Ticks(many) }, first ?? '');
  expect(extend(state, last ?? '', grouped).selected.size).toBe(60);
});

test('a range to something that is not shown changes nothing; a lost anchor ticks the target alone', () => {
  const state = moveTo(NOTHING, 'gone');
  expect(extend(state, 'missing', lines)).toBe(state);
  expect(ticked(extend(state, 'b2', lines))).toEqual(['b2']);
});

test('a group ticks as all, some or none', () => {
  const group = new Uint32Array([0, 1]);
  const some = toggle(NOTHING, 'b0');
  expect(some.selected.of(group)).toBe('some');
  const all = toggleMany(some, group);
  expect(all.selected.of(group)).toBe('all');
  expect(toggleMany(all, group).selected.of(group)).toBe('none');
  expect(all.selected.of(new Uint32Array())).toBe('none');
});

test('ticks follow their blobs into another table, and those that are gone are forgotten', () => {
  const { selected } = toggle(toggle(NOTHING, 'b1'), 'b4');
  const thinned = table.without(new Set(['b0', 'b1']));
  expect([...selected.in(thinned).indexes].map((index) => thinned.rows[index]?.id)).toEqual(['b4']);
  expect(selected.in(table)).toBe(selected);
});

test('extending never unticks', () => {
  const id = fc.constantFrom(...order);
  const index = fc.nat(4);
  fc.assert(
    fc.property(fc.array(index), id, id, (indexes, from, to) => {
      const selected = new Ticks(table).set(indexes, true);
      const end = extend(moveTo({ ...NOTHING, selected }, from), to, lines);
      for (const each of indexes) expect(end.selected.marks[each]).toBe(1);
      expect(end.selected.has(from) && end.selected.has(to)).toBe(true);
    }),
  );
});
