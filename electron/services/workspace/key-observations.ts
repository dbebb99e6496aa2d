import type { RunRoute } from '#shared/model/run.ts';
import type { KeyObservation } from '../../core/key-material/index.ts';
import type { KeySeen } from '../../core/rotation/index.ts';

/** One observation for each fingerprint and key that replies of KMS named. */
export function observationsOf(seen: readonly KeySeen[], route: RunRoute): KeyObservation[] {
  const at = new Date().toISOString();
  return seen.map((one) => ({
    fingerprint: one.fingerprint,
    keyArn: one.keyArn,
    by: 'kms',
    evidence: evidenceOf(one, route),
    keyMaterialId: one.keyMaterialId,
    at,
  }));
}

function evidenceOf({ side, requestId, decryptRequestId }: KeySeen, route: RunRoute): string {
  const reply = (operation: string, id: string | null) => `reply of ${operation}, request ${id ?? 'unknown'}`;
  if (route === 'reencrypt') return reply('ReEncrypt', requestId);
  return side === 'source' ? reply('Decrypt', decryptRequestId) : reply('Encrypt', requestId);
}
