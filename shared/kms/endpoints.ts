/**
 * Suffixes of the names at which AWS answers for its services, of each partition, dual-stack ones included.
 * Source: the partitions file of the AWS SDKs (`dnsSuffix`, `dualStackDnsSuffix`).
 */
const SUFFIXES = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'api.amazonwebservices.com.cn',
  'api.amazonwebservices.eu',
  'api.aws',
  'api.aws.hci.ic.gov',
  'api.aws.ic.gov',
  'api.aws.scloud',
  'api.cloud-aws.adc-e.uk',
  'c2s.ic.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
  'sc2s.sgov.gov',
];

const REGION = '[a-z]{2,}(?:-[a-z0-9]+)+';
const SUFFIX = SUFFIXES.map((suffix) => suffix.replaceAll('.', '\\.')).join('|');
const ADDRESS = new RegExp(
  `^https://(?:kms(?:-fips)?\\.${REGION}|vpce-[a-z0-9-]+\\.kms(?:-fips)?\\.${REGION}\\.vpce)\\.(?:${SUFFIX})(?::443)?(?:/.*)?$`,
  'i',
);

/**
 * Whether AWS alone can answer for KMS at this address: https, the name of a Region's endpoint (FIPS and dual-stack, too) or
 * of a VPC endpoint, on the usual port. Other names under the same suffixes are customers': buckets, functions, APIs.
 */
export function isAwsEndpoint(address: string): boolean {
  return ADDRESS.test(address);
}
