import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { crashFile } from './crash-file.ts';

/**
 * Coverage-guided fuzzing of everything that reads bytes from outside: `npm run fuzz -- --runs 1000000`.
 * The work is done in a thread, so that an input that never ends, or eats all memory, is caught and kept.
 */
export interface FuzzOptions {
  readonly runs: number;
  readonly seconds: number;
  readonly seed: number;
  /** One of `identify`, `decode`, `scan`, `archives`, `log`; null: all. */
  readonly target: string | null;
}

export type FromFuzzer =
  | { type: 'crash'; target: string; error: string; bytes: Uint8Array }
  | {
      type: 'progress' | 'done';
      executions: number;
      seconds: number;
      corpus: number;
      branches: number;
      covered: string;
      crashes: number;
      slowestMs: number;
      rssMiB: number;
    };

/** No input takes so long that the thread shows no sign of life for this many milliseconds. */
const HANG_MS = 30_000;
/** Heap of the thread, in MiB: inputs are at most 8 KiB, so that this is "a small multiple" with room for the corpus. */
const HEAP_MIB = 512;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '86400' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    target: { type: 'string' },
  },
});
const options: FuzzOptions = {
  runs: Number(values.runs),
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  target: values.target ?? null,
};

const beat = new SharedArrayBuffer(12);
const current = new SharedArrayBuffer(16_384);
const pulse = new Int32Array(beat);
const worker = new Worker(new URL('./worker.ts', import.meta.url), {
  workerData: { options, beat, current },
  resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  execArgv: ['--disable-warning=ExperimentalWarning'],
});
let failures = 0;

function keep(target: string, bytes: Uint8Array, why: string): void {
  failures++;
  const file = crashFile(target, bytes);
  writeFileSync(file, bytes);
  console.log(`\n${target}: ${why}\n  kept as ${file}`);
}

console.log(`Fuzzing with seed ${options.seed}.`);
worker.on('message', (message: FromFuzzer) => {
  if (message.type === 'crash') return keep(message.target, message.bytes, message.error);
  const { executions, seconds, corpus, branches, covered, crashes, slowestMs, rssMiB } = message;
  console.log(
    `${message.type}: ${executions} executions in ${seconds.toFixed(0)} s (${(executions / seconds).toFixed(0)}/s), ` +
      `corpus ${corpus}, branches ${covered} of ${branches}, crashes ${crashes}, slowest ${slowestMs.toFixed(0)} ms, ` +
      `${rssMiB.toFixed(0)} MiB`,
  );
});
worker.on('error', (error) => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (Atomics.load(pulse, 0) > 0) return keep('thread', lastInput(), text);
  failures++;
  console.log(`The fuzzer could not begin: ${text}`);
});

let last = 0;
let since = Date.now();
const watch = setInterval(() => {
  const now = Atomics.load(pulse, 0);
  if (now !== last) {
    last = now;
    since = Date.now();
  } else if (now > 0 && Date.now() - since > HANG_MS) {
    keep('hang', lastInput(), `no sign of life for ${HANG_MS / 1000} s`);
    void worker.terminate();
  }
}, 1000);

worker.on('exit', () => {
  clearInterval(watch);
  process.exitCode = failures === 0 ? 0 : 1;
});

function lastInput(): Uint8Array {
  return new Uint8Array(current).slice(0, Atomics.load(pulse, 1));
}
