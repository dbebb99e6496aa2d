import { parentPort, workerData } from 'node:worker_threads';
import { branchCount, coverage, instrumentModules, literals } from './instrument.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FromFuzzer, FuzzOptions } from './run.ts';
import type { Target } from './targets.ts';

/** Longest that one input may compute, in milliseconds, the best of three tries counting: code is compiled meanwhile. */
const TIME_LIMIT_MS = 250;
const REPORT_EVERY_MS = 5000;

const { options, beat, current } = workerData as {
  options: FuzzOptions;
  beat: SharedArrayBuffer;
  current: SharedArrayBuffer;
};
const post = (message: FromFuzzer): void => parentPort?.postMessage(message);
const pulse = new Int32Array(beat);
const shown = new Uint8Array(current);

instrumentModules(
  (path) => /[\\/]electron[\\/]core[\\/](?:inspect|intake)[\\/]/.test(path) && !path.includes('.test'),
);
const { TARGETS } = await import('./targets.ts');
const { seeds } = await import('./corpus.ts');
if (branchCount() === 0) throw new Error('No module was instrumented: the fuzzer would be blind.');

interface Entry {
  readonly bytes: Uint8Array;
  readonly target: number;
}

const random = new Random(options.seed);
const words = [...literals].map((word) => new Uint8Array(Buffer.from(word, 'latin1')));
const targets = TARGETS.filter(({ name }) => options.target === null || name === options.target);
/** For each target and branch, the buckets of hit counts seen: one bit each. */
const seen = targets.map(() => new Uint8Array(coverage.length));
const corpus: Entry[] = [];
const crashes = new Set<string>();
let executions = 0;
let slowest = 0;

/** One bit for each of 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more hits. */
const BUCKET = Uint8Array.from({ length: 256 }, (_, n) =>
  n === 0 ? 0 : n <= 3 ? 1 << (n - 1) : n < 8 ? 8 : n < 16 ? 16 : n < 32 ? 32 : n < 128 ? 64 : 128,
);

async function execute(bytes: Uint8Array, target: number): Promise<boolean> {
  const one = targets[target];
  if (one === undefined) return false;
  executions++;
  coverage.fill(0, 0, branchCount());
  // Only what is needed to tell the watcher which input hangs.
  Atomics.store(pulse, 0, executions);
  Atomics.store(pulse, 1, bytes.length);
  Atomics.store(pulse, 2, target);
  shown.set(bytes.subarray(0, shown.length));
  const before = cpuMs();
  try {
    const ends = one.run(bytes);
    if (ends instanceof Promise) await ends;
  } catch (error) {
    crash(one.name, bytes, error);
  }
  const took = cpuMs() - before;
  if (took > slowest) slowest = took;
  if (took > TIME_LIMIT_MS) await confirmSlow(one, bytes);
  return isNew(target);
}

function isNew(target: number): boolean {
  const buckets = seen[target];
  if (buckets === undefined) return false;
  let fresh = false;
  const count = branchCount();
  for (let i = 0; i < count; i++) {
    const bit = BUCKET[coverage[i] ?? 0] ?? 0;
    if (bit !== 0 && ((buckets[i] ?? 0) & bit) === 0) {
      buckets[i] = (buckets[i] ?? 0) | bit;
      fresh = true;
    }
  }
  return fresh;
}

/** What this thread has computed, in milliseconds: other programs on the machine do not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function confirmSlow(target: Target, bytes: Uint8Array): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = cpuMs();
    try {
      await target.run(bytes);
    } catch {
      // Reported already.
    }
    best = Math.min(best, cpuMs() - before);
  }
  if (best > TIME_LIMIT_MS)
    crash(target.name, bytes, new Error(`slow: ${best.toFixed(0)} ms for ${bytes.length} bytes`));
}

/** One crash for each place it comes from. */
function crash(target: string, bytes: Uint8Array, error: unknown): void {
  const text =
    error instanceof Error
      ? `${error.message}\n${error.stack?.split('\n').slice(1, 6).join('\n') ?? ''}`
      : String(error);
  const frames = text
    .split('\n')
    .filter((line) => line.includes('    at '))
    .slice(0, 3);
  const key =
    frames.length === 0 || text.startsWith('broken') ? `${target} ${text}` : `${target} ${frames.join()}`;
  if (crashes.has(key)) return;
  crashes.add(key);
  post({ type: 'crash', target, error: text, bytes: bytes.slice() });
}

function take(entry: Entry): void {
  corpus.push(entry);
}

for (const bytes of await seeds())
  for (let target = 0; target < targets.length; target++) {
    await execute(bytes, target);
    take({ bytes, target });
  }
const started = performance.now();
let reported = started;
for (;;) {
  for (let i = 0; i < 256; i++) {
    // Newer inputs reached newer code: half of the time one of the last tenth is taken.
    const recent = random.below(2) === 0 ? Math.max(0, corpus.length - Math.ceil(corpus.length / 10)) : 0;
    const entry = corpus[recent + random.below(corpus.length - recent)];
    const other = corpus[random.below(corpus.length)];
    if (entry === undefined || other === undefined) continue;
    const bytes = mutate(entry.bytes, other.bytes, words, random);
    if (await execute(bytes, entry.target)) take({ bytes, target: entry.target });
  }
  const now = performance.now();
  const done = executions >= options.runs || now - started > options.seconds * 1000;
  if (done || now - reported > REPORT_EVERY_MS) {
    reported = now;
    const covered = seen.map((buckets) => buckets.reduce((sum, bits) => sum + (bits > 0 ? 1 : 0), 0));
    post({
      type: done ? 'done' : 'progress',
      executions,
      seconds: (now - started) / 1000,
      corpus: corpus.length,
      branches: branchCount(),
      covered: targets.map(({ name }, i) => `${name} ${covered[i]}`).join(', '),
      crashes: crashes.size,
      slowestMs: slowest,
      rssMiB: process.memoryUsage.rss() / 1024 / 1024,
    });
    if (done) break;
  }
}
