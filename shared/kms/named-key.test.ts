import { expect, test } from 'vitest';
import { fault } from '../model/fault-error.ts';
import { explainKms, sourceKeyNamed } from './errors.ts';

const SOURCE = 'arn:aws:kms:us-east-1:111122223333:key/86a87e79-0000-4000-8000-000000000001';
const TO = 'arn:aws:kms:us-east-1:111122223333:key/86a87e79-0000-4000-8000-000000000002';
const said = (name: string, message: string, destinationKeyId = TO) =>
  sourceKeyNamed(
    explainKms(name, message, 'r1', { operation: 'ReEncrypt', sourceKeyId: null, destinationKeyId }),
  );

test.each([
  ['DisabledException', `${SOURCE} is disabled.`],
  ['KMSInvalidStateException', `${SOURCE} is pending deletion.`],
  [
    'AccessDeniedException',
    `User: arn:aws:iam::111122223333:user/a is not authorized to perform: kms:ReEncryptFrom on resource: ${SOURCE} because no identity-based policy allows the kms:ReEncryptFrom action`,
  ],
])('KMS names the source key in its %s', (name, message) => {
  expect(said(name, message)).toBe(SOURCE);
});

test('a key of the other side, an alias, or one that may be either is not the source key', () => {
  expect(said('DisabledException', `${TO} is disabled.`)).toBeNull();
  // The destination was named by alias: which side the key is on is not known.
  expect(said('DisabledException', `${SOURCE} is disabled.`, 'alias/to')).toBeNull();
  expect(
    said(
      'AccessDeniedException',
      `User: arn:aws:iam::111122223333:user/a is not authorized to perform: kms:ReEncryptTo on resource: ${SOURCE}`,
    ),
  ).toBeNull();
  expect(said('InvalidCiphertextException', SOURCE)).toBeNull();
  // Rewrap's own words are no reply of KMS.
  expect(
    sourceKeyNamed(fault('DisabledException', `The source key ${SOURCE} is disabled.`, '', '')),
  ).toBeNull();
});
