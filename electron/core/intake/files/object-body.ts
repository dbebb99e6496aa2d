import { finding } from '#shared/finding.ts';
import type { Identification } from '#shared/model/blob.ts';
import type { FoundBlob, Scan } from '../types.ts';

/** What the S3 Encryption Client appends to the name of an object for its instruction file (its specification). */
export const INSTRUCTION = '.instruction';

/** Whether a file of this name and content is an instruction file: it holds the metadata of the object beside it. */
export function isInstruction(name: string, { blobs, findings }: Scan): boolean {
  return (
    name.endsWith(INSTRUCTION) &&
    (blobs.some(({ container }) => container === 's3-encryption-metadata') ||
      findings.some(({ code }) => code === 's3-key-not-kms'))
  );
}

/**
 * A file without any header, with its instruction file beside it, as what that says it is: the body of an object of the
 * S3 Encryption Client. Null for what its own bytes name: they go before what stands beside.
 */
export function asObjectBody({ blobs, ...scan }: Scan, instruction: string): Scan | null {
  const [body] = blobs;
  if (body === undefined || blobs.length > 1 || body.container !== 'raw') return null;
  const { kind } = body.identification;
  if (kind !== 'unknown' && kind !== 'kms-asymmetric-candidate') return null;
  const described: FoundBlob = {
    ...body,
    identification: { ...body.identification, ...BODY },
    findings: [
      ...body.findings,
      finding('s3-object-body', {
        evidence: [
          `${instruction} holds the metadata of the S3 Encryption Client; the body itself has no header.`,
        ],
      }),
    ],
  };
  return { ...scan, blobs: [described] };
}

const BODY = {
  kind: 's3-encryption-client',
  label: 'S3 Encryption Client body',
  reencryptable: false,
  reason:
    'The body of an object of the S3 Encryption Client, by the instruction file beside it: it is encrypted under a data key ' +
    'and not by KMS. Re-encrypt the wrapped data key in the instruction file; the body stays as it is.',
} as const satisfies Partial<Identification>;
