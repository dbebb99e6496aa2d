import { describe, expect, test } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import { asksFindings, chosen, type Rule, rule, type Subject } from './rules.ts';

const fingerprint = 'ab12'.repeat(16);
const subject: Subject = {
  row: {
    identification: { keyFingerprint: fingerprint, kind: 'kms-symmetric' },
    worst: 'warning',
  } as BlobRow,
  file: 'vault/app/prod.env',
  keys: ['arn:aws:kms:us-east-1:111122223333:key/1234', 'alias/old'],
  findings: ['plaintext-beside-blob'],
};
const rules = (...texts: string[]): Rule[] => texts.reduce<Rule[]>((before, text) => rule(text, before), []);

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
    [['path=*.yaml', 'path=*.env'], true],
    [['kind=age', 'path=*.env'], false],
    [['finding=warning'], true],
    [['finding=plaintext-beside-blob'], true],
    [['finding=critical'], false],
  ] as const)('%j: %s', (texts, expected) => {
    expect(chosen(subject, rules(...texts))).toBe(expected);
  });

  test.each(['nonsense', 'colour=red', 'path='])('%s is refused', (text) => {
    expect(() => rule(text, undefined)).toThrow(/A rule is/);
  });

  test('findings are looked up only where a code is asked for', () => {
    expect(asksFindings(rules('finding=critical', 'kind=x'))).toBe(false);
    expect(asksFindings(rules('finding=nonce-reuse'))).toBe(true);
  });
});
