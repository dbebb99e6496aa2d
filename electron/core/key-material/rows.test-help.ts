import type { BlobRow } from '#shared/model/blob.ts';

export const KEY = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-1111-1111-111111111111';
export const OTHER = 'arn:aws:kms:us-east-1:111122223333:key/22222222-2222-2222-2222-222222222222';

let n = 0;

/** A row like no other, but for its key material and what is given. */
export function blob(
  fingerprint: string,
  declared: Partial<BlobRow['declared']> = {},
  more: Partial<BlobRow> = {},
): BlobRow {
  n++;
  return {
    id: `b${n}`,
    sourceId: `s${n}`,
    file: `f${n}.bin`,
    repository: null,
    place: '',
    container: 'raw',
    encoding: 'binary',
    sizeBytes: 184,
    sha256: `hash-${n}`,
    declared: { keyArn: null, encryptionContext: null, createdAt: null, algorithm: null, ...declared },
    identification: {
      kind: 'kms-symmetric',
      label: 'KMS symmetric, v2',
      layout: 'v2',
      keyFingerprint: fingerprint.padEnd(64, '0'),
      plaintextBytes: 32,
      gcmNonce: `nonce-${n}`,
      producedBy: null,
      reencryptable: true,
      reason: null,
    },
    worst: null,
    findings: [],
    ...more,
  };
}
