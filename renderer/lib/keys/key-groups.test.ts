import { expect, test } from 'vitest';
import { makeRows } from '../table/rows.test-help.ts';
import { candidatesFor, fittingAlgorithms, keyGroupName, verdictWords } from './key-groups.ts';
import { KEYS } from './keys.test-help.ts';

const rows = makeRows(60);
const symmetric = rows.find(({ identification }) => identification.kind === 'kms-symmetric');
const rsa = rows.find(({ identification }) => identification.kind === 'kms-asymmetric-candidate');
const [first] = KEYS;
if (symmetric === undefined || rsa === undefined || first === undefined) throw new Error('no sample');

test('a group is named by alias where the list knows its key, else by the end of the ARN', () => {
  const keyGroup = {
    fingerprint: 'ab'.repeat(32),
    blobs: 1,
    files: 1,
    keyArn: first.arn,
    by: 'kms' as const,
    keys: [],
    verdict: 'one-key' as const,
    reason: null,
    firstDate: null,
    lastDate: null,
  };
  expect(keyGroupName(keyGroup, KEYS)).toBe('alias/payments');
  expect(keyGroupName(keyGroup, null)).toBe(first.keyId);
  const alias = { ...keyGroup, keyArn: 'arn:aws:kms:eu-west-1:111122223333:alias/other' };
  expect(keyGroupName(alias, KEYS)).toBe('alias/other');
  expect(keyGroupName({ ...keyGroup, keyArn: null }, KEYS)).toBeNull();
  expect(keyGroupName(undefined, KEYS)).toBeNull();
});

test('only keys that can have made a blob are asked about', () => {
  const fit = candidatesFor(symmetric, KEYS);
  expect(fit.length).toBeGreaterThan(0);
  for (const key of fit) expect([key.spec, key.unfitAsSource]).toEqual(['SYMMETRIC_DEFAULT', null]);
  const rsa4096 = KEYS.find(({ spec }) => spec === 'RSA_4096');
  if (rsa4096 === undefined) throw new Error('no RSA key');
  expect(fittingAlgorithms(rsa, rsa4096)).toEqual(rsa4096.algorithms);
  expect(fittingAlgorithms({ ...rsa, sizeBytes: 256 }, rsa4096)).toEqual([]);
  expect(fittingAlgorithms(rsa, first)).toEqual([]);
});

test('verdicts that need no word have none', () => {
  expect(verdictWords('contradiction')?.tone).toBe('attention');
  expect(verdictWords('one-key')).toBeNull();
  expect(verdictWords('unknown')).toBeNull();
});
