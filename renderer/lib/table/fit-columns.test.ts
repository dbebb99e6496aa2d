import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ColumnChoice, fitColumns, ordered } from './fit-columns.ts';

const COLUMNS = [
  { id: 'name', width: 20, importance: 9 },
  { id: 'kind', width: 7, importance: 5 },
  { id: 'key', width: 9, roomy: 16, importance: 6 },
  { id: 'state', width: 9, importance: 8 },
];
const NONE: ColumnChoice = { order: [], hidden: [], shown: [], widths: {} };
const at = (rem: number, choice: Partial<ColumnChoice> = {}, repeats: readonly string[] = []) =>
  fitColumns(COLUMNS, { ...NONE, ...choice }, { rem, lead: 2, repeats: new Set(repeats) });
const idsAt = (...of: Parameters<typeof at>) => at(...of).columns.map(({ column }) => column.id);

test('the name keeps its width, and others give way to it in their order', () => {
  expect(idsAt(100)).toEqual(['name', 'kind', 'key', 'state']);
  expect(idsAt(46)).toEqual(['name', 'key', 'state']);
  expect(idsAt(35)).toEqual(['name', 'state']);
  expect(idsAt(24)).toEqual(['name']);
  // What is smaller still finds room that a wider one does not.
  expect(idsAt(43)).toEqual(['name', 'kind', 'state']);
});

test('a column that tells little leaves the name more', () => {
  const modest = COLUMNS.map((column) => (column.id === 'kind' ? { ...column, leaves: 30 } : column));
  const shownAt = (rem: number) =>
    fitColumns(modest, NONE, { rem, lead: 2, repeats: new Set() }).columns.map(({ column }) => column.id);
  expect(shownAt(60)).toEqual(['name', 'key', 'state']);
  expect(shownAt(63)).toEqual(['name', 'kind', 'key', 'state']);
});

test('what every row would repeat is left out, unless it was asked for', () => {
  expect(idsAt(100, {}, ['key'])).toEqual(['name', 'kind', 'state']);
  expect(idsAt(100, { shown: ['key'] }, ['key'])).toEqual(['name', 'kind', 'key', 'state']);
  expect(idsAt(100, { hidden: ['state'] })).toEqual(['name', 'kind', 'key']);
});

test('columns that were asked for stay in a narrow table, which then scrolls', () => {
  const { columns, least } = at(30, { shown: ['kind', 'key', 'state'] });
  expect(columns).toHaveLength(4);
  expect(least).toBeGreaterThan(30);
  expect(at(100).least).toBeLessThan(100);
});

test('a wide table gives the rest to the name first, then to columns that can use it', () => {
  expect(at(60).tracks).toBe('minmax(12rem, 1fr) 7rem 9rem 9rem');
  expect(at(120).tracks).toBe('minmax(12rem, 1fr) 7rem 16rem 9rem');
  expect(at(120, { widths: { key: 11 } }).tracks).toBe('minmax(12rem, 1fr) 7rem 11rem 9rem');
});

test('an order moves what it names, keeps the name first, and says each column’s place', () => {
  expect(idsAt(100, { order: ['state', 'kind'] })).toEqual(['name', 'state', 'key', 'kind']);
  expect(at(100, { order: ['state', 'kind'] }).columns.map(({ index }) => index)).toEqual([2, 3, 4, 5]);
  fc.assert(
    fc.property(fc.array(fc.constantFrom('name', 'kind', 'key', 'state', 'gone')), (order) => {
      const all = ordered(COLUMNS, order);
      expect(all[0]?.id).toBe('name');
      expect(new Set(all)).toEqual(new Set(COLUMNS));
      expect(all).toHaveLength(COLUMNS.length);
    }),
  );
});
