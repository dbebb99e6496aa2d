import { count } from '#shared/format.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { type Manner, mannerNow } from './say.ts';

/** One line of progress, redrawn in place; silent where there is no terminal. */
export function progressLine(
  stream: NodeJS.WriteStream,
  { quiet, json }: Pick<Manner, 'quiet' | 'json'> = mannerNow(),
): { show: (run: RunSummary) => void; clear: () => void } {
  if (quiet || json || !stream.isTTY) return { show: () => {}, clear: () => {} };
  return {
    show({ counts, rate, secondsLeft, status }) {
      const done = counts.total - counts.waiting - counts.running;
      const left = secondsLeft === null ? '' : ` · ${Math.ceil(secondsLeft)} s left`;
      const failed = counts.failed > 0 ? ` · ${count(counts.failed)} failed` : '';
      const stopping =
        status === 'cancelling'
          ? ' · stopping after the requests under way'
          : status === 'waiting'
            ? ' · waiting for the network'
            : '';
      stream.clearLine(0);
      stream.cursorTo(0);
      stream.write(
        `${count(done)}/${count(counts.total)}${failed} · ${Math.round(rate)}/s${left}${stopping}`,
      );
    },
    clear() {
      stream.clearLine(0);
      stream.cursorTo(0);
    },
  };
}

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
