/**
 * Facts of the AWS KMS API that every layer needs: names, sizes, limits.
 * Source unless said otherwise: the KMS API reference (`ReEncrypt`, `Encrypt`, `CreateKey`).
 */

/** Algorithms `ReEncrypt` takes on either side, in the API's own names. */
export const ENCRYPTION_ALGORITHMS = [
  'SYMMETRIC_DEFAULT',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'SM2PKE',
] as const;
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];

/** Largest `CiphertextBlob`, in bytes, that KMS takes or returns (1…6144). */
export const MAX_CIPHERTEXT_BYTES = 6144;
/** Largest plaintext, in bytes, that `Encrypt` takes under a symmetric key. */
const MAX_SYMMETRIC_PLAINTEXT_BYTES = 4096;

/** The 32 bytes of a symmetric blob that identify its key material, and the salt beside them (observed, layouts v1 and v2). */
export const FINGERPRINT_BYTES = 32;
export const SALT_BYTES = 16;

/** RSA key specs: modulus size in bits = ciphertext size × 8. */
export const RSA_KEY_SPECS = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 } as const;
export type RsaKeySpec = keyof typeof RSA_KEY_SPECS;

/** True for the key specs with ciphertext that is one raw RSA block. */
export function isRsaKeySpec(spec: string): spec is RsaKeySpec {
  return Object.hasOwn(RSA_KEY_SPECS, spec);
}

/**
 * Longest plaintext, in bytes, that a key can encrypt with an algorithm; null where the pair does not exist.
 * RSA-OAEP: k − 2·hLen − 2 (RFC 8017 §7.1.1), which is the table in the KMS `Encrypt` reference.
 */
export function plaintextCapacity(keySpec: string, algorithm: EncryptionAlgorithm): number | null {
  if (keySpec === 'SYMMETRIC_DEFAULT')
    return algorithm === 'SYMMETRIC_DEFAULT' ? MAX_SYMMETRIC_PLAINTEXT_BYTES : null;
  if (keySpec === 'SM2') return algorithm === 'SM2PKE' ? 1024 : null;
  if (!isRsaKeySpec(keySpec)) return null;
  const k = RSA_KEY_SPECS[keySpec] / 8;
  if (algorithm === 'RSAES_OAEP_SHA_1') return k - 2 * 20 - 2;
  if (algorithm === 'RSAES_OAEP_SHA_256') return k - 2 * 32 - 2;
  return null;
}

/** Only the symmetric algorithm takes an encryption context (KMS refuses one for RSA and SM2). */
export function takesEncryptionContext(algorithm: EncryptionAlgorithm): boolean {
  return algorithm === 'SYMMETRIC_DEFAULT';
}

/**
 * Equal for two ARNs of one key: replicas of a multi-Region key have one id, which begins with "mrk-", and differ in their
 * Region alone. Any other text stands for itself.
 */
export function keyIdentity(arn: string): string {
  const match = /^arn:([^:]+):kms:[^:]+:(\d{12}):key\/(mrk-.+)$/.exec(arn);
  return match === null ? arn : `${match[1]} ${match[2]} ${match[3]}`;
}

/** The Region inside a KMS key or alias ARN; null when `keyId` is no ARN. */
export function regionOfArn(keyId: string): string | null {
  const match = /^arn:[^:]+:kms:([^:]+):\d{12}:(?:key|alias)\//.exec(keyId);
  return match?.[1] ?? null;
}

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
