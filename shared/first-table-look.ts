import type { TableLook } from './model/preferences.ts';

/** The arrangement before any was chosen. Apart from its schema: the page carries no zod. */
export const FIRST_TABLE_LOOK: TableLook = {
  group: 'key',
  sort: { column: 'added', descending: false },
  columns: { order: [], hidden: [], shown: [], widths: {} },
  filters: [],
};
