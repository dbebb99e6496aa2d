import { describe, expect, it } from 'vitest';
import { plannedDeletions } from './terraform-plan.ts';

const change = (type: string, actions: string[], before: object | null = null) => ({
  address: `${type}.app`,
  mode: 'managed',
  type,
  name: 'app',
  change: { actions, before, after: null, after_unknown: {} },
});
const plan = (more: object): string => JSON.stringify({ format_version: '1.2', planned_values: {}, ...more });
const ARN = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111';

describe('keys that a Terraform plan would delete', () => {
  it.each([
    ['a key', [change('aws_kms_key', ['delete'], { arn: ARN })], [ARN], []],
    ['a key that is replaced', [change('aws_kms_key', ['create', 'delete'], { arn: ARN })], [ARN], []],
    ['a replica', [change('aws_kms_replica_key', ['delete'], { arn: ARN })], [ARN], []],
    [
      'an external key without an ARN',
      [change('aws_kms_external_key', ['delete'], { key_id: 'k' })],
      ['k'],
      [],
    ],
    ['a key of which nothing is known', [change('aws_kms_key', ['delete'])], [], ['aws_kms_key.app']],
    ['a key that is forgotten, not deleted', [change('aws_kms_key', ['forget'], { arn: ARN })], [], []],
    ['a key that changes', [change('aws_kms_key', ['update'], { arn: ARN })], [], []],
    ['an alias', [change('aws_kms_alias', ['delete'], { arn: ARN })], [], []],
  ])('%s', (_, resource_changes, keys, nameless) => {
    expect(plannedDeletions(plan({ resource_changes }))).toEqual({ keys, nameless });
  });

  it('counts what is put off, and does not trust a plan that ended with an error', () => {
    const deferred = [{ reason: 'x', resource_change: change('aws_kms_key', ['delete'], { arn: ARN }) }];
    expect(plannedDeletions(plan({ deferred_changes: deferred })).keys).toEqual([ARN]);
    expect(plannedDeletions(plan({ errored: true })).nameless).toHaveLength(1);
  });

  it.each([
    ['not JSON', 'Terraform will perform'],
    ['another form', '[]'],
    ['no plan', 'state', JSON.stringify({ format_version: '1.0', values: {} })],
  ])('refuses what is no plan: %s', (...row) => {
    expect(() => plannedDeletions(row.at(-1) ?? '')).toThrow('no Terraform plan');
  });
});
