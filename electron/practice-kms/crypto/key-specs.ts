/**
 * Key specs that the practice KMS can create, and what each can do. Source: the KMS API reference (`CreateKey`,
 * `DescribeKey`). Left out are those of {@link OTHER_SPECS}: Node encrypts under no SM2 key, and BoringSSL (Electron) has
 * neither SM2 nor secp256k1.
 */
import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

export const KEY_USAGES = ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC'] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

interface KeySpec {
  readonly usages: readonly KeyUsage[];
  readonly encryption: readonly string[];
  readonly signing: readonly string[];
  readonly mac: readonly string[];
  /** New secret: 32 bytes for AES, PKCS#8 DER for key pairs, the MAC key for HMAC. Never blocks the event loop. */
  readonly generate: () => Promise<Buffer>;
}

const newKeyPair = promisify(generateKeyPair);

/** Key pairs of RSA for tests, PKCS#8 DER by number of bits, given out in turn. Empty in the product: each pair is new. */
const premade = new Map<number, { readonly pairs: readonly Uint8Array[]; next: number }>();

/** Has keys of RSA be these from now on. Making them is most of what many tests would do. */
export function setPremadeKeys(modulusLength: number, pairs: readonly Uint8Array[]): void {
  premade.set(modulusLength, { pairs, next: 0 });
}

function rsa(modulusLength: number): KeySpec {
  return {
    usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    encryption: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    signing: ['RSASSA_PKCS1_V1_5', 'RSASSA_PSS'].flatMap((scheme) =>
      [256, 384, 512].map((bits) => `${scheme}_SHA_${bits}`),
    ),
    mac: [],
    generate: async () => {
      const made = premade.get(modulusLength);
      if (made !== undefined) return Buffer.from(made.pairs[made.next++ % made.pairs.length] ?? []);
      const pair = await newKeyPair('rsa', { modulusLength, publicExponent: 65537 });
      return pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    },
  };
}

function ecc(namedCurve: string, algorithm: string): KeySpec {
  return {
    usages: ['SIGN_VERIFY'],
    encryption: [],
    signing: [algorithm],
    mac: [],
    generate: async () => {
      const pair = await newKeyPair('ec', { namedCurve });
      return pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    },
  };
}

function hmac(bits: number): KeySpec {
  return {
    usages: ['GENERATE_VERIFY_MAC'],
    encryption: [],
    signing: [],
    mac: [`HMAC_SHA_${bits}`],
    generate: async () => randomBytes(bits / 8),
  };
}

/** Key specs of AWS KMS that the practice KMS cannot make: refused by name, SM2 as outside the China Regions. */
export const OTHER_SPECS = [
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
  'SM2',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
] as const;

export const KEY_SPECS: ReadonlyMap<string, KeySpec> = new Map<string, KeySpec>([
  [
    'SYMMETRIC_DEFAULT',
    {
      usages: ['ENCRYPT_DECRYPT'],
      encryption: ['SYMMETRIC_DEFAULT'],
      signing: [],
      mac: [],
      generate: async () => randomBytes(32),
    },
  ],
  ['RSA_2048', rsa(2048)],
  ['RSA_3072', rsa(3072)],
  ['RSA_4096', rsa(4096)],
  ['ECC_NIST_P256', ecc('P-256', 'ECDSA_SHA_256')],
  ['ECC_NIST_P384', ecc('P-384', 'ECDSA_SHA_384')],
  ['ECC_NIST_P521', ecc('P-521', 'ECDSA_SHA_512')],
  ['HMAC_224', hmac(224)],
  ['HMAC_256', hmac(256)],
  ['HMAC_384', hmac(384)],
  ['HMAC_512', hmac(512)],
]);

/** What a key of this spec and usage offers, in the member names of `KeyMetadata` and `GetPublicKey`. */
export function algorithmsOf(
  keySpec: string,
  keyUsage: KeyUsage,
): {
  EncryptionAlgorithms?: readonly string[];
  SigningAlgorithms?: readonly string[];
  MacAlgorithms?: readonly string[];
} {
  const spec = KEY_SPECS.get(keySpec);
  if (!spec) return {};
  if (keyUsage === 'ENCRYPT_DECRYPT') return { EncryptionAlgorithms: spec.encryption };
  if (keyUsage === 'SIGN_VERIFY') return { SigningAlgorithms: spec.signing };
  return { MacAlgorithms: spec.mac };
}
