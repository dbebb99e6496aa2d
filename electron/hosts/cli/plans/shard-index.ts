import { FaultError, fault } from '#shared/model/fault.ts';

/** Which shard this process is to do, as the command line says it. */
export interface IndexFlags {
  index?: number;
  indexFromEnv?: true;
  /** How many shards there are, as the caller believes. */
  shards?: number;
}

/** A scheduler that numbers its tasks in the environment. `count`: how many it says there are; absent: it does not say. */
interface Numbering {
  readonly variable: string;
  /** The variable that says its first number. */
  readonly from?: string;
  readonly index: (env: NodeJS.ProcessEnv) => number | null;
  readonly count?: (env: NodeJS.ProcessEnv) => number | null;
}

const whole = (value: string | undefined): number | null =>
  value !== undefined && /^\d{1,9}$/.test(value.trim()) ? Number(value) : null;
const less = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);

/**
 * Sources: Kubernetes, "Indexed Job for Parallel Processing"; AWS Batch, "Array jobs" (`AWS_BATCH_JOB_ARRAY_SIZE` of "Job
 * environment variables"); Slurm, sbatch(1), "--array"; GNU parallel, parallel(1), "PARALLEL_SEQ".
 */
const NUMBERINGS: readonly Numbering[] = [
  { variable: 'JOB_COMPLETION_INDEX', index: (env) => whole(env.JOB_COMPLETION_INDEX) },
  {
    variable: 'AWS_BATCH_JOB_ARRAY_INDEX',
    index: (env) => whole(env.AWS_BATCH_JOB_ARRAY_INDEX),
    count: (env) => whole(env.AWS_BATCH_JOB_ARRAY_SIZE),
  },
  {
    variable: 'SLURM_ARRAY_TASK_ID',
    from: 'SLURM_ARRAY_TASK_MIN',
    index: (env) => less(whole(env.SLURM_ARRAY_TASK_ID), whole(env.SLURM_ARRAY_TASK_MIN)),
    count: (env) => whole(env.SLURM_ARRAY_TASK_COUNT),
  },
  { variable: 'PARALLEL_SEQ', index: (env) => less(whole(env.PARALLEL_SEQ), 1) },
];

/** The number of the shard, from 0. Throws FaultError `BadUsage` where it is not said, said twice, or not one of `count`. */
export function shardIndexOf(flags: IndexFlags, count: number, env: NodeJS.ProcessEnv): number {
  const { index, indexFromEnv, shards } = flags;
  if (shards !== undefined && shards !== count)
    throw bad(`There are ${count} shards, not ${shards}.`, 'Start as many tasks as there are shards.');
  if (index !== undefined && indexFromEnv)
    throw bad('The shard is named twice: by --index and by --index-from-env.', 'Give one of them.');
  if (index !== undefined) return checked(index, count, `--index ${index}`);
  if (!indexFromEnv)
    throw bad('This is a folder of shards: say which one.', 'Add --index K (from 0) or --index-from-env.');
  const set = NUMBERINGS.filter(({ variable }) => (env[variable] ?? '') !== '');
  const [only, other] = set;
  if (only === undefined)
    throw bad(
      `None of ${NUMBERINGS.map(({ variable }) => variable).join(', ')} is set.`,
      'Start it by a scheduler that sets one, or name the shard with --index K.',
    );
  if (other !== undefined)
    throw bad(
      `${set.map(({ variable }) => variable).join(' and ')} are set: which one numbers the shards cannot be known.`,
      'Name the shard with --index K.',
    );
  const said = only.count?.(env) ?? null;
  if (said !== null && said !== count)
    throw bad(
      `There are ${count} shards, and the scheduler has ${said} tasks.`,
      'Start as many tasks as there are shards. To run a few of them again, name each with --index K.',
    );
  const number = only.index(env);
  if (number === null) throw unread(only, env);
  return checked(number, count, `${only.variable} names shard ${number}`);
}

/** Which of its variables says no number. */
function unread({ variable, from }: Numbering, env: NodeJS.ProcessEnv): FaultError {
  const wrong = from !== undefined && whole(env[variable]) !== null ? from : variable;
  const value = env[wrong] ?? '';
  const what =
    value === '' ? `${wrong} is not set` : `${wrong} is ${JSON.stringify(value)}, which is no number`;
  return bad(`${what}: which shard this is cannot be known.`, 'Name the shard with --index K.');
}

function checked(index: number, count: number, what: string): number {
  if (index >= 0 && index < count) return index;
  throw bad(
    `${what}: there are ${count} shards, from 0 to ${count - 1}.`,
    'Start as many tasks as there are shards.',
  );
}

const bad = (message: string, remedy: string): FaultError =>
  new FaultError(fault('BadUsage', message, '', remedy));
