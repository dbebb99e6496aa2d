import { describe, expect, it } from 'vitest';
import type { AuditKey } from '#shared/model/audit.ts';
import { arnOf, input, key, row } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';
import { deletionImpact } from '../deletion/deletion.ts';
import { lastUseWords } from './key-findings.ts';

const TRACKED = '2026-03-01T00:00:00Z';
const none = { operation: null, at: null, trackedSince: TRACKED };

describe('what KMS says of the last use of a key', () => {
  it.each([
    ['it was not asked, or did not answer', { lastUse: null }, []],
    [
      'a use on record',
      { lastUse: { operation: 'Decrypt', at: '2026-10-02T08:00:00Z', trackedSince: TRACKED } },
      ['KMS says it was last used on 2026-10-02 (Decrypt).'],
    ],
    [
      'a use without its operation',
      { lastUse: { operation: null, at: '2026-10-02T08:00:00Z', trackedSince: TRACKED } },
      ['KMS says it was last used on 2026-10-02 (unknown operation).'],
    ],
    [
      'nothing, of a key younger than the record',
      { lastUse: none, createdAt: '2026-03-02T00:00:00Z' },
      ['KMS says it was never used since it was made on 2026-03-02.'],
    ],
    [
      'nothing, of a key older than the record',
      { lastUse: none, createdAt: '2019-01-01T00:00:00Z' },
      ['KMS has no use on record since 2026-03-01, when it began to keep one: that is not “never”.'],
    ],
    [
      'nothing, where it is not said when the key was made',
      { lastUse: none, createdAt: null },
      ['KMS has no use on record since 2026-03-01, when it began to keep one: that is not “never”.'],
    ],
    [
      'nothing, where it is not said since when',
      { lastUse: { ...none, trackedSince: null }, createdAt: '2026-10-01T00:00:00Z' },
      ['KMS has no use on record.'],
    ],
    [
      'nothing here, of a key with replicas',
      { lastUse: none, createdAt: '2026-03-02T00:00:00Z', otherRegions: ['eu-west-1', 'us-west-2'] },
      [
        'KMS says it was never used since it was made on 2026-03-02.',
        'The use of its replicas in eu-west-1, us-west-2 is kept apart, and was not asked there.',
      ],
    ],
  ] as const)('%s', (_, more, words) => {
    const described = key('k', more as unknown as Partial<AuditKey>);
    expect(lastUseWords(described)).toEqual(words);
    // The question about its deletion has the same words.
    const audit = makeAudit(input([row({ file: 'a', keyArn: arnOf('k') })], [described]));
    const { notes } = deletionImpact(audit, arnOf('k'));
    for (const line of words) expect(notes).toContain(line);
    if (words.length === 0) expect(notes.join(' ')).not.toContain('KMS says');
  });
});

describe('on-demand rotations', () => {
  it.each([
    [null, []],
    [24, []],
    [25, ['key-rotations-used-up']],
    [26, ['key-rotations-used-up']],
  ] as const)('%j of 25', (onDemandRotations, codes) => {
    const audit = makeAudit(
      input([row({ file: 'a', keyArn: arnOf('k') })], [key('k', { onDemandRotations })]),
    );
    expect(audit.findings.map(({ code }) => code)).toEqual(codes);
  });
});
