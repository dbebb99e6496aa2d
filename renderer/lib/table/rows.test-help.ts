import type { BlobKind, BlobRow, SourceInfo } from '#shared/model/blob.ts';

const FILES = [
  'services/payments/prod.env',
  'services/api/secrets.json',
  'infra/db/master.b64',
  'vault/token',
  'jobs/etl/key.bin',
];
const PLACES = ['', 'CiphertextBlob', '', '', ''];
const CODES = {
  info: 'context-not-declared',
  warning: 'duplicate-blob',
  critical: 'plaintext-key-beside-blob',
} as const;
/** A seeded generator, so that each test sees the same rows (mulberry32). */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const hexBytes = (random: () => number, n: number): string =>
  Array.from({ length: n }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0'),
  ).join('');

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/';

/** Rows that look like a real folder: a few keys with many blobs, some of other kinds. */
export function makeRows(n: number): BlobRow[] {
  const random = seeded(7);
  const fingerprints = Array.from({ length: 6 }, () => hexBytes(random, 32));
  return Array.from({ length: n }, (_, i) => {
    const roll = random();
    const kind: BlobKind =
      i === 0 || roll < 0.82
        ? 'kms-symmetric'
        : roll < 0.92
          ? 'kms-asymmetric-candidate'
          : roll < 0.97
            ? 'encryption-sdk-message'
            : 'unknown';
    const symmetric = kind === 'kms-symmetric';
    const which = i % FILES.length;
    const layout = random() < 0.7 ? ('v2' as const) : ('v1' as const);
    const plaintext = [16, 32, 32, 24, 96][which] ?? 32;
    const context = symmetric && random() < 0.3 ? { app: 'payments', env: 'prod' } : null;
    const worst =
      random() < 0.06 ? 'warning' : random() < 0.02 ? 'critical' : random() < 0.05 ? 'info' : null;
    const file = (FILES[which] ?? 'file').replace(
      /(\.[^.]+)?$/,
      (ext) => `-${Math.floor(i / FILES.length)}${ext}`,
    );
    return {
      id: `b${i}`,
      sourceId: `s${i}`,
      file,
      repository: null,
      place: PLACES[which] ?? '',
      container: which === 1 ? 'aws-cli-json' : which === 4 ? 'raw' : 'text',
      encoding: which === 4 ? 'binary' : which === 3 ? 'hex' : 'base64',
      sizeBytes: symmetric
        ? plaintext + 27 + 109 + (layout === 'v2' ? 17 : 0)
        : kind === 'kms-asymmetric-candidate'
          ? 512
          : 420,
      sha256: hexBytes(random, 32),
      declared: {
        keyArn: which === 1 ? `${ARN}29397ad6-1c1f-4b3e-9a61-b8e3b1b0a001` : null,
        encryptionContext: context,
        createdAt: null,
        algorithm: null,
      },
      identification: {
        kind,
        label: symmetric
          ? `KMS symmetric, ${layout}`
          : kind === 'kms-asymmetric-candidate'
            ? 'RSA-4096 candidate'
            : kind === 'encryption-sdk-message'
              ? 'Encryption SDK message'
              : 'Unknown bytes',
        layout: symmetric ? layout : null,
        keyFingerprint: symmetric ? (fingerprints[Math.floor(random() * random() * 6)] ?? null) : null,
        plaintextBytes: symmetric ? plaintext : null,
        gcmNonce: symmetric ? hexBytes(random, 12) : null,
        producedBy: symmetric ? 'Encrypt or ReEncrypt' : null,
        reencryptable: symmetric || kind === 'kms-asymmetric-candidate',
        reason:
          kind === 'kms-asymmetric-candidate'
            ? 'The bytes of an RSA blob name no key: choose the source key and its algorithm.'
            : kind === 'encryption-sdk-message'
              ? 'Its data keys are authenticated by the message; they cannot be swapped in place.'
              : kind === 'unknown'
                ? 'No KMS layout fits these bytes.'
                : null,
      },
      worst,
      findings: worst === null ? [] : [CODES[worst]],
    };
  });
}

export const makeSources = (rows: readonly BlobRow[], host: string): SourceInfo[] =>
  rows.map((row) => ({
    id: row.sourceId,
    file: row.file,
    origin: host === 'desktop' ? 'path' : 'upload',
    sizeBytes: row.sizeBytes,
    blobs: 1,
    findings: [],
  }));
