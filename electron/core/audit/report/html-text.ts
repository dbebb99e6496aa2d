import { count } from '#shared/format.ts';
import { html } from './escape.ts';

export type Cell = string | number;

/** Words too long for a narrow column may break anywhere; others stay whole. */
const LONG = /\S{28,}/;

/** Text from outside as an element of its own, so that its direction stays its own. */
export const text = (value: Cell): string =>
  typeof value === 'number'
    ? count(value)
    : `<bdi${LONG.test(value) ? ' class="long"' : ''}>${html(value)}</bdi>`;
