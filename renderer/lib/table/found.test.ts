import { expect, test } from 'vitest';
import { foundOf, withFound } from '../findings.ts';
import { makeRows } from './rows.test-help.ts';

const [row] = makeRows(1);
if (row === undefined) throw new Error('no row');

test('a row takes over what an audit found of its key, and the graver of both severities', () => {
  const found = foundOf([
    { id: 'a', code: 'old-blob', severity: 'info' },
    { id: 'b', code: 'duplicate-blob', severity: 'warning' },
  ]);
  expect(found).toEqual({ ids: ['a', 'b'], codes: ['old-blob', 'duplicate-blob'], worst: 'warning' });
  const quiet = { ...row, worst: null, findings: [] };
  expect(withFound(quiet, found)).toMatchObject({
    worst: 'warning',
    findings: ['old-blob', 'duplicate-blob'],
  });
  const grave = { ...row, worst: 'critical' as const, findings: ['old-blob' as const] };
  expect(withFound(grave, found)).toMatchObject({
    worst: 'critical',
    findings: ['old-blob', 'duplicate-blob'],
  });
  expect(withFound(quiet, undefined)).toBe(quiet);
});
