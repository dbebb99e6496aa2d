import type { Estimate } from './estimate.ts';

/** Above so many blobs it is worth saying what is faster than one process. */
export const LARGE_JOB = 20_000;
/** Requests a second that one process sends, about: measured by the benchmarks of rotation, see docs/scale.md. */
export const PROCESS_PER_SECOND = 1_000;
/** Most shards of one plan: as many as AWS Batch takes in one array job. */
export const MOST_SHARDS = 10_000;
/** A job that keeps one machine busy for longer has outgrown it, seconds. */
const LONG = 3600;
/** How long one shard should take, so that what dies is soon caught up, seconds. */
const SHARD_SECONDS = 300;

/** How long a job takes with how much, in seconds, from measured and published numbers; each is about right at best. */
interface Scale {
  /** Requests a second that nothing exceeds: the chosen rate or the quota; null: neither is known. */
  readonly ceiling: number | null;
  readonly oneProcess: number;
  readonly machine: { readonly processes: number; readonly seconds: number };
  /** At the ceiling, and how many machines like this one that takes; null where none is known. */
  readonly most: { readonly seconds: number; readonly machines: number } | null;
  /** Whether several machines would help, and this one would be busy for over an hour. */
  readonly outgrows: boolean;
  /** A number of shards that take some minutes each. */
  readonly shards: number;
}

/** `cores`: of this machine. `perSecond`: the rate that the run keeps to; null: none. */
export function jobScale({
  requests,
  quotas,
  cores,
  perSecond,
}: Pick<Estimate, 'requests' | 'quotas'> & {
  readonly cores: number;
  readonly perSecond: number | null;
}): Scale {
  const limits = [...(Array.isArray(quotas) ? quotas.map((quota) => quota.perSecond) : []), perSecond];
  const known = limits.filter((limit) => limit !== null);
  const ceiling = known.length === 0 ? null : Math.min(...known);
  const secondsOf = (processes: number): number =>
    requests.total / Math.min(processes * PROCESS_PER_SECOND, ceiling ?? Number.POSITIVE_INFINITY);
  const processes = Math.max(1, cores);
  const here = processes * PROCESS_PER_SECOND;
  const machine = { processes, seconds: secondsOf(processes) };
  const oneProcess = secondsOf(1);
  return {
    ceiling,
    oneProcess,
    machine,
    most:
      ceiling === null
        ? null
        : { seconds: requests.total / ceiling, machines: Math.max(1, Math.ceil(ceiling / here)) },
    outgrows: machine.seconds > LONG && (ceiling === null || ceiling > here),
    shards: Math.min(MOST_SHARDS, Math.max(2, Math.ceil(oneProcess / SHARD_SECONDS))),
  };
}
