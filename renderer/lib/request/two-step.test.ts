import { expect, test } from 'vitest';
import type { ConnectionState } from '#shared/model/connection.ts';
import { fault } from '#shared/model/fault.ts';
import type { RunItem } from '#shared/model/run.ts';
import { placesOf, whyTwoSteps } from './two-step.ts';

const state = (region: string, arn: string): ConnectionState =>
  ({
    choice: { kind: 'practice' },
    status: 'ready',
    region,
    endpoint: null,
    endpointInfo: null,
    identity: { account: '111122223333', arn, userId: 'U' },
    fault: null,
  }) satisfies ConnectionState;
const here = state('us-east-1', 'arn:aws:iam::111122223333:user/me');
const key = (region: string) => `arn:aws:kms:${region}:111122223333:key/mrk-1`;
const denied = (message: string) =>
  ({ fault: fault('AccessDeniedException', message, '', '') }) as Partial<RunItem> as RunItem;

test('nothing is offered where ReEncrypt can do it', () => {
  const sides = { connection: here, destination: null, destinationKeyArn: key('us-east-1') };
  expect(whyTwoSteps(sides, [])).toBeNull();
  expect(whyTwoSteps({ ...sides, destinationKeyArn: null }, [])).toBeNull();
  expect(whyTwoSteps({ ...sides, destination: here }, [])).toBeNull();
});

test('a key in another Region, by its ARN or by the second connection', () => {
  const sides = { connection: here, destination: null, destinationKeyArn: key('eu-west-1') };
  expect(whyTwoSteps(sides, [])).toMatch(/eu-west-1.*us-east-1.*does not cross Regions/);
  expect(placesOf(sides)).toEqual({ from: 'us-east-1', to: 'eu-west-1' });
  const far = state('eu-west-1', 'arn:aws:iam::111122223333:user/me');
  expect(whyTwoSteps({ ...sides, destination: far }, [])).toMatch(/does not cross Regions/);
});

test('another principal on the second connection', () => {
  const other = state('us-east-1', 'arn:aws:iam::444455556666:user/partner');
  const sides = { connection: here, destination: other, destinationKeyArn: key('us-east-1') };
  expect(whyTwoSteps(sides, [])).toMatch(/user\/partner.*user\/me.*one principal/);
});

test('a right that the preflight missed, and no other fault', () => {
  const sides = { connection: here, destination: null, destinationKeyArn: key('us-east-1') };
  expect(
    whyTwoSteps(sides, [denied('You are not allowed kms:ReEncryptTo on the destination key x.')]),
  ).toMatch(/one principal/);
  expect(whyTwoSteps(sides, [denied('You are not allowed kms:DescribeKey.')])).toBeNull();
});
