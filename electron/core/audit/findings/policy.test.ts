import { describe, expect, it } from 'vitest';
import { guardsDeletion, outsidePrincipals } from './policy.ts';
import { like } from './policy-conditions.ts';

const OWN = '111122223333';
const OTHER = '444455556666';
const ROLE = `arn:aws:iam::${OTHER}:role/partner`;
const allow = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' };
const anyone = { ...allow, Principal: { AWS: '*' } };
const when = (operator: string, key: string, ...values: (string | boolean)[]) => ({
  ...anyone,
  Condition: { [operator]: { [key]: values.length === 1 ? values[0] : values } },
});

type Verdict = 'closed' | 'anyone' | 'other account' | 'named' | 'named pattern' | 'pattern';
const judge = (statement: object): Verdict => {
  const found = outsidePrincipals(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }), OWN);
  const [open] = found?.open ?? [];
  if (open !== undefined)
    return open.startsWith('anyone')
      ? 'anyone'
      : open.startsWith(`all of account ${OTHER}`)
        ? 'other account'
        : 'pattern';
  const [named] = found?.named ?? [];
  return named === undefined ? 'closed' : named.includes(OTHER) ? 'named' : 'named pattern';
};

describe('a key policy without conditions', () => {
  it.each<[string, object, Verdict]>([
    ['its own account', { ...allow, Principal: { AWS: `arn:aws:iam::${OWN}:root` } }, 'closed'],
    ['a role of its own', { ...allow, Principal: { AWS: `arn:aws:iam::${OWN}:role/app` } }, 'closed'],
    ['anyone', { ...allow, Principal: '*' }, 'anyone'],
    ['anyone, as AWS', { ...allow, Principal: { AWS: ['*'] }, Action: ['kms:ReEncrypt*'] }, 'anyone'],
    ['another account', { ...allow, Principal: { AWS: `arn:aws:iam::${OTHER}:root` } }, 'other account'],
    ['another account, by number', { ...allow, Principal: { AWS: OTHER } }, 'other account'],
    [
      'another account, only to encrypt',
      { ...allow, Principal: { AWS: OTHER }, Action: ['kms:Encrypt', 'kms:ReEncryptTo'] },
      'closed',
    ],
    ['a role of another account', { ...allow, Principal: { AWS: ROLE } }, 'named'],
    [
      'a session of another account',
      { ...allow, Principal: { AWS: `arn:aws:sts::${OTHER}:assumed-role/x/y` } },
      'named',
    ],
    [
      'an account of another partition',
      { ...allow, Principal: { AWS: `arn:aws-cn:iam::${OTHER}:root` } },
      'other account',
    ],
    ['a service', { ...allow, Principal: { Service: 's3.amazonaws.com' } }, 'closed'],
    ['a principal that was deleted', { ...allow, Principal: { AWS: 'AIDAEXAMPLEID' } }, 'closed'],
    ['all but one', { ...allow, NotPrincipal: { AWS: `arn:aws:iam::${OWN}:root` } }, 'anyone'],
    ['anyone, denied', { ...anyone, Effect: 'Deny' }, 'closed'],
    ['everything but deletion', { Effect: 'Allow', NotAction: 'kms:Delete*', Principal: '*' }, 'anyone'],
    [
      'everything but opening',
      {
        Effect: 'Allow',
        NotAction: ['kms:Decrypt', 'kms:ReEncrypt*', 'kms:CreateGrant', 'kms:PutKeyPolicy'],
        Principal: '*',
      },
      'closed',
    ],
    ['actions in another case', { ...anyone, Action: 'KMS:decrypt' }, 'anyone'],
    ['actions by a wildcard letter', { ...anyone, Action: 'kms:Decryp?' }, 'anyone'],
    ['grants of its own', { ...allow, Principal: { AWS: ROLE }, Action: 'kms:CreateGrant' }, 'named'],
    [
      'grants for AWS services',
      {
        ...allow,
        Principal: { AWS: ROLE },
        Action: 'kms:CreateGrant',
        Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      },
      'closed',
    ],
    ['another policy', { ...allow, Principal: { AWS: OTHER }, Action: 'kms:PutKeyPolicy' }, 'other account'],
  ])('lets in %s', (_, statement, verdict) => expect(judge(statement)).toBe(verdict));
});

