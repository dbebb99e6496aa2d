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
