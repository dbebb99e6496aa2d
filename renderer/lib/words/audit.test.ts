import { describe, expect, it } from 'vitest';
import { share } from '#shared/audit-words.ts';
import type { AuditFinding } from '#shared/model/audit.ts';
import { auditChoices, barWords, filterFindings, inDays, segments } from './audit.ts';

const finding = (more: Partial<AuditFinding>): AuditFinding => ({
  id: 'x',
  code: 'key-disabled',
  severity: 'warning',
  title: 'alias/a is disabled.',
  reason: '',
  evidence: [],
  remedy: '',
  source: 'kms',
  keyArn: null,
  blobs: 1,
  reencryptable: 1,
  files: 1,
  examples: [{ file: 'db.env', place: '' }],
  violation: false,
  suppressed: null,
  ...more,
});

describe('the audit on screen', () => {
  it('lays segments end to end over the whole', () => {
    const list = segments([{ count: 1 }, { count: 0 }, { count: 3 }]);
    expect(list).toEqual([
      { count: 1, x: 0, width: 25 },
      { count: 3, x: 25, width: 75 },
    ]);
    expect(segments([{ count: 0 }])).toEqual([]);
    expect(share(1, 3)).toBe('33.3 %');
    expect(share(0, 0)).toBe('0 %');
  });

  it('names kinds as everywhere else', () => {
    expect(barWords('kind', { value: 'kms-symmetric', label: 'kms-symmetric' })).toMatch(/KMS symmetric/);
    expect(barWords('region', { value: '', label: 'not known' })).toBe('not known');
  });

  it('filters by severity, violation, suppression and words', () => {
    const all = [
      finding({ id: '1' }),
      finding({ id: '2', severity: 'critical', violation: true, code: 'rule-key' }),
      finding({ id: '3', suppressed: { reason: 'r', until: '2030-01-01', where: 'here' } }),
    ];
    const ids = (...args: [Parameters<typeof filterFindings>[1], string]) =>
      filterFindings(all, ...args).map(({ id }) => id);
    expect(ids('all', '')).toEqual(['1', '2']);
    expect(ids('critical', '')).toEqual(['2']);
    expect(ids('violation', '')).toEqual(['2']);
    expect(ids('suppressed', '')).toEqual(['3']);
    expect(ids('all', 'DB.env disabled')).toEqual(['1', '2']);
    expect(ids('all', 'rule-key')).toEqual(['2']);
  });

  it('counts days for a date field', () =>
    expect(inDays(90, Date.parse('2026-11-24T23:00:00Z'))).toBe('2027-02-22'));

  it('offers what KMS and the rules found to narrow the blobs to', () => {
    const findings = [
      finding({ id: 'k', title: 'alias/a is disabled.', blobs: 3 }),
      finding({ id: 'r', source: 'rules', title: 'Account 1 is not allowed.', blobs: 2 }),
      finding({ id: 'f', source: 'files' }),
      finding({ id: 'n', blobs: 0 }),
      finding({ id: 's', suppressed: { reason: '', until: '2030-01-01', where: 'here' } }),
    ];
    expect(auditChoices(findings, true)).toEqual([
      { id: 'audit:k', label: 'alias/a is disabled', count: 3 },
      { id: 'audit:r', label: 'Account 1 is not allowed', count: 2 },
    ]);
    expect(auditChoices([], false).map(({ id }) => id)).toEqual(['audit:']);
  });
});
