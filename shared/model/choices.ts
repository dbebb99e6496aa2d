// What the page needs of schemas, apart from them: it carries no zod.

import type { TableLook } from './preferences.ts';

/** The arrangement before any was chosen. */
export const FIRST_TABLE_LOOK: TableLook = {
  group: 'key',
  sort: { column: 'added', descending: false },
  columns: { order: [], hidden: [], shown: [], widths: {} },
  filters: [],
};

/** What rules are about. */
export const RULE_NAMES = ['fingerprint', 'key', 'kind', 'path', 'finding'] as const;
export type RuleName = (typeof RULE_NAMES)[number];

/** Rows of the list that a page asks for first: enough for a screen, and there at once. */
export const FIRST_ROWS = 250;
