import type { KeyTimeline } from '#shared/model/key-group.ts';

export type Generation = KeyTimeline['generations'][number];

interface Span {
  /** Percent of the line from its start. */
  readonly from: number;
  readonly to: number;
}

interface Scale {
  /** False: dates are missing or all one; generations then stand in order, at equal steps. */
  readonly toScale: boolean;
  /** One for each generation, in their order. */
  readonly spans: readonly Span[];
}

const time = (iso: string | null): number => (iso === null ? Number.NaN : Date.parse(iso));

/** Where each generation lies on a line from the earliest date to the latest. */
export function scaleOf(generations: readonly Generation[]): Scale {
  const dates = generations.map((each) => ({
    first: time(each.firstDate ?? each.lastDate),
    last: time(each.lastDate ?? each.firstDate),
  }));
  // NaN, where a date is missing, stays NaN.
  const start = dates.reduce((least, { first }) => Math.min(least, first), Number.POSITIVE_INFINITY);
  const length = dates.reduce((most, { last }) => Math.max(most, last), Number.NEGATIVE_INFINITY) - start;
  if (!(length > 0)) {
    const step = 100 / Math.max(generations.length, 1);
    return { toScale: false, spans: generations.map((_, i) => ({ from: i * step, to: (i + 1) * step })) };
  }
  const percent = (at: number): number => ((at - start) / length) * 100;
  return {
    toScale: true,
    spans: dates.map(({ first, last }) => ({ from: percent(first), to: percent(last) })),
  };
}

export type Currency = 'said-by-kms' | 'by-dates' | 'older' | 'unknown';

/** Whether a generation is the current one, and who says so. */
export function currencyOf({ current, currentBy }: Generation): Currency {
  if (current === null) return 'unknown';
  if (!current) return 'older';
  return currentBy === 'kms' ? 'said-by-kms' : 'by-dates';
}
