import { finding } from '#shared/finding.ts';
import type { BlobContainer } from '#shared/model/blob.ts';
import type { FoundBlob } from '../types.ts';

/** Containers that can declare an encryption context for their data key, and how. */
const CAN_DECLARE: Partial<Record<BlobContainer, string>> = {
  sops: 'SOPS keeps it in the entry (`sops --encryption-context` sets it)',
  pulumi: 'Pulumi takes it from the URL of the secrets provider (`context_NAME=VALUE`)',
  'terraform-kms-secrets': 'Terraform takes it from `context`',
  's3-encryption-metadata': 'the S3 Encryption Client takes it from the materials description',
};

/** With a finding where a container could declare an encryption context, and declares that there is none. */
export function withContextFinding(blob: FoundBlob): FoundBlob {
  const how = CAN_DECLARE[blob.container];
  const { encryptionContext: context } = blob.declared;
  if (how === undefined || blob.notPutBack !== undefined || blob.identification.kind !== 'kms-symmetric')
    return blob;
  // SOPS writes no context where there is none; elsewhere null means that the file does not say.
  if (context === null ? blob.container !== 'sops' : Object.keys(context).length > 0) return blob;
  const none = finding('no-encryption-context', {
    evidence: ['It could name one, and names none.'],
    values: { how },
  });
  return { ...blob, findings: [...blob.findings, none] };
}
