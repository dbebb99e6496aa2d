import { describe, expect, test } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import { ruleOf, ruleText } from '#shared/model/rule.ts';
import { chosen, type RuleSubject } from './rule-choice.ts';

const fingerprint = 'ab12'.repeat(16);
const subject: RuleSubject = {
  row: {
    identification: { keyFingerprint: fingerprint, kind: 'kms-symmetric' },
  } as unknown as BlobRow,
  paths: ['vault/app/prod.env', '/srv/data/vault/app/prod.env'],
  has: (finding) => finding === 'warning' || finding === 'plaintext-beside-blob',
  isUnder: (key) => key === 'alias/old' || key === '1234',
};
const rules = (...texts: string[]) => texts.flatMap((text) => ruleOf(text) ?? []);

describe('rules', () => {
  test.each([
    [[], true],
    [['fingerprint=AB12'], true],
    [['fingerprint=ff'], false],
    [['key=alias/old'], true],
    [['key=1234'], true],
    [['key=234'], false],
    [['kind=kms-symmetric', 'path=**/*.env'], true],
    [['path=*.env'], true],
    [['path=vault/*.env'], false],
    [['path=vault/**'], true],
    [['path=/srv/data/**'], true],
    [['path=/srv/other/**'], false],
    [['path=*.yaml', 'path=*.env'], true],
    [['kind=age', 'path=*.env'], false],
    [['finding=warning'], true],
    [['finding=plaintext-beside-blob'], true],
    [['finding=critical'], false],
  ] as const)('%j: %s', (texts, expected) => {
    expect(rules(...texts)).toHaveLength(texts.length);
    expect(chosen(subject, rules(...texts))).toBe(expected);
  });

  test.each(['nonsense', 'colour=red', 'path=', '', '='])('%j is no rule', (text) => {
    expect(ruleOf(text)).toBeNull();
  });

  test('are read as they are written', () => {
    expect(ruleText({ name: 'path', value: 'a=b/*.env' })).toBe('path=a=b/*.env');
    expect(ruleOf('path=a=b/*.env')).toEqual({ name: 'path', value: 'a=b/*.env' });
  });
});
