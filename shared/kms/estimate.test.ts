import { expect, test } from 'vitest';
import { dollars, type EstimateInput, estimate } from './estimate.ts';
import { isCommercial, quotaOf } from './published.ts';

const symmetric = { algorithm: 'SYMMETRIC_DEFAULT', spec: 'SYMMETRIC_DEFAULT' } as const;
const rsa = (spec: string | null) => ({ algorithm: 'RSAES_OAEP_SHA_256', spec }) as const;
const input = (over: Partial<EstimateInput> = {}): EstimateInput => ({
  blobs: 100_000,
  method: 'reencrypt',
  destinationRegion: null,
  verify: true,
  source: symmetric,
  destination: symmetric,
  practice: false,
  region: 'eu-central-1',
  endpoint: null,
  perSecond: 1000,
  ...over,
});

test('requests: one for each blob, one more to verify, one more for a preflight', () => {
  expect(estimate(input()).requests).toEqual({
    reencrypt: 100_000,
    verify: 100_000,
    total: 200_000,
    preflight: 100_000,
  });
  expect(estimate(input({ verify: false })).requests.total).toBe(100_000);
});

test('time is of the chosen rate, and not said without one', () => {
  expect(estimate(input()).seconds).toBe(200);
  expect(estimate(input({ perSecond: null })).seconds).toBeNull();
});

test('200,000 symmetric requests cost $0.60; the share is of the Region', () => {
  const { cost, quotas } = estimate(input());
  expect('low' in cost && dollars(cost)).toBe('$0.60');
  expect(quotas).toEqual([{ name: 'Cryptographic operations (symmetric)', perSecond: 20_000, share: 0.05 }]);
});

test('RSA 2048 costs as symmetric, larger RSA five times; both quotas count', () => {
  const cost = (spec: string | null) => {
    const { cost } = estimate(input({ destination: rsa(spec), verify: false }));
    return 'low' in cost ? dollars(cost) : cost.why;
  };
  expect(cost('RSA_2048')).toBe('$0.30');
  expect(cost('RSA_4096')).toBe('$0.30 to $1.50');
  expect(cost(null)).toBe('$0.30 to $1.50');
  const { quotas } = estimate(input({ destination: rsa('RSA_4096') }));
  expect(Array.isArray(quotas) && quotas.map(({ share }) => share)).toEqual([0.05, 1]);
});

test('the verification alone is on the destination', () => {
  const { cost } = estimate(input({ destination: rsa('RSA_4096') }));
  if (!('low' in cost)) throw new Error(cost.why);
  expect(cost.low).toBeCloseTo(0.3 + 1.5);
  expect(cost.high).toBeCloseTo(1.5 + 1.5);
});

test('where nothing is published nothing is said, with the reason', () => {
  for (const [over, why] of [
    [{ practice: true }, /practice KMS/],
    [{ region: 'cn-north-1' }, /cn-north-1/],
    [{ region: 'us-gov-west-1' }, /us-gov-west-1/],
    [{ region: null }, /Region is not known/],
    [{ endpoint: 'http://localhost:4566' }, /endpoint of its own/],
    [{ endpoint: 'https://amazonaws.com.example.org' }, /endpoint of its own/],
    [{ destination: { algorithm: 'SM2PKE', spec: 'SM2' } as const }, /SM2/],
  ] as const) {
    const { cost, quotas } = estimate(input(over));
    expect(cost).toEqual({ why: expect.stringMatching(why) });
    expect(quotas).toEqual({ why: expect.stringMatching(why) });
  }
});

test('a VPC endpoint is AWS', () => {
  const endpoint = 'https://vpce-0123-abcd.kms.eu-central-1.vpce.amazonaws.com';
  expect(estimate(input({ endpoint })).cost).toEqual(estimate(input()).cost);
});

test('Regions and their quotas', () => {
  expect(quotaOf('us-east-1', 'SYMMETRIC_DEFAULT')?.perSecond).toBe(100_000);
  expect(quotaOf('eu-north-1', 'SYMMETRIC_DEFAULT')?.perSecond).toBe(10_000);
  expect(quotaOf('eu-north-1', 'RSAES_OAEP_SHA_1')?.perSecond).toBe(1_000);
  expect(['us-iso-east-1', 'eusc-de-east-1', 'us-gov-east-1', 'cn-north-1'].map(isCommercial)).toEqual(
    Array(4).fill(false),
  );
});

test('no cost is shown as none', () => {
  expect(dollars({ low: 0.000003, high: 0.000003 })).toBe('less than $0.01');
  expect(dollars({ low: 0, high: 0 })).toBe('$0');
});

test('decrypt here, encrypt there: two requests for each blob, each priced and counted on its own side', () => {
  const there = input({
    method: 'decrypt-encrypt',
    destination: rsa('RSA_4096'),
    destinationRegion: 'sa-east-1',
  });
  const { requests, seconds, cost, quotas } = estimate(there);
  expect(requests).toEqual({ reencrypt: 200_000, verify: 100_000, total: 300_000, preflight: 200_000 });
  expect(seconds).toBe(300);
  // 100,000 Decrypt at $0.03 for 10,000, and 200,000 requests on the RSA key at $0.15.
  expect('low' in cost && dollars(cost)).toBe('$3.30');
  expect(quotas).toEqual([
    {
      name: 'Cryptographic operations (symmetric), eu-central-1',
      perSecond: 20_000,
      share: expect.closeTo(1000 / 3 / 20_000, 9),
    },
    {
      name: 'Cryptographic operations (RSA), sa-east-1',
      perSecond: 1000,
      share: expect.closeTo(2 / 3, 9),
    },
  ]);
});

test('in one Region both steps share one quota', () => {
  const { quotas } = estimate(input({ method: 'decrypt-encrypt' }));
  expect(quotas).toEqual([
    { name: 'Cryptographic operations (symmetric)', perSecond: 20_000, share: expect.closeTo(0.05, 9) },
  ]);
});
