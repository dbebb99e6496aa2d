import type { RunMethod } from '#shared/model/run.ts';
import type { EncryptionAlgorithm } from './facts.ts';
import { isAwsEndpoint } from './facts.ts';
import { isCommercial, PRICES, priceOf, QUOTAS, type Quota, quotaOf } from './published.ts';

/** One side of the requests. `spec` null: not known (`DescribeKey` was not permitted, or KMS finds the key). */
interface EstimateSide {
  readonly algorithm: EncryptionAlgorithm;
  readonly spec: string | null;
}

export interface EstimateInput {
  readonly blobs: number;
  /** `decrypt-encrypt`: two requests for each blob, each counted on its own side. */
  readonly method: RunMethod;
  /** A dry run for each new blob before its file is written. */
  readonly verify: boolean;
  readonly source: EstimateSide;
  readonly destination: EstimateSide;
  readonly practice: boolean;
  readonly region: string | null;
  /** Region of the destination key, where it is another; null: the same. */
  readonly destinationRegion: string | null;
  /** Custom endpoint; null: that of the Region. */
  readonly endpoint: string | null;
  /** Requests a second; null: no rate was chosen. */
  readonly perSecond: number | null;
}

export interface Estimate {
  readonly requests: {
    /** `ReEncrypt` that makes new blobs; on the way "decrypt here, encrypt there" a Decrypt and an Encrypt for each. */
    readonly reencrypt: number;
    /** Dry runs that verify them. */
    readonly verify: number;
    readonly total: number;
    /** A preflight beforehand: as many again, billed like all others. */
    readonly preflight: number;
  };
  /** At the chosen rate; null without one. Waiting for KMS, disk and retries comes on top. */
  readonly seconds: number | null;
  /** US dollars, without the preflight and before free requests; or why it cannot be said. */
  readonly cost: { readonly low: number; readonly high: number } | { readonly why: string };
  /** Quotas of the account in this Region that the requests count against; or why it cannot be said. */
  readonly quotas: readonly QuotaShare[] | { readonly why: string };
}

export interface QuotaShare extends Quota {
  /** Of the quota that the chosen rate uses, 0 to 1 and above; null without a rate. */
  readonly share: number | null;
}

/**
 * What a run would ask of KMS, how long that takes at a rate, and what it costs: from published numbers alone, so that
 * where nothing is published nothing is said. Neither retries nor what the account uses elsewhere are in it.
 */
export function estimate(input: EstimateInput): Estimate {
  const { blobs, verify, perSecond } = input;
  const checks = verify ? blobs : 0;
  const work = input.method === 'reencrypt' ? blobs : 2 * blobs;
  const total = work + checks;
  return {
    requests: { reencrypt: work, verify: checks, total, preflight: work },
    seconds: perSecond === null || perSecond <= 0 ? null : total / perSecond,
    cost: costOf(input, checks),
    quotas: quotasOf(input, checks),
  };
}

/** Why neither price nor quota of AWS applies; null when they do. */
function notAws({ practice, region, endpoint }: EstimateInput): string | null {
  if (practice) return 'The practice KMS runs on this machine: it costs nothing and has no quota.';
  if (endpoint !== null && !isAwsEndpoint(endpoint))
    return 'This connection has an endpoint of its own: whether AWS answers there is not known.';
  if (region === null) return 'The Region is not known.';
  if (!isCommercial(region))
    return `For ${region} nothing is known here: see the price list and quotas of its partition.`;
  return null;
}

/**
 * Whether a request on two kinds of key is billed at the lower or the higher price is not published: both are given.
 */
function costOf(input: EstimateInput, checks: number): Estimate['cost'] {
  const why = notAws(input);
  if (why !== null) return { why };
  const from = priceOf(input.source.algorithm, input.source.spec);
  const to = priceOf(input.destination.algorithm, input.destination.spec);
  if (from === null || to === null) return { why: 'For SM2 keys no price is known here.' };
  // A request on one key alone: nothing is unclear.
  if (input.method !== 'reencrypt')
    return {
      low: input.blobs * from.low + (input.blobs + checks) * to.low,
      high: input.blobs * from.high + (input.blobs + checks) * to.high,
    };
  return {
    low: input.blobs * Math.min(from.low, to.low) + checks * to.low,
    high: input.blobs * Math.max(from.high, to.high) + checks * to.high,
  };
}

function quotasOf(input: EstimateInput, checks: number): Estimate['quotas'] {
  const why = notAws(input);
  if (why !== null) return { why };
  const { blobs, perSecond, method } = input;
  const region = input.region ?? '';
  const there = input.destinationRegion ?? region;
  const twoSteps = method !== 'reencrypt';
  if (!isCommercial(there))
    return { why: `For ${there} nothing is known here: see the quotas of its partition.` };
  // ReEncrypt counts on the quotas of both its keys; Decrypt and Encrypt each on that of their own.
  const opened = twoSteps ? blobs / (2 * blobs + checks) : 1;
  const sides = [
    { algorithm: input.source.algorithm, region, part: opened },
    { algorithm: input.destination.algorithm, region: there, part: twoSteps ? 1 - opened : 1 },
  ];
  const quotas = new Map<string, QuotaShare>();
  for (const side of sides) {
    const quota = quotaOf(side.region, side.algorithm);
    if (quota === null) return { why: 'For SM2 keys no quota is known here.' };
    const name = there === region ? quota.name : `${quota.name}, ${side.region}`;
    const share = perSecond === null ? null : (perSecond * side.part) / quota.perSecond;
    const other = quotas.get(name)?.share ?? null;
    const sum = twoSteps && share !== null && other !== null ? share + other : share;
    quotas.set(name, { ...quota, name, share: sum });
  }
  return [...quotas.values()];
}

/** US dollars for people: never "$0.00" for what costs something. */
export function dollars(cost: { readonly low: number; readonly high: number }): string {
  const one = (amount: number): string => {
    if (amount === 0) return '$0';
    return amount < 0.01 ? 'less than $0.01' : `$${amount.toFixed(2)}`;
  };
  const [low, high] = [one(cost.low), one(cost.high)];
  return low === high ? low : `${low} to ${high}`;
}

const address = (url: string): string => url.replace(/^https:\/\//, '').replace(/\/$/, '');

/** Where the price comes from, in one sentence. */
export const PRICE_SOURCE = `${address(PRICES.source)} for ${PRICES.of}, read ${PRICES.read}. Other Regions may differ; ${PRICES.free.toLocaleString('en-US')} requests a month are free.`;

/** Where the quota comes from, in one sentence. */
export const QUOTA_SOURCE = `AWS default (${address(QUOTAS.source)}), read ${QUOTAS.read}. Yours may differ, and everything in the account shares it.`;
