import type { KeyInfo } from '#shared/model/key.ts';

type Known = Pick<KeyInfo, 'usage' | 'state' | 'manager' | 'deletionDate' | 'algorithms'>;

/** States in which a key encrypts and decrypts (developer guide, "Key states": `Updating` is transient and works). */
const WORKING = ['Enabled', 'Updating'];

/** Why a key cannot be a `ReEncrypt` destination, in one sentence for a picker; null when it can. */
export function unfitAsDestination(key: Known): string | null {
  return unfit(key, 'kms:ReEncryptTo');
}

/** Why a key cannot be a `ReEncrypt` source; null when it can. */
export function unfitAsSource(key: Known): string | null {
  return unfit(key, 'kms:ReEncryptFrom');
}

function unfit(key: Known, action: string): string | null {
  if (key.usage !== null && key.usage !== 'ENCRYPT_DECRYPT')
    return `Its usage is ${key.usage}; ReEncrypt needs ENCRYPT_DECRYPT.`;
  // The key policy of AWS managed keys is fixed: its allow carries a kms:ViaService condition.
  if (key.manager === 'AWS')
    return `AWS managed key: its key policy allows ${action} only through its own service (kms:ViaService), never by a direct call.`;
  if (key.state !== null && !WORKING.includes(key.state)) return stateInWords(key.state, key.deletionDate);
  if (key.algorithms.length === 0) return 'It has no algorithm that ReEncrypt takes.';
  return null;
}

function stateInWords(state: string, deletionDate: string | null): string {
  switch (state) {
    case 'Disabled':
      return 'It is disabled. Enable it first (EnableKey).';
    case 'PendingDeletion':
      return `It is pending deletion${deletionDate === null ? '' : `, to be deleted on ${deletionDate.slice(0, 10)}`}. Cancel the deletion first (CancelKeyDeletion, then EnableKey).`;
    case 'PendingReplicaDeletion':
      return 'It is a multi-Region primary waiting to be deleted once its replicas are gone.';
    case 'PendingImport':
      return 'It has no key material: that is yet to be imported, or has expired or been deleted (ImportKeyMaterial).';
    case 'Unavailable':
      return 'Its custom key store is disconnected.';
    case 'Creating':
      return 'It is still being created. Try again in a moment.';
    default:
      return `Its state is ${state}.`;
  }
}
