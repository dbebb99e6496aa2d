import { z } from 'zod';
import { count } from '#shared/format.ts';
import { RunSummary } from '#shared/model/run.ts';
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
export const ProgressLine = z.discriminatedUnion('type', [
  RunSummary.pick({
    status: true,
    counts: true,
    files: true,
    bytes: true,
    rate: true,
    slowedTo: true,
    secondsLeft: true,
  }).extend({
    type: z.literal('progress'),
    at: z.iso.datetime(),
    /** Number of the shard; absent: a whole plan. */
    shard: z.int().optional(),
    run: z.string(),
  }),
  z.object({
    type: z.literal('end'),
    at: z.iso.datetime(),
    shard: z.int().optional(),
    exitCode: z.int(),
  }),
]);
export type ProgressLine = Readonly<z.infer<typeof ProgressLine>>;

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
