import { describe, expect, test } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { shardIndexOf } from './shard-index.ts';

const refused = (work: () => number): string => {
  try {
    return `shard ${work()}`;
  } catch (error) {
    expect(error).toBeInstanceOf(FaultError);
    if (!(error instanceof FaultError)) throw error;
    expect(error.fault.code).toBe('BadUsage');
    return error.fault.message;
  }
};
const fromEnv = (env: NodeJS.ProcessEnv, count = 4, more = {}) =>
  refused(() => shardIndexOf({ indexFromEnv: true, ...more }, count, env));

describe('the index of a shard', () => {
  test.each<[string, NodeJS.ProcessEnv, number]>([
    ['Kubernetes', { JOB_COMPLETION_INDEX: '0' }, 0],
    ['AWS Batch', { AWS_BATCH_JOB_ARRAY_INDEX: '3', AWS_BATCH_JOB_ARRAY_SIZE: '4' }, 3],
    ['AWS Batch that does not say how many', { AWS_BATCH_JOB_ARRAY_INDEX: '2' }, 2],
    ['Slurm from 0', { SLURM_ARRAY_TASK_ID: '2', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '4' }, 2],
    [
      'Slurm from 11',
      { SLURM_ARRAY_TASK_ID: '14', SLURM_ARRAY_TASK_MIN: '11', SLURM_ARRAY_TASK_COUNT: '4' },
      3,
    ],
    ['GNU parallel', { PARALLEL_SEQ: '1' }, 0],
    ['a variable that is empty is not set', { PARALLEL_SEQ: '4', JOB_COMPLETION_INDEX: '' }, 3],
  ])('%s', (_, env, index) => expect(fromEnv(env)).toBe(`shard ${index}`));

  test.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['nothing set', {}, /^None of JOB_COMPLETION_INDEX/],
    [
      'two set',
      { PARALLEL_SEQ: '1', SLURM_ARRAY_TASK_ID: '0' },
      /SLURM_ARRAY_TASK_ID and PARALLEL_SEQ are set/,
    ],
    ['beyond the last', { JOB_COMPLETION_INDEX: '4' }, /from 0 to 3/],
    ['GNU parallel from 0', { PARALLEL_SEQ: '0' }, /from 0 to 3/],
    ['more tasks', { AWS_BATCH_JOB_ARRAY_INDEX: '3', AWS_BATCH_JOB_ARRAY_SIZE: '5' }, /4 shards, .* 5 tasks/],
    [
      'some of the array again: the numbers would count from another start',
      { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_MIN: '3', SLURM_ARRAY_TASK_COUNT: '1' },
      /4 shards, .* 1 tasks/,
    ],
    ['Slurm without its first number', { SLURM_ARRAY_TASK_ID: '3' }, /SLURM_ARRAY_TASK_MIN is not set/],
    ...['x', '-1', '1.5', '1e1', '0x1'].map((value): [string, NodeJS.ProcessEnv, RegExp] => [
      value,
      { JOB_COMPLETION_INDEX: value },
      /JOB_COMPLETION_INDEX is .*, which is no number/,
    ]),
  ])('is refused: %s', (_, env, words) => expect(fromEnv(env)).toMatch(words));

  test('by number, and what the caller believes of how many there are', () => {
    expect(refused(() => shardIndexOf({ index: 2 }, 4, { PARALLEL_SEQ: '1' }))).toBe('shard 2');
    expect(refused(() => shardIndexOf({ index: 4 }, 4, {}))).toMatch(/from 0 to 3/);
    expect(refused(() => shardIndexOf({}, 4, { PARALLEL_SEQ: '1' }))).toMatch(/say which one/);
    expect(refused(() => shardIndexOf({ index: 1, indexFromEnv: true }, 4, {}))).toMatch(/twice/);
    expect(fromEnv({ JOB_COMPLETION_INDEX: '1' }, 4, { shards: 4 })).toBe('shard 1');
    expect(fromEnv({ JOB_COMPLETION_INDEX: '1' }, 4, { shards: 8 })).toMatch(/4 shards, not 8/);
  });
});
