import { type EndingSignal, SIGNALS } from './exit-code.ts';

/** What a signal does now; null: it ends the process, which leaves every file wholly old or wholly new. */
let stop: ((signal: EndingSignal) => void) | null = null;

/** From here on signals end a command with the code that its README gives them, wherever it is. */
export function answerSignals(): void {
  for (const signal of Object.keys(SIGNALS) as EndingSignal[]) process.on(signal, () => signalled(signal));
}

/** A signal has come. */
export function signalled(signal: EndingSignal): void {
  if (stop === null) process.exit(SIGNALS[signal]);
  stop(signal);
}

/** Has signals stop something in an orderly way while `work` goes on. */
export async function stoppedBySignals<T>(how: (signal: EndingSignal) => void, work: Promise<T>): Promise<T> {
  stop = how;
  try {
    return await work;
  } finally {
    stop = null;
  }
}
