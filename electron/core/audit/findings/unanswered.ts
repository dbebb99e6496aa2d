import { entryOf, type FindingCode } from '#shared/findings.ts';
import type { AuditKey } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { isKms } from '../../key-material/index.ts';
import type { KeySubject, KmsCaller } from '../model.ts';
import { quantumUnanswered } from './quantum.ts';

/** Whether a finding comes from what KMS says of keys. */
export const needsKms = (code: FindingCode): boolean =>
  entryOf(code).source === 'kms' || entryOf(code).source === 'conclusion';

export const NOT_CONNECTED = 'only KMS can say, and it was not asked: there is no connection';

/** Why it is not known whether a blob has a finding that needs KMS; null where it is known. */
export function unanswered(
  code: FindingCode,
  row: BlobRow,
  subject: KeySubject,
  caller: KmsCaller | null,
): string | null {
  if (code === 'quantum-exposed') return quantumUnanswered(row, subject);
  const { key, label, gone, account, viaAlias } = subject;
  if (!isKms(row) && label === null) return null;
  if (caller === null) return NOT_CONNECTED;
  if (label === null) return 'its key is not known';
  if (gone) return null;
  if (code === 'key-unknown-account') return account === null ? 'the account of its key is not known' : null;
  if (key === null) return 'KMS did not describe its key on this connection';
  if (viaAlias) return 'its file names an alias, which may have named another key when it was made';
  return missing(code, key, subject.materialId);
}

/** What the finding needs and KMS did not say. */
function missing(code: FindingCode, key: AuditKey, materialId: string | null): string | null {
  switch (code) {
    case 'key-policy-wide':
    case 'key-policy-outside':
      return key.manager !== 'AWS' && key.openTo === null ? 'KMS did not show the policy of its key' : null;
    case 'key-grant-outside':
      return key.manager !== 'AWS' && key.grantedTo === null
        ? 'KMS did not show the grants of its key'
        : null;
    case 'key-not-rotated':
      return key.manager !== 'AWS' &&
        key.rotation === null &&
        key.spec === 'SYMMETRIC_DEFAULT' &&
        key.origin === 'AWS_KMS'
        ? 'KMS did not say whether its key rotates'
        : null;
    case 'key-unused':
      return key.manager !== 'AWS' && key.lastUse === null
        ? 'KMS did not say when its key was last used'
        : null;
    case 'material-not-current':
      if (key.spec !== 'SYMMETRIC_DEFAULT') return null;
      if (key.currentKeyMaterialId === null) return 'KMS did not say which key material is current';
      // A key that never rotated has one key material, which is the current one.
      return materialId === null && key.materials !== 1
        ? 'no reply of KMS has named its key material: find its key, or re-encrypt with DryRun, first'
        : null;
    case 'key-disabled':
    case 'key-pending-deletion':
    case 'key-unavailable':
      return key.state === null ? 'KMS did not say the state of its key' : null;
    case 'key-aws-managed':
      return key.manager === null ? 'KMS did not say who manages its key' : null;
    case 'key-one-region':
      return key.multiRegion === null ? 'KMS did not say whether its key has replicas' : null;
    default:
      return null;
  }
}
