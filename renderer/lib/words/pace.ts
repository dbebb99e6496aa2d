import type { RunSummary } from '#shared/model/run.ts';

/** How fast a run went at one moment. */
export interface PaceSample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Blobs a second. */
  readonly rate: number;
  /** Requests a second that throttling allowed; null: KMS did not throttle. */
  readonly slowedTo: number | null;
}

/** Samples of one run; where there are more, every other one goes, and they are taken half as often. */
const MOST = 240;
const FIRST_STEP_MS = 1000;

/** The samples with one of this moment, unless the last one is too young. */
export function withSample(
  pace: ReadonlyMap<string, readonly PaceSample[]>,
  { id, rate, slowedTo }: Pick<RunSummary, 'id' | 'rate' | 'slowedTo'>,
  at: number = Date.now(),
): ReadonlyMap<string, readonly PaceSample[]> {
  const before = pace.get(id) ?? [];
  const last = before.at(-1);
  if (last !== undefined && at - last.at < stepOf(before)) return pace;
  const samples = [...before, { at, rate, slowedTo: slowedTo ?? null }];
  return new Map(pace).set(id, samples.length > MOST ? samples.filter((_, i) => i % 2 === 0) : samples);
}

/** Time between samples: what the first ones are apart, which grows as they are thinned out. */
function stepOf([first, second]: readonly PaceSample[]): number {
  return first === undefined || second === undefined
    ? FIRST_STEP_MS
    : Math.max(FIRST_STEP_MS, second.at - first.at);
}

/** What the picture of a run's rate shows, in words. */
export function paceWords(samples: readonly PaceSample[]): string {
  if (samples.length === 0) return '';
  const rates = samples.map(({ rate }) => rate);
  const slowed = samples.filter(({ slowedTo }) => slowedTo !== null).length;
  const throttled =
    slowed === 0
      ? ''
      : `; KMS throttled during ${Math.max(1, Math.round((slowed / samples.length) * 100))} % of the time`;
  if (Math.max(...rates) === 0) return `No blob done yet${throttled}`;
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return `${digits(Math.min(...rates))} to ${digits(Math.max(...rates))} blobs a second, ${digits(mean)} on average${throttled}`;
}

const digits = (rate: number): string => rate.toFixed(rate < 10 ? 1 : 0);
