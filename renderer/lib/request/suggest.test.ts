import { expect, test } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import { makeRows } from '../table/rows.test-help.ts';
import { contextProblem, pair } from './context.ts';
import { suggestions } from './suggest.ts';

const [plain] = makeRows(1);
if (plain === undefined) throw new Error('no row');
const row = (over: Partial<BlobRow>, encryptionContext: Record<string, string> | null = null): BlobRow => ({
  ...plain,
  file: 'a.json',
  place: '',
  container: 'json',
  declared: { ...plain.declared, encryptionContext },
  ...over,
});
const here = { region: 'eu-central-1', account: '111122223333' };

test('what fits the container comes first, filled in as far as it is known', () => {
  const [first] = suggestions([row({ container: 'ssm-parameter' })], here);
  expect(first).toMatchObject({
    label: 'PARAMETER_ARN',
    fits: true,
    pairs: [
      {
        key: 'PARAMETER_ARN',
        value: 'arn:aws:ssm:eu-central-1:111122223333:parameter/',
        awaits: expect.any(String),
      },
    ],
  });
  expect(suggestions([row({ place: 'Environment.Variables.DB' })], here)[0]?.label).toBe(
    'LambdaFunctionName',
  );
});

test('without a sign nothing is said to fit, and all are still there', () => {
  const list = suggestions([row({})], here);
  expect(list.every(({ fits }) => !fits)).toBe(true);
  expect(list.map(({ label }) => label)).toEqual(
    expect.arrayContaining(['aws:s3:arn', 'SecretARN, SecretVersionId']),
  );
});

test('declared contexts come before all others, the most frequent first', () => {
  const list = suggestions(
    [row({}, { a: '1' }), row({}, { b: '2', c: '3' }), row({}, { c: '3', b: '2' }), row({}, {})],
    here,
  );
  expect(list.slice(0, 2).map(({ label, detail }) => [label, detail])).toEqual([
    ['b, c', 'As declared for 2 blobs'],
    ['a', 'As a.json declares'],
  ]);
});

test('the partition is that of the Region', () => {
  const value = (region: string, label: string) =>
    suggestions([], { ...here, region }).find((each) => each.label === label)?.pairs[0]?.value;
  expect(value('cn-north-1', 'PARAMETER_ARN')).toMatch(/^arn:aws-cn:ssm:cn-north-1:/);
  expect(value('us-gov-west-1', 'aws:s3:arn')).toBe('arn:aws-us-gov:s3:::');
});

test('a suggestion that was not completed is no context yet', () => {
  const begun = pair('PARAMETER_ARN', 'arn:aws:ssm:eu-central-1:111122223333:parameter/', 'the name');
  expect(contextProblem([begun]).errors.get(begun.id)).toBe('Add the name.');
  expect(contextProblem([begun]).context).toBeNull();
  expect(contextProblem([{ ...begun, value: `${begun.value}db` }]).context).not.toBeNull();
});
