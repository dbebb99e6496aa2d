import { describe, expect, test } from 'vitest';
import { explainKms } from './errors.ts';
import { keyNameProblem, meantAlias } from './key-names.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

test.each([
  ['', /empty/],
  ['  ', /empty/],
  [`${KEY}\r`, /carriage return/],
  ['alias/x\n', /line end/],
  [' alias/x', /spaces before or behind/],
  ['alias/my key', /a space in it/],
  ['alias/x\u200b', /cannot be seen/],
  ['"alias/x"', /quotes around/],
  ['arn:aws:kms', /incomplete/],
  ['arn:aws:iam::111122223333:role/x', /service "iam"/],
  ['arn:aws:kms:us-east-1:1111:key/x', /twelve digits/],
  ['arn:aws:kms:us-east-1:111122223333:x', /not that of a key/],
  ['alias/', /missing/],
])('%j is no name of a key, and it is said why', (text, why) => {
  expect(keyNameProblem(text)).toMatch(why);
});

test.each([
  KEY,
  'alias/x',
  '1234abcd-12ab-34cd-56ef-1234567890ab',
  'mrk-1234',
  KEY.replace('key/1234', 'alias/x'),
])('%s may be one', (text) => expect(keyNameProblem(text)).toBeNull());

test('an alias without its prefix is recognised, and nothing else is', () => {
  expect(meantAlias('payments')).toBe('alias/payments');
  expect(meantAlias('app/prod')).toBe('alias/app/prod');
  for (const text of [KEY, 'alias/x', 'mrk-1234', '1234abcd-12ab-34cd-56ef-1234567890ab', 'two words'])
    expect(meantAlias(text)).toBeNull();
});

describe('what KMS does not know, or cannot use, gets its hint', () => {
  const refused = (name: string, message: string, destinationKeyId: string) =>
    explainKms(name, message, 'r', {
      operation: 'DescribeKey',
      region: 'us-east-1',
      principal: 'arn:aws:iam::111122223333:user/me',
      destinationKeyId,
    });

  test.each([
    ['payments', /write alias\/payments/],
    [`${KEY}\r`, /carriage return/],
    [KEY.replace('arn:aws:', 'arn:aws-cn:').replace('us-east-1', 'cn-north-1'), /partition aws-cn/],
    [KEY.replace('us-east-1', 'eu-west-1'), /Connect to eu-west-1/],
    [KEY.replace('111122223333', '444455556666'), /account 444455556666/],
  ])('%j', (id, hint) => {
    const fault = refused('NotFoundException', "Invalid keyId 'x'", id);
    expect(`${fault.message} ${fault.detail} ${fault.remedy}`).toMatch(hint);
  });

  test.each([
    ['SIGN_VERIFY', /for signing/],
    ['GENERATE_VERIFY_MAC', /for message authentication codes/],
    ['KEY_AGREEMENT', /for key agreement/],
  ])('a key with the usage %s', (usage, words) => {
    const fault = explainKms(
      'InvalidKeyUsageException',
      `${KEY} key usage is ${usage} which is not valid for ReEncrypt.`,
      'r',
      {
        operation: 'ReEncrypt',
        destinationKeyId: KEY,
        sourceKeyId: null,
      },
    );
    expect(fault.message).toMatch(words);
    expect(fault.message).toContain(`The destination key ${KEY}`);
  });
});
