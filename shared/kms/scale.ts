import type { Estimate } from './estimate.ts';

/** Above so many blobs it is worth saying what is faster than one process. */
export const LARGE_JOB = 20_000;
/** Requests a second that one process sends, about: measured by the benchmarks of rotation, see docs/scale.md. */
export const PROCESS_PER_SECOND = 1_000;
/**
 * Requests a second that one run sends at most, however many processes do its files: the engine lets each leave and keeps the
 * journal, which takes it about a quarter of what one process takes for a request in all (measured; see docs/scale.md).
 */
const ENGINE_PER_SECOND = 4 * PROCESS_PER_SECOND;
/** Part of a machine's cores that is left for the work itself, where the engine lets others do it: measured, too. */
const LEFT_FOR_WORK = 0.8;
/** Processes of one run that are offered at most: the engine keeps up with some four to six. */
const MOST_USEFUL = 8;
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
  /** Seconds of one run by so many processes of this machine, from one to as many as there are cores and is of use. */
  readonly byProcesses: readonly { readonly processes: number; readonly seconds: number }[];
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
  const together = Math.min(ENGINE_PER_SECOND, Math.max(1, LEFT_FOR_WORK * processes) * PROCESS_PER_SECOND);
  return {
    ceiling,
    oneProcess,
    machine,
    byProcesses: Array.from({ length: Math.min(processes, MOST_USEFUL) }, (_, i) => ({
      processes: i + 1,
      seconds: i === 0 ? oneProcess : Math.max(secondsOf(i + 1), requests.total / together),
    })),
    most:
      ceiling === null
        ? null
        : { seconds: requests.total / ceiling, machines: Math.max(1, Math.ceil(ceiling / here)) },
    outgrows: machine.seconds > LONG && (ceiling === null || ceiling > here),
    shards: Math.min(MOST_SHARDS, Math.max(2, Math.ceil(oneProcess / SHARD_SECONDS))),
  };
}
