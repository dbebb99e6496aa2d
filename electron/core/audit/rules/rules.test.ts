import Ajv from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { finding } from '#shared/finding.ts';
import { FaultError } from '#shared/model/fault.ts';
import { EvidenceModel } from '../../key-material/index.ts';
import { arnOf, input, key, row } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';
import { leavesToIam, outsideGrantees } from '../findings/policy.ts';
import { matches, readRules, rulesSchema } from './rules.ts';

const FULL = `
version: 1
accounts: ["111122223333"]
regions: [us-east-1]
keys: ["alias/pay*", "${arnOf('k')}"]
algorithms: [SYMMETRIC_DEFAULT, RSAES_OAEP_SHA_256]
context: { required: [app], values: { env: [prod] } }
maximumAgeDays: 365
forbid: [key-disabled]
suppress:
  - { code: key-unused, reason: kept for the tax office, until: 2030-01-01 }
`;

describe('a rules file', () => {
  it('is read as YAML and as JSON, and its schema says the same', () => {
    const rules = readRules(FULL);
    expect(readRules(JSON.stringify(rules))).toEqual(rules);
    const check = new Ajv({ strict: false, validateFormats: false }).compile(rulesSchema());
    expect(check(rules), JSON.stringify(check.errors)).toBe(true);
    expect(check({ version: 1, acounts: [] })).toBe(false);
  });

  it.each([
    ['a typing error', 'version: 1\nacounts: ["111122223333"]', /acounts/],
    ['an account without quotes that lost its zeros', 'version: 1\naccounts: [1234]', /accounts/],
    ['no version', 'accounts: ["111122223333"]', /version/],
    ['a misspelt code', 'version: 1\nforbid: [plaintext-besides-blob]', /forbid\.0: .*plaintext-beside-blob/],
    [
      'a misspelt code to suppress',
      'version: 1\nsuppress: [{code: key-disable, reason: b, until: 2030-01-01}]',
      /suppress\.0\.code: .*key-disabled/,
    ],
    ['a misspelt severity', 'version: 1\nfailOn: warnings', /failOn: .*warning/],
    ['a misspelt kind', 'version: 1\nkinds: [kms-symetric]', /kinds\.0: .*kms-symmetric/],
    ['a bad date', 'version: 1\nsuppress: [{code: a, reason: b, until: soon}]', /until/],
    ['no YAML', 'version: [1', /./],
    ['nothing', '', /./],
    [
      'a bomb of aliases',
      `a: &a [1,1,1,1,1,1,1,1,1,1]\n${Array.from({ length: 9 }, (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${Array(10).fill(`*${'abcdefghi'[i]}`).join(',')}]`).join('\n')}`,
      /alias/i,
    ],
  ])('with %s is refused with the reason', (_, text, reason) => {
    const refused = (() => {
      try {
        readRules(text);
      } catch (error) {
        return error instanceof FaultError ? error.fault : error;
      }
      return null;
    })();
    expect(refused).toMatchObject({ code: 'BadRules', detail: expect.stringMatching(reason) });
  });

  it('has patterns with stars', () => {
    expect(matches('alias/pay*', 'alias/payments')).toBe(true);
    expect(matches('*', '')).toBe(true);
    expect(matches('a*b*c', 'a--b--c')).toBe(true);
    expect(matches('a*b', 'a')).toBe(false);
    expect(matches('a*a', 'a')).toBe(false);
    expect(matches('a.c', 'abc')).toBe(false);
  });
});

describe('judging', () => {
  const run = (rules: string, rows: Parameters<typeof row>[0][], keys = [key('k')]) =>
    makeAudit(input(rows.map(row), keys, { rules: readRules(`version: 1\n${rules}`) }));
  const broken = (audit: ReturnType<typeof run>) =>
    audit.findings.filter((f) => f.violation).map((f) => [f.code, f.blobs]);

  it('holds accounts, Regions and keys against what is known, and says what is not', () => {
    const rows = [
      { file: 'a', keyArn: arnOf('k') },
      { file: 'b', material: null, keyArn: arnOf('z', '999988887777', 'eu-west-1') },
      { file: 'c', material: 'cc'.repeat(32) },
    ];
    const audit = run('accounts: ["111122223333"]\nregions: [us-east-1]\nkeys: [alias/k]', rows);
    expect(broken(audit)).toEqual([
      ['rule-account', 1],
      ['rule-region', 1],
    ]);
    expect(audit.summary.violations).toBe(2);
    expect(audit.summary.unjudged.map(({ rule, blobs }) => [rule, blobs])).toEqual([
      ['accounts', 1],
      ['regions', 1],
      ['keys', 1],
      ['keys', 1],
    ]);
  });

  it('holds a key that KMS described against its aliases', () => {
    expect(broken(run('keys: [alias/other]', [{ file: 'a', keyArn: arnOf('k') }]))).toEqual([
      ['rule-key', 1],
    ]);
    expect(broken(run('keys: [alias/k]', [{ file: 'a', keyArn: arnOf('k') }]))).toEqual([]);
  });

  it('holds contexts against what the container declares alone', () => {
    const audit = run('context: {required: [app], values: {env: [prod]}}', [
      { file: 'a', context: { app: 'x', env: 'prod' } },
      { file: 'b', context: { env: 'prod' } },
      { file: 'c', context: { app: 'x', env: 'dev' } },
      { file: 'd' },
    ]);
    expect(broken(audit)).toEqual([
      ['rule-context', 1],
      ['rule-context', 1],
    ]);
    expect(audit.summary.unjudged).toEqual([
      { rule: 'context', blobs: 1, why: expect.stringContaining('do not hold') },
    ]);
  });

  it('holds algorithms, kinds and age', () => {
    expect(
      broken(
        run('algorithms: [SYMMETRIC_DEFAULT]', [
          { file: 'a' },
          { file: 'b', material: null, kind: 'kms-asymmetric-candidate', algorithm: 'RSAES_OAEP_SHA_1' },
        ]),
      ),
    ).toEqual([['rule-algorithm', 1]]);
    expect(
      broken(run('kinds: [kms-symmetric]', [{ file: 'a' }, { file: 'b', material: null, kind: 'age' }])),
    ).toEqual([['rule-kind', 1]]);
    expect(
      broken(
        run('maximumAgeDays: 30', [
          { file: 'a', createdAt: '2026-11-01T00:00:00Z' },
          { file: 'b', createdAt: '2026-01-01T00:00:00Z' },
        ]),
      ),
    ).toEqual([['rule-age', 1]]);
  });

  it('does not pass what is not known of the key material of a blob', () => {
    const rules = readRules('version: 1\nforbid: [material-not-current]');
    const rotated = key('k', { currentKeyMaterialId: 'ab'.repeat(32), materials: 2 });
    const rows = [row({ file: 'a', keyArn: arnOf('k') })];
    const unjudged = (keys: (typeof rotated)[], learned: string | null) => {
      const evidence = new EvidenceModel(
        rows,
        () =>
          learned === null
            ? []
            : [{ keyArn: arnOf('k'), by: 'kms', evidence: 'r', keyMaterialId: learned, at: null, blobs: 0 }],
        keys,
      );
      const { summary } = makeAudit(input(rows, keys, { rules, evidence }));
      return [summary.unjudged.length, summary.violations];
    };
    expect(unjudged([rotated], null)).toEqual([1, 0]);
    expect(unjudged([rotated], 'ab'.repeat(32))).toEqual([0, 0]);
    expect(unjudged([rotated], 'cd'.repeat(32))).toEqual([0, 1]);
    // One that never rotated has no other key material.
    expect(unjudged([{ ...rotated, materials: 1 }], null)).toEqual([0, 0]);
  });

  it('says where a finding that only KMS can show was not looked for', () => {
    const rows = [{ file: 'a', keyArn: arnOf('k') }, { file: 'b' }, { file: 'c', keyArn: arnOf('other') }];
    const rules = readRules('version: 1\nforbid: [key-disabled, truncated]\nfailOn: critical');
    const offline = makeAudit(input(rows.map(row), [], { rules, caller: null }));
    const why = 'only KMS can say, and it was not asked: there is no connection';
    expect(offline.summary).toMatchObject({
      violations: 0,
      unjudged: [
        { rule: 'forbid key-disabled', blobs: 3, why },
        { rule: 'failOn', blobs: 3, why },
      ],
    });
    const wide = readRules('version: 1\nforbid: [key-policy-wide]');
    const asked = (openTo: string[] | null) =>
      makeAudit(input(rows.map(row), [key('k', { openTo })], { rules: wide })).summary.unjudged;
    expect(asked([]).map(({ blobs }) => blobs)).toEqual([1, 1]);
    expect(asked(null).map(({ why: reason }) => reason)).toContain('KMS did not show the policy of its key');
  });

  it('makes violations of forbidden findings, and silences what it suppresses until its date', () => {
    const off = [key('k', { state: 'Disabled' })];
    const rows = [{ file: 'a', keyArn: arnOf('k') }];
    expect(broken(run('forbid: [key-disabled]', rows, off))).toEqual([['key-disabled', 1]]);
    expect(broken(run('failOn: warning', rows, off))).toEqual([['key-disabled', 1]]);
    const silent = run(
      'forbid: [key-disabled]\nsuppress: [{code: key-disabled, reason: known, until: 2026-11-24}]',
      rows,
      off,
    );
    expect(silent.summary.violations).toBe(0);
    expect(silent.findings[0]?.suppressed).toMatchObject({ where: 'rules' });
    const over = run(
      'forbid: [key-disabled]\nsuppress: [{code: key-disabled, reason: known, until: 2026-11-23}]',
      rows,
      off,
    );
    expect(over.summary.violations).toBe(1);
  });

  it('suppresses findings of the blobs of one key, and of no other', () => {
    const rows = [
      { file: 'a', keyArn: arnOf('k') },
      { file: 'b', keyArn: arnOf('other'), material: 'bb'.repeat(32) },
      { file: 'c', material: 'cc'.repeat(32) },
      // The label of this one is contradicted.
      { file: 'd', keyArn: arnOf('k'), material: 'dd'.repeat(32) },
      { file: 'e', keyArn: arnOf('third'), material: 'dd'.repeat(32) },
    ].map(row);
    for (const name of [arnOf('k'), 'alias/k', 'k', 'arn:aws:kms:*:key/k']) {
      const rules = readRules(
        `version: 1\nforbid: [duplicate-member]\nsuppress: [{code: duplicate-member, key: "${name}", reason: known, until: 2026-11-24}]`,
      );
      const { findings, summary } = makeAudit(
        input(rows, [key('k')], {
          rules,
          findings: () => [finding('duplicate-member', { evidence: [] })],
          bareFiles: [{ file: 'bare', findings: [finding('duplicate-member', { evidence: [] })] }],
        }),
      );
      const of = (silent: boolean) =>
        findings
          .filter(({ suppressed }) => (suppressed !== null) === silent)
          .flatMap(({ indexes, bare }) => [...Array.from(indexes, (i) => rows[i]?.file), ...bare]);
      expect([of(true), of(false)], name).toEqual([['a'], ['b', 'c', 'd', 'e', 'bare']]);
      // Only what counts breaks the rule.
      expect(findings.map(({ violation, suppressed }) => [suppressed !== null, violation])).toEqual(
        expect.arrayContaining([
          [false, true],
          [true, false],
        ]),
      );
      expect(summary.violations).toBeGreaterThan(0);
    }
  });
});

describe('who may open what is under a key', () => {
  const policy = (principal: string, action: string) =>
    JSON.stringify({ Statement: { Effect: 'Allow', Principal: { AWS: principal }, Action: action } });

  it('is left to IAM policies where the key policy allows the account itself', () => {
    expect(leavesToIam(policy('arn:aws:iam::111122223333:root', 'kms:*'), '111122223333')).toBe(true);
    expect(leavesToIam(policy('111122223333', 'kms:Decrypt'), '111122223333')).toBe(true);
    expect(leavesToIam(policy('arn:aws:iam::111122223333:root', 'kms:Put*'), '111122223333')).toBe(false);
    expect(leavesToIam(policy('arn:aws:iam::111122223333:role/app', 'kms:*'), '111122223333')).toBe(false);
    expect(leavesToIam('no policy', '111122223333')).toBeNull();
  });

  it('lists grants to other accounts, and not of services or of those who only encrypt', () => {
    const grant = (grantee: string, operations: string[], more: object = {}) => ({
      id: 'abcdef0123456789',
      name: null,
      grantee,
      operations,
      bound: false,
      ...more,
    });
    expect(
      outsideGrantees(
        [
          grant('arn:aws:iam::444455556666:role/backup', ['Decrypt', 'DescribeKey'], { name: 'backup' }),
          grant('arn:aws:sts::444455556666:assumed-role/x/y', ['ReEncryptFrom', 'Decrypt'], { bound: true }),
          grant('arn:aws:iam::444455556666:role/writer', ['Encrypt', 'ReEncryptTo']),
          grant('arn:aws:iam::111122223333:role/own', ['Decrypt']),
          grant('dynamodb.us-east-1.amazonaws.com', ['Decrypt']),
        ],
        '111122223333',
      ),
    ).toEqual([
      'arn:aws:iam::444455556666:role/backup (Decrypt; grant backup)',
      'arn:aws:sts::444455556666:assumed-role/x/y (ReEncryptFrom and Decrypt, for some encryption contexts; grant abcdef012345…)',
    ]);
  });
});
