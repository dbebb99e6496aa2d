import type { BlobRow } from '#shared/model/blob.ts';
import type { KeySubject } from '../model.ts';

/** Algorithms that KMS encrypts with. RSA: the ciphertext says the size of the key, and not the hash of its padding. */
export type CycloneDxAlgorithm =
  | 'AES-256-GCM'
  | 'RSAES-OAEP'
  | 'RSAES-OAEP-SHA-1'
  | 'RSAES-OAEP-SHA-256'
  | 'SM2PKE'
  | 'RSA-or-SM2';

/** By the bytes, what the file declares, and the spec of the key where KMS named it; null for no kind of KMS. */
export function algorithmOf(
  { identification, declared }: BlobRow,
  spec: string | null,
): CycloneDxAlgorithm | null {
  if (identification.kind === 'kms-symmetric') return 'AES-256-GCM';
  if (identification.kind === 'kms-like')
    return spec === null || spec === 'SYMMETRIC_DEFAULT' ? 'AES-256-GCM' : 'RSA-or-SM2';
  if (identification.kind !== 'kms-asymmetric-candidate') return null;
  if (declared.algorithm === 'RSAES_OAEP_SHA_1') return 'RSAES-OAEP-SHA-1';
  if (declared.algorithm === 'RSAES_OAEP_SHA_256') return 'RSAES-OAEP-SHA-256';
  if (declared.algorithm === 'SM2PKE' || spec === 'SM2') return 'SM2PKE';
  return spec?.startsWith('RSA_') ? 'RSAES-OAEP' : 'RSA-or-SM2';
}

/** Bits of the key; null where it is not known. */
export function keySizeBits({ sizeBytes }: BlobRow, algorithm: CycloneDxAlgorithm): number | null {
  switch (algorithm) {
    case 'AES-256-GCM':
    case 'SM2PKE':
      return 256;
    case 'RSA-or-SM2':
      return null;
    default:
      return sizeBytes * 8;
  }
}

/** NIST levels: AES-256 is category 5; what factoring and discrete logarithms protect meets none. */
const PROPERTIES: Readonly<Record<CycloneDxAlgorithm, object>> = {
  'AES-256-GCM': {
    primitive: 'ae',
    algorithmFamily: 'AES',
    parameterSetIdentifier: '256',
    mode: 'gcm',
    classicalSecurityLevel: 256,
    nistQuantumSecurityLevel: 5,
  },
  'RSAES-OAEP': {
    primitive: 'pke',
    algorithmFamily: 'RSAES-OAEP',
    padding: 'oaep',
    nistQuantumSecurityLevel: 0,
  },
  'RSAES-OAEP-SHA-1': {
    primitive: 'pke',
    algorithmFamily: 'RSAES-OAEP',
    parameterSetIdentifier: 'SHA-1',
    padding: 'oaep',
    nistQuantumSecurityLevel: 0,
  },
  'RSAES-OAEP-SHA-256': {
    primitive: 'pke',
    algorithmFamily: 'RSAES-OAEP',
    parameterSetIdentifier: 'SHA-256',
    padding: 'oaep',
    nistQuantumSecurityLevel: 0,
  },
  SM2PKE: { primitive: 'pke', algorithmFamily: 'SM2', nistQuantumSecurityLevel: 0 },
  'RSA-or-SM2': { primitive: 'pke', nistQuantumSecurityLevel: 0 },
};

export const algorithmComponent = (algorithm: CycloneDxAlgorithm): object => ({
  type: 'cryptographic-asset',
  'bom-ref': `algorithm:${algorithm}`,
  name: algorithm === 'RSA-or-SM2' ? 'RSA or SM2: the bytes do not say which' : algorithm,
  cryptoProperties: {
    assetType: 'algorithm',
    algorithmProperties: { ...PROPERTIES[algorithm], cryptoFunctions: ['encrypt', 'decrypt'] },
  },
});

/**
 * The state of a key material in the words of NIST SP 800-57 part 1, section 7; null where KMS did not say. A key
 * material that a rotation replaced still decrypts, and encrypts no more: deactivated, as are all of a key that waits to
 * be deleted. Disabled keys, and those without their material or key store, are suspended.
 */
export function keyStateOf({ key, materialId }: KeySubject): string | null {
  switch (key?.state) {
    case 'Enabled': {
      const current = key.currentKeyMaterialId;
      if (materialId === null || current === null) return key.materials === 1 ? 'active' : null;
      return materialId === current ? 'active' : 'deactivated';
    }
    case 'Disabled':
    case 'PendingImport':
    case 'Unavailable':
      return 'suspended';
    case 'Creating':
      return 'pre-activation';
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return 'deactivated';
    default:
      return null;
  }
}
