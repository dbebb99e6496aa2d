import type { RunSummary } from '#shared/model/run.ts';

/** One line of `--progress jsonl`, on standard error among the messages, which begin with "rewrap:". */
export type ProgressLine =
  | ({
      readonly type: 'progress';
      readonly at: string;
      /** Number of the shard; absent: a whole plan. */
      readonly shard?: number;
      readonly run: string;
    } & Pick<RunSummary, 'status' | 'counts' | 'files' | 'bytes' | 'rate' | 'slowedTo' | 'secondsLeft'>)
  | { readonly type: 'end'; readonly at: string; readonly shard?: number; readonly exitCode: number };

/** Most lines of progress, one every so many milliseconds. */
const EVERY_MS = 500;

/** Progress for programs: a JSON object a line. The last state of a run is always among them. */
export function progressLines(stream: Pick<NodeJS.WriteStream, 'write'>, shard?: number) {
  const of = shard === undefined ? {} : { shard };
  let last = Number.NEGATIVE_INFINITY;
  const write = (line: ProgressLine): void => {
    stream.write(`${JSON.stringify(line)}\n`);
  };
  const now = (): string => new Date().toISOString();
  return {
    show(run: RunSummary): void {
      if (run.finishedAt === null && performance.now() - last < EVERY_MS) return;
      last = performance.now();
      const { id, status, counts, files, bytes, rate, slowedTo = null, secondsLeft } = run;
      write({
        type: 'progress',
        at: now(),
        ...of,
        run: id,
        status,
        counts,
        files,
        bytes,
        rate,
        slowedTo,
        secondsLeft,
      });
    },
    clear(): void {},
    end: (exitCode: number): void => write({ type: 'end', at: now(), ...of, exitCode }),
  };
}
