import { describe, expect, it } from 'vitest';
import type { AuditKey, ExplainedRule } from '#shared/model/audit.ts';
import { arnOf, input, key, NOW, row } from '../audit.test-help.ts';
import { finishAudit } from '../audit.ts';
import { countAudit } from '../count.ts';
import { explainRules } from './explain.ts';
import { readRules } from './rules.ts';

const days = (n: number): string => new Date(NOW + n * 86_400_000).toISOString();
const blob = (more: Partial<Parameters<typeof row>[0]> = {}) =>
  row({ file: 'a', keyArn: arnOf('k'), ...more });

function judged(text: string, more: Partial<AuditKey> | null, blobs = [blob()]) {
  const rules = readRules(`version: 1\n${text}`);
  const counted = countAudit({ ...input(blobs, more === null ? [] : [key('k', more)]), rules });
  const { findings, summary } = finishAudit(counted, new Map());
  return {
    broken: findings.filter(({ source }) => source === 'rules').map(({ code }) => code),
    unjudged: summary.unjudged,
    explained: explainRules(counted, findings),
  };
}
const verdicts = (explained: readonly ExplainedRule[]) => explained.map(({ verdict }) => verdict);

describe('cryptoperiods', () => {
  const rule = 'cryptoperiods: { symmetricKeyWrapping: 365, privateKeyTransport: 730 }';
  const rotated = (at: number | null) => ({
    enabled: true,
    periodDays: 365,
    lastAt: at === null ? null : days(at),
  });

  it.each([
    ['rotated within it', { rotation: rotated(-364) }, 'holds'],
    ['rotated before it', { rotation: rotated(-366) }, 'broken'],
    [
      'never rotated and made before it',
      { rotation: rotated(null), materials: 1, createdAt: days(-400) },
      'broken',
    ],
    [
      'never rotated and made within it',
      { rotation: rotated(null), materials: 1, createdAt: days(-10) },
      'holds',
    ],
    ['an RSA key, by its own period', { spec: 'RSA_2048', createdAt: days(-400) }, 'holds'],
    ['an RSA key that is too old', { spec: 'RSA_2048', createdAt: days(-731) }, 'broken'],
    ['an SM2 key that is too old', { spec: 'SM2', createdAt: days(-731) }, 'broken'],
    ['of which KMS did not show the rotation', { rotation: null }, 'not judged'],
    ['of which rotations were not listed', { rotation: rotated(null), materials: null }, 'not judged'],
    ['that KMS did not describe', null, 'not judged'],
  ] as const)('a key %j', (_, more, verdict) => {
    const { broken, unjudged, explained } = judged(rule, more as never);
    expect(verdicts(explained)).toEqual([verdict]);
    expect(broken).toEqual(verdict === 'broken' ? ['rule-cryptoperiod'] : []);
    expect(unjudged.length).toBe(verdict === 'not judged' ? 1 : 0);
  });

  it('says the type of key in the words of SP 800-57', () => {
    const { explained } = judged(rule, { rotation: rotated(-3) });
    expect(explained[0]?.why).toMatch(
      /symmetric key-wrapping keys 365 days, current key material since 2026-11-21/,
    );
  });
});

describe('allowed evidence', () => {
  it.each([
    ['[declared]', blob(), 'holds'],
    ['[kms]', blob(), 'broken'],
    ['[kms, person]', row({ file: 'a', material: 'cc'.repeat(32) }), 'broken'],
    ['[declared, inferred]', blob({ keyArn: 'alias/elsewhere' }), 'broken'],
    ['[alias]', blob({ keyArn: 'alias/elsewhere' }), 'holds'],
  ] as const)('%s', (allowed, one, verdict) => {
    const { broken, explained } = judged(`evidence: ${allowed}`, {}, [one]);
    expect(verdicts(explained)).toEqual([verdict]);
    expect(broken).toEqual(verdict === 'broken' ? ['rule-evidence'] : []);
  });
});

describe('campaigns as a rule', () => {
  const rule = (deadline: string, target = `leaveKey: ${arnOf('k')}`): string =>
    `campaigns: [{ name: leave k, ${target}, deadline: ${deadline} }]`;

  it.each([
    ['before the deadline', rule('2026-12-01'), {}, 'holds'],
    ['on its day', rule('2026-11-24'), {}, 'holds'],
    ['after it', rule('2026-11-23'), {}, 'broken'],
    ['after it, of an account', rule('2026-11-23', 'leaveAccount: "111122223333"'), {}, 'broken'],
    ['after it, of another account', rule('2026-11-23', 'leaveAccount: "999988887777"'), {}, 'holds'],
    ['after it, of another key', rule('2026-11-23', `leaveKey: ${arnOf('z')}`), {}, 'holds'],
  ] as const)('%s', (_, text, more, verdict) => {
    const { broken, explained } = judged(text, more);
    expect(verdicts(explained)).toEqual([verdict]);
    expect(broken).toEqual(verdict === 'broken' ? ['rule-campaign'] : []);
  });

  it('is not judged for a blob that nothing names', () => {
    const { unjudged } = judged(rule('2026-11-23'), null, [row({ file: 'a', material: 'dd'.repeat(32) })]);
    expect(unjudged).toMatchObject([{ rule: 'campaigns leave k', blobs: 1 }]);
  });

  it('needs something to leave', () => {
    expect(() => readRules('version: 1\ncampaigns: [{ name: a, deadline: 2026-01-01 }]')).toThrow();
  });
});

describe('why rules hold or break', () => {
  it('is said of every rule, broken first', () => {
    const { explained } = judged(
      'accounts: ["111122223333"]\nregions: [eu-west-1]\nforbid: [key-disabled, quantum-exposed]\nkinds: [kms-symmetric]\nmaximumAgeDays: 3\ncontext: { required: [app] }',
      { state: 'Disabled' },
    );
    expect(explained.map(({ rule, verdict }) => `${verdict} ${rule}`)).toEqual([
      'broken forbid key-disabled',
      'broken regions',
      'not judged context',
      'not judged maximumAgeDays',
      'holds accounts',
      'holds forbid quantum-exposed',
      'holds kinds',
    ]);
    for (const { why } of explained) expect(why).not.toBe('');
  });

  it('joins blobs that are alike', () => {
    const { explained } = judged('regions: [us-east-1]', {}, [blob(), blob({ file: 'b' })]);
    expect(explained).toEqual([
      { rule: 'regions', verdict: 'holds', why: 'Region us-east-1 is allowed', blobs: 2 },
    ]);
  });
});
