import { type EncryptionAlgorithm, isRsaKeySpec, takesEncryptionContext } from './facts.ts';

/**
 * What AWS publishes of prices and request quotas of KMS. Both change: each has its source and the month in which it was
 * read, and what is shown says so.
 */

/** KMS price list, "Key usage". US dollars for one request, outside the free tier. */
export const PRICES = {
  source: 'https://aws.amazon.com/kms/pricing/',
  read: 'June 2026',
  /** The price list has one price for each Region; this is that of US East (N. Virginia). */
  of: 'US East (N. Virginia)',
  /** "per 10,000 requests", and the same "involving RSA 2048 keys". */
  symmetric: 0.03 / 10_000,
  rsa2048: 0.03 / 10_000,
  /** "per 10,000 asymmetric requests except RSA 2048". */
  otherAsymmetric: 0.15 / 10_000,
  /** Requests a month that cost nothing, over all Regions. */
  free: 20_000,
} as const;

/** KMS developer guide, "Request quotas": requests a second for an account in a Region, shared by all its callers. */
export const QUOTAS = {
  source: 'https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html',
  read: 'November 2026',
} as const;

const SYMMETRIC: Readonly<Record<string, number>> = {
  'us-east-1': 100_000,
  'us-west-2': 100_000,
  'eu-west-1': 100_000,
  'us-east-2': 20_000,
  'ap-southeast-1': 20_000,
  'ap-southeast-2': 20_000,
  'ap-northeast-1': 20_000,
  'eu-central-1': 20_000,
  'eu-west-2': 20_000,
};

/** Regions of the commercial partition. Others (China, GovCloud, sovereign, isolated) have price lists of their own. */
const COMMERCIAL =
  /^(?:us|ca|mx|sa|eu|il|me|af|ap)-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d+$/;

/** True for a Region with the default quotas and prices of the commercial partition. */
export const isCommercial = (region: string): boolean => COMMERCIAL.test(region);

export interface Quota {
  /** The name in Service Quotas. */
  readonly name: string;
  /** Default requests a second; an account may have another. */
  readonly perSecond: number;
}

/** The default quota that a request on a key of this algorithm counts against; null where none is published. */
export function quotaOf(region: string, algorithm: EncryptionAlgorithm): Quota | null {
  if (algorithm === 'SM2PKE') return null;
  if (!isCommercial(region)) return null;
  return takesEncryptionContext(algorithm)
    ? { name: 'Cryptographic operations (symmetric)', perSecond: SYMMETRIC[region] ?? 10_000 }
    : { name: 'Cryptographic operations (RSA)', perSecond: 1_000 };
}

/** Lowest and highest price of a request on one key, in US dollars; null where none is published. */
export function priceOf(
  algorithm: EncryptionAlgorithm,
  spec: string | null,
): { readonly low: number; readonly high: number } | null {
  if (takesEncryptionContext(algorithm)) return { low: PRICES.symmetric, high: PRICES.symmetric };
  if (algorithm === 'SM2PKE') return null;
  if (spec === null || !isRsaKeySpec(spec)) return { low: PRICES.rsa2048, high: PRICES.otherAsymmetric };
  const price = spec === 'RSA_2048' ? PRICES.rsa2048 : PRICES.otherAsymmetric;
  return { low: price, high: price };
}
