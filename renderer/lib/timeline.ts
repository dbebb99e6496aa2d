import type { Cluster, KeyTimeline } from '#shared/model/cluster.ts';
import type { KeyInfo } from '#shared/model/key.ts';

export type Generation = KeyTimeline['generations'][number];

export interface Span {
  /** Percent of the line from its start. */
  readonly from: number;
  readonly to: number;
}

export interface Scale {
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
  const start = Math.min(...dates.map(({ first }) => first));
  const length = Math.max(...dates.map(({ last }) => last)) - start;
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

/**
 * Whether a generation is the current one, and who says so. KMS speaks where it named the material of this cluster
 * and the key's current material; otherwise the newest date in files decides.
 */
export function currencyOf(
  generation: Generation,
  cluster: Cluster | undefined,
  keys: readonly KeyInfo[] | null,
): Currency {
  if (generation.current === null) return 'unknown';
  if (!generation.current) return 'older';
  const said = cluster?.keys.find(({ by, keyMaterialId }) => by === 'kms' && keyMaterialId !== null);
  const key = said === undefined ? undefined : keys?.find(({ arn }) => arn === said.keyArn);
  return key !== undefined && key.currentKeyMaterialId === said?.keyMaterialId ? 'said-by-kms' : 'by-dates';
}