describe('a condition on anyone', () => {
  it.each<[string, object, Verdict]>([
    // Accounts.
    ['its own account', when('StringEquals', 'kms:CallerAccount', OWN), 'closed'],
    ['another account', when('StringEquals', 'kms:CallerAccount', OTHER), 'other account'],
    ['its own and another account', when('StringEquals', 'kms:CallerAccount', OWN, OTHER), 'other account'],
    [
      'another account, by the global key',
      when('StringEquals', 'aws:PrincipalAccount', OTHER),
      'other account',
    ],
    ['keys in another case', when('StringEquals', 'AWS:principalACCOUNT', OTHER), 'other account'],
    ['any account', when('StringLike', 'aws:PrincipalAccount', '*'), 'anyone'],
    ['accounts of a pattern', when('StringLike', 'kms:CallerAccount', '1111*'), 'pattern'],
    ['a star that is no wildcard', when('StringEquals', 'kms:CallerAccount', '*'), 'closed'],
    [
      'its own account, if it exists: it always does',
      when('StringEqualsIfExists', 'kms:CallerAccount', OWN),
      'closed',
    ],
    ['all but its own account', when('StringNotEquals', 'aws:PrincipalAccount', OWN), 'anyone'],
    ['all but a pattern of everything', when('StringNotLike', 'aws:PrincipalAccount', '*'), 'closed'],
    ['all but a pattern', when('StringNotLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/app'), 'anyone'],
    [
      'what the request itself says',
      when('StringEquals', 'aws:PrincipalAccount', `\${aws:PrincipalAccount}`),
      'anyone',
    ],
    ['services for its own account', when('StringEquals', 'aws:SourceAccount', OWN), 'closed'],
    [
      'services for its own account, if there is one',
      when('StringEqualsIfExists', 'aws:SourceAccount', OWN),
      'anyone',
    ],
    ['no value', { ...anyone, Condition: { StringEquals: { 'kms:CallerAccount': [] } } }, 'closed'],
    // ARNs.
    ['any ARN', when('ArnLike', 'aws:PrincipalArn', '*'), 'anyone'],
    ['any ARN, as text', when('StringLike', 'aws:PrincipalArn', '*'), 'anyone'],
    ['any ARN of IAM', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:*'), 'anyone'],
    ['a role of any account', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/app'), 'pattern'],
    ['its own roles', when('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${OWN}:role/*`), 'closed'],
    [
      'its own roles in any partition',
      when('ArnLike', 'aws:PrincipalArn', `arn:*:iam::${OWN}:role/*`),
      'closed',
    ],
    [
      'a text in which a star runs over the account',
      when('StringLike', 'aws:PrincipalArn', `arn:*:${OWN}:role/*`),
      'pattern',
    ],
    [
      'ArnEquals, which takes wildcards',
      when('ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::*:role/app'),
      'pattern',
    ],
    [
      'StringEquals, which takes none',
      when('StringEquals', 'aws:PrincipalArn', `arn:aws:iam::${OTHER}:role/*`),
      'closed',
    ],
    ['a role of another account', when('ArnEquals', 'aws:PrincipalArn', ROLE), 'named'],
    [
      'all of another account',
      when('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${OTHER}:*`),
      'other account',
    ],
    [
      'ForAnyValue of its own',
      when('ForAnyValue:ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${OWN}:*`),
      'closed',
    ],
    // Groups.
    ['an organisation', when('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5'), 'closed'],
    ['any organisation', when('StringLike', 'aws:PrincipalOrgID', 'o-*'), 'anyone'],
    [
      'an organisation, if there is one',
      when('StringEqualsIfExists', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5'),
      'anyone',
    ],
    ['all but an organisation', when('StringNotEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5'), 'anyone'],
    [
      'paths of an organisation',
      when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-a1b2c3d4e5/*'),
      'closed',
    ],
    [
      'paths of any organisation',
      when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-*/r-ab12/*'),
      'anyone',
    ],
    [
      'all paths, which none has',
      when('ForAllValues:StringLike', 'aws:PrincipalOrgPaths', 'o-a1b2c3d4e5/*'),
      'anyone',
    ],
    ['any organisation at all', when('Null', 'aws:PrincipalOrgID', 'false'), 'anyone'],
    ['a network', when('StringEquals', 'aws:SourceVpce', 'vpce-0a1b2c3d4e5f'), 'closed'],
    ['any network', when('StringLike', 'aws:SourceVpce', 'vpce-*'), 'anyone'],
    ['one identity', when('StringLike', 'aws:userid', 'AROAEXAMPLEID12345678:*'), 'closed'],
    ['any identity', when('StringLike', 'aws:userid', 'AROA*'), 'anyone'],
    // What does not say who.
    ['a service in between', when('StringEquals', 'kms:ViaService', 's3.us-east-1.amazonaws.com'), 'anyone'],
    ['an encryption context', when('StringEquals', 'kms:EncryptionContext:app', 'x'), 'anyone'],
    ['an address', when('IpAddress', 'aws:SourceIp', '10.0.0.0/8'), 'anyone'],
    ['a tag of the principal', when('StringEquals', 'aws:PrincipalTag/team', 'x'), 'anyone'],
    ['a second factor', when('Bool', 'aws:MultiFactorAuthPresent', 'true'), 'anyone'],
    ['a grantee, which no decryption has', when('StringEquals', 'kms:GranteePrincipal', ROLE), 'closed'],
    ['an operator that does not exist', when('StringMatches', 'kms:CallerAccount', OWN), 'anyone'],
  ])('lets in %s', (_, statement, verdict) => expect(judge(statement)).toBe(verdict));
});

describe('several conditions', () => {
  const both = (a: object, b: object) => ({ ...anyone, Condition: { ...a, ...b } });
  it.each<[string, object, Verdict]>([
    [
      'as the default policy of AWS managed keys has them',
      {
        ...anyone,
        Condition: {
          StringEquals: { 'kms:CallerAccount': OWN, 'kms:ViaService': 's3.us-east-1.amazonaws.com' },
        },
      },
      'closed',
    ],
    [
      'another account through a service',
      {
        ...anyone,
        Condition: {
          StringEquals: { 'kms:CallerAccount': OTHER, 'kms:ViaService': 's3.us-east-1.amazonaws.com' },
        },
      },
      'other account',
    ],
    [
      'one wide, one narrow',
      both({ StringLike: { 'aws:PrincipalArn': '*' } }, { StringEquals: { 'kms:CallerAccount': OWN } }),
      'closed',
    ],
    [
      'that no one can meet',
      both(
        { StringEquals: { 'kms:CallerAccount': OTHER } },
        { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${OWN}:*` } },
      ),
      'closed',
    ],
    [
      'a role of the account named',
      both({ StringEquals: { 'kms:CallerAccount': OTHER } }, { ArnLike: { 'aws:PrincipalArn': ROLE } }),
      'other account',
    ],
  ])('%s', (_, statement, verdict) => expect(judge(statement)).toBe(verdict));
});

describe('a condition on principals of another account', () => {
  const of = (principal: string, condition: object) => ({
    ...allow,
    Principal: { AWS: principal },
    Condition: condition,
  });
  it.each<[string, object, Verdict]>([
    ['that excludes them', of(ROLE, { StringEquals: { 'kms:CallerAccount': OWN } }), 'closed'],
    ['that includes them', of(ROLE, { StringEquals: { 'kms:CallerAccount': OTHER } }), 'named'],
    ['by ARN', of(ROLE, { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${OTHER}:role/part*` } }), 'named'],
    [
      'by another ARN',
      of(ROLE, { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${OTHER}:role/x*` } }),
      'closed',
    ],
    [
      'that says nothing of them',
      of(OTHER, { StringEquals: { 'kms:EncryptionContext:app': 'x' } }),
      'other account',
    ],
  ])('%s', (_, statement, verdict) => expect(judge(statement)).toBe(verdict));
});

describe('what is said', () => {
  it('names the statement, and what may be taken', () => {
    const policy = JSON.stringify({
      Statement: { ...allow, Sid: 'Partner', Principal: { AWS: ROLE }, Action: 'kms:CreateGrant' },
    });
    expect(outsidePrincipals(policy, OWN)).toEqual({
      open: [],
      named: [`${ROLE}, which may give itself kms:Decrypt by kms:CreateGrant (statement “Partner”)`],
    });
  });

  it.each([
    '{',
    'null',
    '[]',
    '{"Statement":[null,1,"x",{"Effect":"Allow","Action":1,"Principal":{"AWS":{}}}]}',
  ])('is nothing of %s, and nothing fails', (text) =>
    expect(outsidePrincipals(text, OWN)).toEqual(text === '{' ? null : { open: [], named: [] }),
  );

  it('takes no longer for a hostile pattern', () => {
    const pattern = `${'*a'.repeat(1000)}b`;
    expect(like(pattern, 'a'.repeat(5000))).toBe(false);
    expect(like('a*b?c', 'axxbyc')).toBe(true);
  });
});

describe('a guard against deleting a key that is in use', () => {
  const USE = 'kms:TrailingDaysWithoutKeyUsage';
  const admin = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${OWN}:root` }, Action: 'kms:*' };
  const deny = (Condition: object, more = {}) => ({
    Effect: 'Deny',
    Principal: '*',
    Action: ['kms:ScheduleKeyDeletion', 'kms:DisableKey'],
    Resource: '*',
    Condition,
    ...more,
  });
  const less = { NumericLessThan: { [USE]: '90' } };
  const deletion = { ...admin, Action: 'kms:ScheduleKeyDeletion' };
  const unused = { ...deletion, Condition: { NumericGreaterThan: { [USE]: '90' } } };
  const guarded = (...Statement: object[]) => guardsDeletion(JSON.stringify({ Statement }));

  it.each([
    ['a denial for everyone', [admin, deny(less)], true],
    ['as AWS writes everyone', [admin, deny(less, { Principal: { AWS: '*' } })], true],
    ['in other spelling', [admin, deny({ numericlessthanequals: { [USE.toLowerCase()]: 30 } })], true],
    ['where the key exists', [admin, deny({ NumericLessThanIfExists: { [USE]: ['7'] } })], true],
    ['of all actions', [admin, deny(less, { Action: 'kms:*' })], true],
    ['of all actions but others', [admin, deny(less, { Action: undefined, NotAction: 'kms:Decrypt' })], true],
    ['an allowance under the condition alone', [{ ...admin, Action: 'kms:Decrypt' }, unused], true],
    ['no one may delete it', [{ ...admin, Action: ['kms:Decrypt', 'kms:Encrypt'] }], true],
    ['nothing', [admin], false],
    ['a denial for one role', [admin, deny(less, { Principal: { AWS: ROLE } })], false],
    [
      'a denial under a further condition',
      [admin, deny({ ...less, StringEquals: { 'aws:PrincipalTag/x': 'y' } })],
      false,
    ],
    ['a denial of disabling alone', [admin, deny(less, { Action: 'kms:DisableKey' })], false],
    ['a denial that never holds', [admin, deny({ NumericLessThan: { [USE]: '0' } })], false],
    ['a denial for keys long unused', [admin, deny({ NumericGreaterThan: { [USE]: '90' } })], false],
    ['an allowance beside one without the condition', [admin, unused], false],
    ['another condition key', [admin, deny({ NumericLessThan: { 'aws:MultiFactorAuthAge': '30' } })], false],
  ] as const)('%s', (_, statements, expected) => {
    expect(guarded(...statements)).toBe(expected);
  });

  it('is not said of a policy that cannot be read', () => expect(guardsDeletion('{')).toBeNull());
});
